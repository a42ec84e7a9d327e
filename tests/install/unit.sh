#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The installed systemd unit is one that systemd understands, and names programs that are there.
root=${BRYGGA_ROOT:?the installed tree}
unit=$root/lib/systemd/system/bryggad.service
if ! command -v systemd-analyze >/dev/null; then
    echo "ok - the unit is understood # SKIP systemd-analyze is not installed"
    exit 0
fi
said=$(systemd-analyze verify --man=no "$unit" 2>&1 | grep 'bryggad')
if [ -s "$unit" ] && [ -z "$said" ]; then
    echo "ok - the unit is understood"
else
    echo "not ok - the unit is understood"
    printf '%s\n' "$said" | sed 's/^/# /'
    exit 1
fi
