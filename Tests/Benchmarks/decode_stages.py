#!/usr/bin/env python3
"""CPU time of decoding the JPEGs of a RecordIO file: libjpeg-turbo alone and Headrace's decoder, one thread, in turns, as JSON.

    python3 Tests/Benchmarks/decode_stages.py /tmp/headrace-bench/photos.rec [ROUNDS]

Needs a Swift toolchain and libjpeg-turbo's headers, and nothing of the build. Figures are medians of the rounds (default 3).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile

import floor
from accounting import machine

DECODER = floor.HERE.parent / "IntegrationTests" / "jpeg-entropy-build"


def build(folder: str) -> str:
    program = f"{folder}/decode_stages"
    subprocess.run([str(DECODER), program, "", "-O2", str(floor.HERE / "decode_stages.c")], check=True)
    return program


def medians(runs: list[dict]) -> dict:
    """Of the numbers; what is a text stays."""
    return {name: value if isinstance(value, str) else statistics.median(run[name] for run in runs)
            for name, value in runs[0].items()}


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: decode_stages.py FILE.rec [ROUNDS]")
    rounds = int(sys.argv[2]) if len(sys.argv) == 3 else 3
    runs: dict[str, list[dict]] = {"libjpeg_turbo": [], "headrace": []}
    with tempfile.TemporaryDirectory(prefix="headrace-benchmark-") as folder:
        programs = {"libjpeg_turbo": floor.build(folder), "headrace": build(folder)}
        for _ in range(rounds):
            for name, program in programs.items():
                runs[name].append(floor.run(program, sys.argv[1]))
    print(json.dumps({"machine": machine(), **{name: medians(found) for name, found in runs.items()}}, indent=2))


if __name__ == "__main__":
    main()
