#!/usr/bin/env python3
"""How much of their throughput fifty streams keep while others abuse the daemon.

    python3 Tests/Benchmarks/load.py [--rounds N] [--batches N] [--records FILE.rec] [--json FILE]

For each scene of `abuse.py`, windows without and with abuse take turns; the ratio is that of the medians. The abuser is a process of
the lowest priority on the same machine: what counts is what the daemon loses by it, not that two processes share the cores. CPU time per
image counts everything that the daemon does, the abusers' connections included, and hardly depends on what else the machine does.

The daemon has its default limits, except that all idle connections are let in. --admit lets the whole storm in, as fast as it comes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from pathlib import Path

from abuse import Abuser, Target, allow_many_files
from accounting import machine
from peers.headrace_peer import REPOSITORY, Daemon
from readers import Readers, Usage

sys.path.insert(0, str(REPOSITORY / "Sources" / "PythonClient"))
from headrace import recordio  # noqa: E402  the repository's own client, found through the line above

STREAMS = 50
BOUND = 0.95
# Connections of each scene; a storm of so many lasts longer than a window.
COUNTS = {"idle": 1000, "storm": 1_000_000, "unread": 40, "trickle": 40, "deaths": 100_000}
MANY = {"connections": 4000, "connections_per_client": 4000}
ANY_NUMBER = {**MANY, "connects_per_second": 1_000_000, "connects_per_second_per_client": 1_000_000}


def make_records(prefix: Path) -> Path:
    """The photographs of the tests, as a RecordIO file."""
    photos = sorted((REPOSITORY / "Tests" / "Fixtures" / "photos").rglob("*.jpg"))
    writer = recordio.MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "w")
    for number, photo in enumerate(photos):
        writer.write_idx(number, recordio.pack(recordio.IRHeader(0, float(number), number, 0), photo.read_bytes()))
    writer.close()
    return prefix.with_suffix(".rec")


def measure_scene(daemon: Daemon, readers: Readers, scene: str, target: Target, rounds: int, batches: int) -> dict:
    calm, abused, done = [], [], []
    before = Usage.of(daemon.pid)
    for _ in range(rounds):
        calm.append(readers.measure(daemon.pid, batches))
        with Abuser(scene, COUNTS[scene], target, nice=19) as abuser:
            # Who does not read is sent what the socket's buffers hold all the same: its share, and no abuse yet.
            readers.advance(batches)
            abused.append(readers.measure(daemon.pid, batches))
        done.append(abuser.done)
    return {
        "scene": scene,
        "throughput_ratio": _median(abused, "images_per_second") / _median(calm, "images_per_second"),
        "cpu_ratio": _median(calm, "cpu_ms_per_image") / _median(abused, "cpu_ms_per_image"),
        "peak_memory_bytes": Usage.of(daemon.pid).peak_bytes,
        "resident_before_bytes": before.resident_bytes,
        "calm": calm,
        "abused": abused,
        "done": done,
    }


def _median(windows: list[dict], name: str) -> float:
    return statistics.median(window[name] for window in windows)


def measure(rounds: int, batches: int, records: Path | None, scenes: list[str], admits_all: bool = False) -> dict:
    allow_many_files()
    found = []
    with tempfile.TemporaryDirectory(prefix="headrace-load-") as folder:
        path = records or make_records(Path(folder) / "photos")
        parameters = {
            "path_imgrec": str(path), "path_imgidx": str(path.with_suffix(".idx")), "data_shape": (3, 32, 32), "resize": 40,
            "batch_size": 4, "prefetch_buffer": 4}  # fmt: skip
        opening = {"iterator": "ImageRecordIter", "parameters": parameters}
        for scene in scenes:
            limits = ANY_NUMBER if admits_all else MANY if scene == "idle" else {}
            with contextlib.closing(Daemon(2, str(path.parent), limits=limits)) as daemon:
                host, _, port = daemon.tcp.removeprefix("tcp://").rpartition(":")
                target = Target(daemon.unix.removeprefix("unix:"), (host, int(port)), opening)
                with Readers(daemon.unix, STREAMS, iterator="ImageRecordIter", **parameters) as readers:
                    readers.advance(batches)
                    found.append({"limits": limits} | measure_scene(daemon, readers, scene, target, rounds, batches))
    return {
        "machine": machine(), "streams": STREAMS, "bound": BOUND, "settings": {"rounds": rounds, "batches": batches},
        "scenes": found}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=40, help="that each stream delivers in a window")
    parser.add_argument("--records", type=Path, help="a RecordIO file with its .idx beside it")
    parser.add_argument("--scene", action="append", choices=COUNTS)
    parser.add_argument("--admit", action="store_true", help="let all connections in, as fast as they come")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = measure(options.rounds, options.batches, options.records, options.scene or list(COUNTS), options.admit)
    print(f"{'scene':8} {'throughput':>10} {'CPU':>6}   images/s calm, abused; CPU-ms per image calm, abused")
    for scene in results["scenes"]:
        figures = [_median(scene[kind], name) for name in ("images_per_second", "cpu_ms_per_image") for kind in ("calm", "abused")]
        print(
            f"{scene['scene']:8} {scene['throughput_ratio']:10.3f} {scene['cpu_ratio']:6.3f}   "
            f"{figures[0]:.0f}, {figures[1]:.0f}; {figures[2]:.3f}, {figures[3]:.3f}")  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
