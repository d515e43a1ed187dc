#!/usr/bin/env python3
"""Compares Headrace with MXNet 1.9.1 and DALI on four workloads, in one run, beside libjpeg-turbo's floor.

    python3 -m pip install pillow numpy
    python3 Tests/Benchmarks/make_benchmark_set.py /tmp/headrace-bench
    swift build -c release
    python3.11 -m venv .build-venv-mxnet && .build-venv-mxnet/bin/pip install numpy==1.23.5 mxnet==1.9.1
    python3.11 -m venv .build-venv-dali && .build-venv-dali/bin/pip install numpy nvidia-dali-cuda120
    python3 Tests/Benchmarks/compare.py /tmp/headrace-bench --json results.json

The workloads and the ways that Headrace is measured in are listed in `workloads.py`. Every measurement runs in a fresh process:
it opens the iterator, reads an epoch to warm up (of a small set as many as make 1,024 images) and then whole epochs for at
least --seconds. Contenders take turns, round
by round, on the same files and cores; medians are printed, as the Markdown that `table.py` makes of the results. What is not
there is listed as not available, with what is missing.

CPU time is that of every process at work: for Headrace the client and its daemon, for the others their one process. The
consumer is given each batch as NumPy arrays, without a copy where the peer allows it, and does nothing with them; with --copy
it copies each batch, as a trainer does that feeds a device. Memory is what all processes hold after any batch of the
warm-up, shared pages counted once and pages of files not at all (Pss_Anon + Pss_Shmem); a cache is part of it.

MXNet decodes with at most (processors / 2 - 1) threads, and at least one, whatever `preprocess_threads` says: on a machine
of two or four cores that is one. The figure of processors comes from `omp_get_num_procs`, so a small library that is loaded before
libgomp and gives a larger answer (made here with cc, in a temporary folder) lets it use every thread asked for.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import floor
import table
from accounting import cpu_seconds, machine, memory_bytes, peak_resident_bytes
from peers import Source, Unavailable
from workloads import BATCH_SIZE, CONTENDERS, LOCAL_WAYS, SIDE, WARM_UP_IMAGES, WORKLOADS, Contender, Workload

REPOSITORY = Path(__file__).resolve().parents[2]
# MXNet's bound is max(processors / 2 - 1, 1): this many processors allow exactly the threads asked for.
SHIM = "int omp_get_num_procs(void) {{ return 2 * ({threads} + 1); }}\n"
# Ways that are also measured with one thread, to see what the second brings. The local way is the first that is available.
SCALED = (*LOCAL_WAYS, "in-process")
# A measurement that hangs must not hold up the others.
TIMEOUT_SECONDS = 180


def image_count(prefix: str) -> int:
    return sum(1 for _ in open(f"{prefix}.idx"))


def measure(workload: Workload, contender: Contender, prefix: str, threads: int, seconds: float, copies: bool) -> dict:
    """One measurement, in the process that runs it."""
    peer = importlib.import_module(f"peers.{contender.peer}")
    if contender.peer == "bench_peer":
        return peer.measure(workload, prefix, threads, seconds, image_count(prefix))
    source: Source = peer.open_source(workload, contender, prefix, threads)
    try:
        return measure_source(source, workload, seconds, copies)
    finally:
        source.close()


def measure_source(source: Source, workload: Workload, seconds: float, copies: bool) -> dict:
    import numpy as np

    shape = (BATCH_SIZE, 3, SIDE, SIDE)
    kept = np.empty(shape, workload.dtype)
    peak, warmed = 0, 0
    while warmed < WARM_UP_IMAGES:
        if warmed > 0:
            source.reset()
        for data, _ in source.epoch():
            if data.shape != shape or data.dtype != workload.dtype:
                sys.exit(f"{workload.name} is {shape} {workload.dtype}, and {data.shape} {data.dtype} came")
            peak = max(peak, memory_bytes(source.processes))
            warmed += len(data)
    # Both ends of the measured time lie behind the last batch of an epoch, so that work done ahead cancels out.
    images, cpu_start, start = 0, cpu_seconds(source.processes), time.monotonic()
    while images == 0 or time.monotonic() - start < seconds:
        source.reset()
        for data, _ in source.epoch():
            images += len(data)
            if copies:
                np.copyto(kept, data)
    wall, cpu = time.monotonic() - start, cpu_seconds(source.processes) - cpu_start
    return {
        "images": images,
        "images_per_second": images / wall,
        "cpu_ms_per_image": cpu * 1000 / images,
        "cores_used": cpu / wall,
        "peak_memory_bytes": peak,
        "peak_resident_bytes": peak_resident_bytes(source.processes),
        "versions": source.versions,
    }


def measure_apart(
    workload: Workload, contender: Contender, threads: int, data: str, shim: str, arguments: argparse.Namespace
) -> dict:
    """`measure` in a fresh process of the Python that the contender needs."""
    python, environment = sys.executable, dict(os.environ)
    if contender.name == "mxnet":
        python = arguments.mxnet_python
        environment |= {"LD_PRELOAD": shim, "OMP_NUM_THREADS": str(threads)}
    elif contender.name == "dali":
        python = arguments.dali_python
    if not os.access(python, os.X_OK):
        return {"unavailable": f"{python} is missing; the head of compare.py says how to make it"}
    command = [python, __file__, data, "--measure", contender.name, "--workloads", workload.name]
    command += ["--threads", str(threads), "--seconds", str(arguments.seconds)] + ["--copy"] * arguments.copy
    try:
        result = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return {"unavailable": f"no result within {TIMEOUT_SECONDS} s"}
    if result.returncode != 0:
        print(result.stderr, file=sys.stderr)
        last = (result.stderr.strip().splitlines() or [f"status {result.returncode}"])[-1]
        return {"unavailable": f"failed: {last[:200]}"}
    return json.loads(result.stdout.splitlines()[-1])


def commit() -> str:
    """The state of the checkout; nothing when it is none."""
    command = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    except OSError:
        return ""


def build_shim(folder: str, threads: int) -> str:
    source, library = Path(folder) / "processors.c", Path(folder) / f"processors-{threads}.so"
    source.write_text(SHIM.format(threads=threads))
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    return str(library)


def copy_records(source: str, target: str, count: int) -> None:
    """The first `count` records of a set as a set of their own."""
    lines = open(f"{source}.idx").read().splitlines(keepends=True)
    Path(f"{target}.idx").write_text("".join(lines[:count]))
    with open(f"{source}.rec", "rb") as records:
        end = int(lines[count].split()[1]) if count < len(lines) else -1
        Path(f"{target}.rec").write_bytes(records.read(end))


def ways(arguments: argparse.Namespace) -> list[tuple[Workload, Contender, int]]:
    """What one round measures, in its order."""
    contenders = [CONTENDERS[name] for name in arguments.contenders]
    rounds = []
    for name in arguments.workloads:
        rounds += [(WORKLOADS[name], contender, arguments.threads) for contender in contenders]
        if arguments.threads > 1:
            rounds += [(WORKLOADS[name], contender, 1) for contender in contenders if contender.name in SCALED]
    return rounds


def run(arguments: argparse.Namespace) -> dict:
    runs: list[dict] = []
    floors: list[dict] = []
    versions: dict[str, dict[str, str]] = {}
    missing: set[tuple[str, str, int]] = set()
    measured: set[tuple[str, str, int]] = set()
    with tempfile.TemporaryDirectory(prefix="headrace-benchmark-") as folder:
        floor_program = floor.build(folder)
        shims = {threads: build_shim(folder, threads) for threads in {1, arguments.threads}}
        data = arguments.folder
        if arguments.images:
            for name in {WORKLOADS[workload].data for workload in arguments.workloads}:
                copy_records(f"{data}/{name}", f"{folder}/{name}", arguments.images)
            data = folder
        for number in range(1, arguments.rounds + 1):
            for name in sorted({WORKLOADS[workload].data for workload in arguments.workloads}):
                found = floor.run(floor_program, f"{data}/{name}.rec")
                versions["floor"] = {"libjpeg-turbo": found.pop("library").removeprefix("libjpeg-turbo ")}
                floors.append({"round": number, "data": name, **found})
                print(f"round {number}  floor of {name}: {found['cpu_ms_per_image']:.3f} CPU-ms/image", flush=True)
            for workload, contender, threads in ways(arguments):
                key = (workload.name, contender.name, threads)
                # One local way tells how a second thread helps.
                others = {(workload.name, way, 1) for way in LOCAL_WAYS if way != contender.name}
                if key in missing or (threads == 1 < arguments.threads and contender.name in LOCAL_WAYS and others & measured):
                    continue
                result = measure_apart(workload, contender, threads, data, shims[threads], arguments)
                if "unavailable" in result:
                    missing.add(key)
                    text = f"not available: {result['unavailable']}"
                else:
                    measured.add(key)
                    versions[contender.name] = result.pop("versions")
                    text = (f"{result['cpu_ms_per_image']:7.3f} CPU-ms/image  {result['images_per_second']:8.1f} images/s  "
                            f"{result['cores_used']:.2f} cores used")
                runs.append(dict(zip(("workload", "contender", "threads"), key), round=number, **result))
                print(f"round {number}  {workload.name} {contender.name:10} {threads} threads  {text}", flush=True)
    settings = {name: getattr(arguments, name) for name in ("rounds", "seconds", "threads", "copy", "images")}
    return {"machine": machine(), "commit": commit(), "versions": versions, "settings": {**settings, "batch_size": BATCH_SIZE},
            "floor": floors, "runs": runs}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compares Headrace with MXNet 1.9.1 and DALI.")
    parser.add_argument("folder", help="folder that make_benchmark_set.py has filled")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default 3); medians are printed")
    parser.add_argument("--seconds", type=float, default=1.5, help="shortest time of one measurement (default 1.5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="decoding threads (default: one per processor)")
    parser.add_argument("--images", type=int, default=0, help="use only the first so many, a multiple of 128")
    parser.add_argument("--quick", action="store_true", help="one round with 512 images, below two minutes: a trial, not a result")
    parser.add_argument("--copy", action="store_true", help="the consumer copies every batch")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="W")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME",
                        help=f"of {', '.join(CONTENDERS)} (default: all)")
    parser.add_argument("--mxnet-python", default=str(REPOSITORY / ".build-venv-mxnet" / "bin" / "python"))
    parser.add_argument("--dali-python", default=str(REPOSITORY / ".build-venv-dali" / "bin" / "python"))
    parser.add_argument("--json", type=Path, help="also write every measurement there, for table.py")
    parser.add_argument("--measure", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds, arguments.images = 1, 0.5, arguments.images or 512
    if arguments.rounds < 1 or arguments.threads < 1 or arguments.images % BATCH_SIZE:
        parser.error(f"--rounds and --threads are at least 1, --images is a multiple of {BATCH_SIZE}")
    return arguments


def main() -> None:
    arguments = parse()
    if arguments.measure:
        workload = WORKLOADS[arguments.workloads[0]]
        try:
            result = measure(
                workload, CONTENDERS[arguments.measure], f"{arguments.folder}/{workload.data}", arguments.threads,
                arguments.seconds, arguments.copy)
        except Unavailable as missing:
            result = {"unavailable": str(missing)}
        print(json.dumps(result))
        return

    for name in {WORKLOADS[workload].data for workload in arguments.workloads}:
        for ending in (".rec", ".idx"):
            if not Path(f"{arguments.folder}/{name}{ending}").is_file():
                sys.exit(f"{arguments.folder}/{name}{ending} is missing; make_benchmark_set.py makes such sets")
    results = run(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    print("\n" + table.markdown(results))


if __name__ == "__main__":
    main()
