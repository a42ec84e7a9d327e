#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every code that core and plugins can show has its page: `brygga help CODE` prints the sentence in
# English and in Swedish and what to do, and each code of the sources is in the catalogue.
top=$(cd "$(dirname "$0")/../.." && pwd)
root=${BRYGGA_ROOT:?the installed tree}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
result() { if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; status=1; head -n 20 "$work/bad" | sed 's/^/# /'; fi; }

mkdir -m 700 "$work/state"
printf '[core]\nstate = %s/state\nplugins = %s/lib/brygga\n[storage]\nplugin = sqlite\n[connector pop3]\n[connector smtp]\n[connector exchange]\n' \
    "$work" "$root" >"$work/brygga.conf"
brygga() { "$root/bin/brygga" -c "$work/brygga.conf" "$@"; }

brygga help codes >"$work/list" 2>"$work/bad" && [ -s "$work/list" ]
result $? "brygga help codes lists $(wc -l <"$work/list") codes"

: >"$work/bad"
cut -d' ' -f1 "$work/list" | sort | uniq -d >>"$work/bad"
[ ! -s "$work/bad" ]
result $? "no code stands twice"

# A page is: code, empty line, two sentences, empty line, help.
while read -r code _; do
    brygga help "$code" >"$work/page" 2>&1 || { echo "$code: no page" >>"$work/bad"; continue; }
    mapfile -t page <"$work/page"
    [ "${page[0]}" = "$code" ] && [ -n "${page[2]// /}" ] && [ -n "${page[3]// /}" ] &&
        [ "${page[2]}" != "${page[3]}" ] && [ -n "${page[5]// /}" ] ||
        echo "$code: not whole: $(tr '\n' '|' <"$work/page")" >>"$work/bad"
done <"$work/list"
[ ! -s "$work/bad" ]
result $? "each has a page with English, Swedish and help"

: >"$work/bad"
# Codes are literal, or a prefix and a number side by side (RULE(ident, "0001", ...)).
grep -rhoE '"BRG-[A-Z0-9]+-[0-9]{4}"' "$top/core" "$top/plugins" --include='*.c' | tr -d '"' | sort -u |
    while read -r code; do
        grep -q "^$code " "$work/list" || echo "$code is in the sources and not in the catalogue"
    done >"$work/bad"
[ ! -s "$work/bad" ]
result $? "every code in the sources is in the catalogue"
exit $status
