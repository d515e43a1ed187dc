#!/bin/sh
# Unpacks the reference cases (golden.tar.xz) into DEST, once, and prints DEST's full path.
#
#   Tests/Fixtures/unpack.sh DEST
#
# DEST then holds cases.json, in/ and arrays/: the folder that $HEADRACE_GOLDEN names for the tests.
# A folder that already holds this very archive is left as it is; an older one is replaced.
set -eu

if [ $# -ne 1 ] || [ -z "$1" ]; then
    echo "usage: $0 DEST" >&2
    exit 2
fi

archive=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/golden.tar.xz
if [ ! -f "$archive" ]; then
    echo "$0: $archive is missing; restore it with: git checkout -- Tests/Fixtures/golden.tar.xz" >&2
    exit 1
fi

mkdir -p "$1"
destination=$(CDPATH='' cd -- "$1" && pwd)
stamp=$destination/.archive-sha256
wanted=$(sha256sum <"$archive" | cut -d' ' -f1)

if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
    # Only what the archive brings is removed, so that a mistaken DEST loses nothing else. The stamp goes first and comes
    # back last: an unpacking that was interrupted is then done again.
    rm -f "$stamp"
    rm -rf "$destination/cases.json" "$destination/README.md" "$destination/in" "$destination/arrays"
    tar -xJf "$archive" -C "$destination" --no-same-owner
    printf '%s\n' "$wanted" >"$stamp"
fi

printf '%s\n' "$destination"
