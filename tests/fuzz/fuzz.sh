#!/bin/sh
# Build one fuzz target with libFuzzer and run it.
#   fuzz.sh NAME SECONDS CORPUS COMPILER-ARGUMENT...
# New inputs go to fuzz.d/NAME in the current folder; a failing one is left there as crash-*.
set -eu
name=$1 seconds=$2 corpus=$3
shift 3
cc=${FUZZ_CC:-clang}
if ! echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n){return p && n > 9;}' |
	"$cc" -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null; then
	echo "fuzz: $cc cannot build with -fsanitize=fuzzer (Debian: clang and libclang-rt-*-dev)" >&2
	exit 1
fi
mkdir -p "fuzz.d/$name"
"$cc" -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined "$@" -o "fuzz.d/fuzz_$name"
"fuzz.d/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
	-artifact_prefix="fuzz.d/$name-" "fuzz.d/$name" "$corpus"
