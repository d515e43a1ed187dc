#!/usr/bin/env python3
"""How near `decode="fast"` comes to exact: PSNR, in decibels, of the same samples decoded both ways.

    python3 Tests/Benchmarks/fast_quality.py [FILE.rec] [--json FILE]

Without a file, the sample photographs of the tests (267 x 201 and the like), to samples of several sizes: the smaller they are, the
further pictures are reduced. With one, such as the benchmark set, samples of 224 x 224. They come as bytes through a daemon.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from accounting import machine
from peers.headrace_peer import REPOSITORY, Daemon

sys.path.insert(0, str(REPOSITORY / "Sources" / "PythonClient"))
import headrace  # noqa: E402  the repository's own client, found through the line above
from headrace import recordio  # noqa: E402

AREA = {"random_resized_crop": True, "min_random_area": 0.08, "max_random_area": 1.0, "min_aspect_ratio": 3 / 4,
        "max_aspect_ratio": 4 / 3}


def workloads(side: int) -> dict[str, dict[str, object]]:
    """By name: the parameters of an iterator, samples of `side` x `side`."""
    short = side * 256 // 224
    return {
        f"random-resized-crop to {side}": {**AREA, "rand_mirror": True},
        f"resize {short}, random crop {side}": {"resize": short, "rand_crop": True, "rand_mirror": True},
        f"resize {short} (area), random crop {side}": {"resize": short, "rand_crop": True, "inter_method": 3},
    }


def decibels(exact: np.ndarray, fast: np.ndarray) -> np.ndarray:
    """Of each sample; 99 for one that is the same."""
    difference = exact.astype(np.float32) - fast.astype(np.float32)
    error = np.square(difference).reshape(len(exact), -1).mean(axis=1)
    return np.minimum(99.0, 10 * np.log10(255**2 / np.maximum(error, 1e-9)))


def measure(client: headrace.Client, path: str, side: int, parameters: dict[str, object]) -> dict[str, float]:
    found = []
    common = {"path_imgrec": path, "data_shape": (3, side, side), "batch_size": 32, "dtype": "uint8", "round_batch": False}
    exact = client.open(iterator="ImageRecordIter", **common, **parameters)
    fast = client.open(iterator="ImageRecordIter", decode="fast", **common, **parameters)
    for one, other in zip(exact, fast, strict=True):
        rows = len(one.data[0]) - one.pad
        found.append(decibels(one.data[0][:rows], other.data[0][:rows]))
    exact.close()
    fast.close()
    values = np.concatenate(found)
    return {"samples": len(values), "median_db": round(float(np.median(values)), 1), "worst_db": round(float(values.min()), 1),
            "tenth_db": round(float(np.quantile(values, 0.1)), 1)}


def write_photographs(path: Path) -> None:
    writer = recordio.MXRecordIO(str(path), "w")
    for number, photograph in enumerate(sorted((REPOSITORY / "Tests" / "Fixtures" / "photos").rglob("*.jpg"))):
        writer.write(recordio.pack(recordio.IRHeader(0, 0.0, number, 0), photograph.read_bytes()))
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-benchmark-") as folder:
        path = arguments.file or f"{folder}/photographs.rec"
        if not arguments.file:
            write_photographs(Path(path))
        sides = (224,) if arguments.file else (224, 96, 48, 24)
        daemon = Daemon(threads=2, root="/")
        try:
            client = headrace.connect(daemon.unix)
            results = {name: measure(client, path, side, parameters)
                       for side in sides for name, parameters in workloads(side).items()}
        finally:
            daemon.close()
    for name, result in results.items():
        print(f"{name:44} median {result['median_db']:5.1f} dB, lowest tenth {result['tenth_db']:5.1f}, "
              f"lowest {result['worst_db']:5.1f}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"machine": machine(), "quality": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
