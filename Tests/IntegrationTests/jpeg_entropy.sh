#!/usr/bin/env bash
# The JPEG decoder for programs in C: its Swift and its C compiled without the package, and linked with a program's.
#
#   jpeg_entropy.sh PROGRAM 'SWIFT OPTIONS' 'C OPTIONS' C-FILE…
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=$1 c_files=("${@:4}")
read -ra swift_options <<<"$2"
read -ra c_options <<<"$3"
# That of the Swift toolchain, so that both have the same sanitizers.
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "module CJPEG { header \"$root/Sources/CJPEG/include/cjpeg.h\" export * }" >"$folder/module.modulemap"
swiftc -O -wmo -parse-as-library -swift-version 6 -module-name JPEGEntropy "${swift_options[@]}" -I "$folder" \
    -c "$root"/Sources/ImageCodec/JPEG/Entropy/*.swift "$here/jpeg_entropy.swift" -o "$folder/entropy_swift.o"
cd "$folder"
"$clang" "${c_options[@]}" -I"$root/Sources/CJPEG/include" -I"$here" -c "$root"/Sources/CJPEG/*.c "${c_files[@]}"
swiftc -use-ld=lld "${swift_options[@]}" -o "$program" ./*.o -ljpeg -lm
