#!/usr/bin/env python3
"""How long a trainer waits for its first batch from a file of 1.3 million records, and what opening such a file costs.

    python3 Tests/Benchmarks/first_batch.py [--photos /tmp/headrace-bench/photos] [--json FILE]

Makes a RecordIO file as long as ImageNet's in a temporary folder: the first 512 records are those of the set --photos, the
others one small gray JPEG, so that the file takes little room and its index is as large as a real one's. Then measures from
`headrace.connect` to the first batch of the workload W1 in hand, in these situations, each with a daemon just started:

| line | what the daemon knows |
|---|---|
| scan | nothing; there is no .idx file, so it reads the file from end to end |
| idx | nothing; the .idx file is read and checked |
| scan, known; idx, known | what an earlier daemon has remembered in the state directory |
| again | the same daemon has opened the file before |

The file is in the page cache. CPU time is the daemon's and the client's together.
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from accounting import cpu_seconds, machine
from peers import Unavailable
from peers.headrace_peer import REPOSITORY, Daemon
from workloads import WORKLOADS

sys.path.insert(0, str(REPOSITORY / "Sources" / "PythonClient"))
import headrace  # noqa: E402  the repository's own client, found through the line above
from headrace import recordio  # noqa: E402

RECORDS = 1_300_000
PHOTOGRAPHS = 512
BOUND_MILLISECONDS = 300
# Gray, 16 x 16.
SMALL_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4z"
    "NDL/wAALCAAQABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAcI/8QAFxAAAwEAAAAAAAAAAAAAAAAAABZjof/aAAgBAQAAPwCfp08CdPDQCfPAnzw//9k=")


def make_file(prefix: Path, photos: str | None, count: int) -> None:
    """PREFIX.rec and PREFIX.idx with `count` records."""
    writer = recordio.MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "w")
    first = 0
    if photos:
        reader = recordio.MXRecordIO(f"{photos}.rec", "r")
        while first < min(PHOTOGRAPHS, count) and (record := reader.read()) is not None:
            writer.write_idx(first, record)
            first += 1
        reader.close()
    # What the library writes of one such record; the others differ in label and id alone.
    start = writer.tell()
    writer.write_idx(first, recordio.pack(recordio.IRHeader(0, float(first % 1000), first, 0), SMALL_JPEG))
    stride = writer.tell() - start
    writer.close()
    with open(f"{prefix}.rec", "r+b") as records, open(f"{prefix}.idx", "a") as index:
        records.seek(start)
        template = np.frombuffer(records.read(stride), np.uint8)
        for low in range(first + 1, count, 100_000):
            ids = np.arange(low, min(low + 100_000, count))
            block = np.tile(template, (len(ids), 1))
            # Behind the magic number, the length and the flag: the label, and the id.
            block[:, 12:16] = (ids % 1000).astype("<f4").view(np.uint8).reshape(-1, 4)
            block[:, 16:24] = ids.astype("<u8").view(np.uint8).reshape(-1, 8)
            records.write(block.tobytes())
            index.writelines(f"{i}\t{start + (i - first) * stride}\n" for i in ids.tolist())


def first_batch(daemon: Daemon, arguments: dict) -> tuple[float, float]:
    """Wall and CPU milliseconds from connecting to the first batch."""
    start, cpu = time.monotonic(), cpu_seconds([daemon.pid])
    with headrace.connect(daemon.unix) as client:
        batch = next(iter(client.open(iterator=WORKLOADS["W1"].iterator, **arguments)))
        wall, cpu = time.monotonic() - start, cpu_seconds([daemon.pid]) - cpu
        assert batch.pad == 0 and batch.data[0].shape[0] == arguments["batch_size"]
    return wall * 1000, cpu * 1000


def measure(prefix: Path, threads: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    with_index = WORKLOADS["W1"].arguments(str(prefix), threads)
    without = {name: value for name, value in with_index.items() if name != "path_imgidx"}
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, arguments in (("scan", without), ("idx", with_index)):
            with tempfile.TemporaryDirectory(prefix="headrace-benchmark-") as state:
                for line in (name, f"{name}, known"):
                    daemon = Daemon(threads, str(prefix.parent), state)
                    try:
                        found.setdefault(line, []).append(first_batch(daemon, arguments))
                        if line == "idx, known":
                            found.setdefault("again", []).append(first_batch(daemon, arguments))
                    finally:
                        daemon.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the time from connecting to the first batch of a long file.")
    parser.add_argument("--photos", help="set of photographs without its ending; without it all pictures are small")
    parser.add_argument("--records", type=int, default=RECORDS, help=f"records of the file (default {RECORDS})")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default 3); medians are printed")
    parser.add_argument("--threads", type=int, default=2, help="decoding threads (default 2)")
    parser.add_argument("--json", type=Path, help="also write every measurement there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headrace-benchmark-") as folder:
        prefix = Path(folder) / "long"
        make_file(prefix, arguments.photos, arguments.records)
        size = Path(f"{prefix}.rec").stat().st_size
        print(f"{arguments.records} records, {size / 1e6:.0f} MB", flush=True)
        try:
            found = measure(prefix, arguments.threads, arguments.rounds)
        except Unavailable as missing:
            sys.exit(str(missing))
    medians = {name: [statistics.median(values) for values in zip(*runs)] for name, runs in found.items()}
    for name, (wall, cpu) in medians.items():
        bound = f"bound {BOUND_MILLISECONDS} ms" if name.endswith("known") else ""
        print(f"{name:12} {wall:8.1f} ms  {cpu:8.1f} CPU-ms  {bound}".rstrip())
    if arguments.json:
        arguments.json.write_text(json.dumps({
            "machine": machine(), "records": arguments.records, "file_bytes": size, "unit": "[wall ms, CPU ms]",
            "medians": medians, "runs": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
