#!/usr/bin/env bash
# Headrace in one go: builds it, packs 48 photographs into a record file, and streams them in Python and in Swift.
#
#   deploy/quickstart.sh
#
# The first run takes some minutes, nearly all of them for building; the next ones take seconds. Nothing is installed but missing
# Debian packages (as root only), nothing keeps running, and what it makes lies in .build, .build-venv and a temporary folder
# that is removed.
set -euo pipefail
# shellcheck source=deploy/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
cd "$repository"

if [[ -S /run/headrace/data.sock || -n ${HEADRACE_URL:-} ]]; then
    die "there is a server already (/run/headrace/data.sock or \$HEADRACE_URL), which need not see this folder; stop it or unset the variable first"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

require_packages "${build_packages[@]}"
require_swift
require_venv numpy=numpy

say "Building headraced and headrace (the first time takes some minutes)"
swift build -c release --product headraced
swift build -c release --product headrace
binaries=$(swift build -c release --show-bin-path)
export HEADRACED=$binaries/headraced HEADRACE=$binaries/headrace

say "Packing Tests/Fixtures/photos"
"$HEADRACE" rec pack --recursive "$work/photos" Tests/Fixtures/photos

# What a training run would ask for; the Python code below names the same.
parameters=(
    path_imgrec="$work/photos.rec" path_imgidx="$work/photos.idx" "data_shape=3,224,224" batch_size=16
    resize=256 rand_crop=1 rand_mirror=1 shuffle=1
)

say "Streaming in Python, from a daemon that connect() starts for this process"
# TMPDIR: the daemon's socket then lies in the folder that is removed, even when Python is killed.
TMPDIR=$work "$venv/bin/python" - "$work/photos" "${parameters[@]}" <<'PYTHON'
import collections
import os
import subprocess
import sys
import time

import headrace

prefix, parameters = sys.argv[1], sys.argv[2:]
with open(f"{prefix}.classes.tsv") as lines:
    classes = {int(label): name for label, name in (line.rstrip("\n").split("\t") for line in lines)}
try:
    with headrace.connect() as client:
        with client.open(
            iterator="ImageRecordIter", path_imgrec=f"{prefix}.rec", path_imgidx=f"{prefix}.idx",
            data_shape=(3, 224, 224), batch_size=16, resize=256, rand_crop=True, rand_mirror=True, shuffle=True,
        ) as stream:
            counts = collections.Counter()
            for batch in stream:
                print(f"epoch {batch.epoch} step {batch.step}: data {batch.data[0].shape} {batch.data[0].dtype}, pad {batch.pad}")
                labels = batch.label[0].ravel()
                counts.update(classes[int(label)] for label in labels[: len(labels) - batch.pad])
            print("labels seen:", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
            images, start = 0, time.monotonic()
            for _ in range(20):
                stream.reset()
                images += sum(stream.batch_size - batch.pad for batch in stream)
            print(f"{images / (time.monotonic() - start):.0f} images/s over the next 20 epochs")
        print("\n== Streaming in Swift, from the same daemon")
        sys.stdout.flush()
        sys.exit(subprocess.run([os.environ["HEADRACE"], "stream", client.url, "--epochs", "3", *parameters]).returncode)
except KeyboardInterrupt:
    sys.exit(130)
PYTHON

say "Looking at what a trainer gets"
"$HEADRACE" preview --output .build/quickstart.png --count 48 "${parameters[@]}"

say "Done. Look at .build/quickstart.png; README.md goes on from here."
