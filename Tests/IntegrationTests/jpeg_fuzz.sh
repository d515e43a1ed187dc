#!/usr/bin/env bash
# JPEGs, whole and broken, decoded fast and by the library alone, under AddressSanitizer: every outcome must be the same.
#
#   jpeg_fuzz.sh [ROUNDS [SEED [FILE…]]]      default: 4000 rounds, seed 1, pictures of its own making
#   jpeg_fuzz.sh --minutes N                  pictures that libFuzzer looks for; a finding stays in this folder
#
# Where it cannot be run it says SKIP and why, and exits with 77.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

skip() { echo "SKIP: $1"; exit 77; }
command -v swiftc >/dev/null || skip "no Swift compiler here"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sanitizers=address c_sanitizers=address,undefined
[ "${1:-}" != --minutes ] || { sanitizers=fuzzer,address c_sanitizers=$c_sanitizers,fuzzer-no-link; }
echo 'print(1)' >"$folder/main.swift"
swiftc -sanitize=address -o "$folder/probe" "$folder/main.swift" 2>/dev/null && "$folder/probe" >/dev/null \
    || skip "the Swift compiler here builds no programs with AddressSanitizer"

build() {
    "$here/jpeg-entropy-build" "$folder/jpeg_fuzz" "-g -sanitize=$sanitizers" \
        "-g -O1 -fsanitize=$c_sanitizers -fno-sanitize-recover=undefined $*" "$here/jpeg_fuzz.c" "$here/jpeg_fuzz_pictures.c"
}
if [ "${1:-}" = --minutes ]; then
    build -DFOR_LIBFUZZER
    "$folder/jpeg_fuzz" -max_total_time=$(($2 * 60)) -max_len=20000 -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix=./
else
    build
    "$folder/jpeg_fuzz" "${1:-4000}" "${2:-1}" "${@:3}"
fi
