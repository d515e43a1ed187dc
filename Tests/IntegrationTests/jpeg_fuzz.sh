#!/usr/bin/env bash
# JPEGs, whole and broken, decoded fast and by the library alone, under AddressSanitizer: every outcome must be the same.
#
#   jpeg_fuzz.sh [ROUNDS [SEED [FILE…]]]      default: 4000 rounds, seed 1, pictures of its own making
#
# Where it cannot be run it says SKIP and why, and exits with 77.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-4000} seed=${2:-1}

skip() { echo "SKIP: $1"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo 'int main(void) { return 0; }' >"$folder/probe.c"
compiler=
for candidate in "${CC:-cc}" gcc clang; do
    if "$candidate" -fsanitize=address,undefined -o "$folder/probe" "$folder/probe.c" 2>/dev/null && "$folder/probe"; then
        compiler=$candidate
        break
    fi
done
[ -n "$compiler" ] || skip "no C compiler here builds programs with AddressSanitizer"

"$compiler" -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -I"$root/Sources/CJPEG/include" \
    -o "$folder/jpeg_fuzz" "$root"/Tests/IntegrationTests/jpeg_fuzz*.c "$root"/Sources/CJPEG/*.c -ljpeg
"$folder/jpeg_fuzz" "$rounds" "$seed" "${@:3}"
