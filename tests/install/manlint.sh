#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual pages are sound, and brygga(1) knows every command.
top=$(cd "$(dirname "$0")/../.." && pwd)
status=0
for page in "$top"/docs/*.[1578]; do
    if ! command -v mandoc >/dev/null; then echo "ok - $(basename "$page") # SKIP no mandoc"
    elif out=$(mandoc -T lint -W warning "$page"); then echo "ok - $(basename "$page") is sound"
    else echo "not ok - $(basename "$page") is sound"; printf '%s\n' "$out" | sed 's/^/# /'; status=1; fi
done
# One item may name several commands: .It Cm record text Ar id , Cm record html Ar id
told=$(sed -n 's/^\.It Cm //p' "$top/docs/brygga.1" | sed 's/ , Cm /\n/g' | sed 's/ \(Ar\|Op\|Fl\|Cm\||\) .*//')
while read -r command; do
    if grep -qx "$command" <<<"$told"; then
        echo "ok - brygga(1) tells of $command"
    else
        echo "not ok - brygga(1) tells of $command"; status=1
    fi
done < <("$BRYGGA_ROOT/bin/brygga" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\).*/\1/p' | sed 's/   .*//; s/ *$//')
exit $status
