#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tree builds with no plugin, with each alone, and with all. The core is compiled once, and
# nothing of a plugin stays for the next.
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
names=$(sed -n 's/.*BRG_PLUGIN(\[[a-z]*\], \[\([a-z0-9-]*\)\].*/\1/p' "$top"/plugins/*/*/plugin.m4)
build() { # NAME ARGS...
    local name=$1 want
    shift
    mkdir -p "$work/build"
    if (cd "$work/build" && rm -rf plugins ./*.la .libs && "$top/configure" -q --enable-option-checking=fatal -C CFLAGS=-O0 "$@" && make -s -j"$(nproc)") >"$work/out" 2>&1; then
        want=$(printf '%s\n' $names | while read -r p; do case " $* " in *--enable-all-plugins=yes*|*"--enable-plugin-$p=yes"*) echo "$p.so" ;; esac; done | sort | tr '\n' ' ')
        have=$(cd "$work/build" && ls .libs/*.so 2>/dev/null | xargs -rn1 basename | sort | tr '\n' ' ')
        if [ "$want" = "$have" ]; then echo "ok - $name: ${have:-none}"; else echo "not ok - $name: built $have, wanted $want"; status=1; fi
    else
        echo "not ok - $name"; tail -n 15 "$work/out" | sed 's/^/# /'; status=1
    fi
}
build none --enable-all-plugins=no
for name in $names; do build "$name-alone" --enable-all-plugins=no "--enable-plugin-$name=yes"; done
build all --enable-all-plugins=yes
if (mkdir "$work/wrong" && cd "$work/wrong" && "$top/configure" -q --enable-option-checking=fatal --enable-plugin-pop=yes) >/dev/null 2>&1; then
    echo "not ok - a misspelt plugin is refused"; status=1
else
    echo "ok - a misspelt plugin is refused"
fi
exit $status
