#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may include whom.
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
status=0
check() { # NAME, what was found
    if [ -z "$2" ]; then echo "ok - $1"; else echo "not ok - $1"; printf '%s\n' "$2" | sed 's/^/# /'; status=1; fi
}
check "the SDK includes nothing of core or plugins" "$(grep -rnE '#include "(core|plugins)/' sdk/brygga)"
check "core includes no plugin" "$(grep -rnE '#include [<"]plugins/' core)"
check "plugins include nothing of core" "$(grep -rnE '#include [<"]core/' plugins)"
check "no plugin includes another" "$(for d in plugins/connector/* plugins/storage/*; do
    [ "$(basename "$d")" = sql ] && continue
    grep -rnE '#include "plugins/' "$d" 2>/dev/null | grep -vE "#include \"($d|plugins/storage/sql)/"; done)"
for pair in ltdl.h:core/loader.c ini.h:core/ini.c curl/curl.h:core/net gmime/gmime.h:core/mime.c; do
    header=${pair%%:*} room=${pair#*:}
    check "$header is included in $room only" "$(grep -rnE "#include <$header>" core plugins sdk/brygga | grep -v "^$room")"
done
exit $status
