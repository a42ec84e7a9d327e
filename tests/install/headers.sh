#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each header of the SDK stands alone, as C99 and as C++.
top=$(cd "$(dirname "$0")/../.." && pwd)
status=0
for header in "$top"/sdk/brygga/*.h; do
    name=$(basename "$header")
    for compiler in "gcc -x c -std=c99" "clang -x c -std=c99" "g++ -x c++ -std=c++11"; do
        command -v ${compiler%% *} >/dev/null || { echo "ok - $name with ${compiler%% *} # SKIP not installed"; continue; }
        if echo "#include <brygga/$name>" | $compiler -pedantic -Wall -Wextra -Wshadow -Werror -I"$top/sdk" -fsyntax-only -; then
            echo "ok - $name as ${compiler##*-std=} with ${compiler%% *}"
        else
            echo "not ok - $name as ${compiler##*-std=} with ${compiler%% *}"; status=1
        fi
    done
done
exit $status
