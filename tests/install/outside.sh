#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A connector is built from the installed tree with pkg-config alone, loads, and brings mail.
top=$(cd "$(dirname "$0")/../.." && pwd)
root=${BRYGGA_ROOT:?the installed tree}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
status=0
result() { # STATUS NAME
    if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; status=1; sed 's/^/# /' "$work/out" | tail -n 15; fi
}
cp "$top/sdk/template/spool.c" "$work/"
export PKG_CONFIG_PATH=$root/lib/pkgconfig
cflags=$(pkg-config --cflags brygga) libs=$(pkg-config --libs brygga)
# shellcheck disable=SC2086
(cd "$work" && cc -std=c99 -D_POSIX_C_SOURCE=200809L -pedantic -Wall -Wextra -Werror -fPIC -shared $cflags -o spool.so spool.c $libs) >"$work/out" 2>&1
result $? "the template builds from the installed headers as C99"
nm -D --defined-only "$work/spool.so" >"$work/out" 2>&1
[ "$(wc -l <"$work/out")" = 1 ] && grep -q spool_LTX_brg_plugin_entry "$work/out"
result $? "it exports one symbol"
readelf -d "$work/spool.so" >"$work/out" 2>&1 && grep -q BIND_NOW "$work/out"
result $? "it is bound when it is loaded"
cp -r "$root/lib/brygga" "$work/plugins" && cp "$work/spool.so" "$work/plugins/connector/"
mkdir -m 700 "$work/state" && mkdir "$work/mail"
printf 'From: a@example.org\r\nSubject: one\r\nMessage-ID: <one@example.org>\r\n\r\nhello\r\n' >"$work/mail/one.eml"
printf 'From: b@example.org\r\nSubject: two\r\n\r\nhello again\r\n' >"$work/mail/two.eml"
printf '[core]\nstate = %s/state\nplugins = %s/plugins\n[storage]\nplugin = sqlite\n[connector spool]\n' "$work" "$work" >"$work/brygga.conf"
printf '[user a]\naddress = a@example.com\n[profile p]\nconnector = spool\n[mailbox a]\nuser = a\naccept = all\nprofile = p\naddress = a@example.com\nfolder = %s/mail\n' "$work" >"$work/mail.ini"
brygga() { "$root/bin/brygga" -c "$work/brygga.conf" "$@"; }
brygga plugin show spool >"$work/out" 2>&1
result $? "brygga plugin show knows it"
{ brygga apply "$work/mail.ini" && brygga visit a && brygga visit a; } >"$work/out" 2>&1
result $? "a mailbox of it is visited"
brygga record list a >"$work/out" 2>&1; [ "$(grep -c @example.org "$work/out")" = 2 ]
result $? "its two messages are in the store once"
exit $status
