#!/usr/bin/env python3
"""Compares Headrace with MXNet 1.9.1 on one workload, in alternation, and prints what each delivered image costs.

    python Tests/Benchmarks/make_benchmark_set.py /tmp/headrace-bench
    swift build -c release
    python3.11 -m venv .build-venv-mxnet && .build-venv-mxnet/bin/pip install numpy==1.23.5 mxnet==1.9.1
    python Tests/Benchmarks/compare.py /tmp/headrace-bench/photos

Workload: ImageRecordIter, resize 256, random crop 224, random mirror, mean subtracted, float32 NCHW, batches of 128, no
shuffling, file in the page cache. One epoch warms up; then whole epochs are read for at least --seconds.

CPU time is that of every process at work: for Headrace the client and the private daemon it starts, for MXNet its one
process. The consumer waits for each batch and does nothing with it.

MXNet decodes with at most (processors / 2 - 1) threads, and at least one, whatever `preprocess_threads` says: on a machine
of two or four cores that is one. The figure of processors comes from `omp_get_num_procs`, so a small library that is loaded before
libgomp and gives a larger answer (made here with cc, in a temporary folder) lets it use every thread asked for.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BATCH_SIZE = 128
# MXNet's bound is max(processors / 2 - 1, 1): this many processors allow exactly the threads asked for.
SHIM = "int omp_get_num_procs(void) {{ return 2 * ({threads} + 1); }}\n"


def workload(prefix: str, threads: int) -> dict:
    """Keyword arguments that both ImageRecordIters take."""
    return {
        "path_imgrec": f"{prefix}.rec",
        "path_imgidx": f"{prefix}.idx",
        "data_shape": (3, 224, 224),
        "batch_size": BATCH_SIZE,
        "resize": 256,
        "rand_crop": True,
        "rand_mirror": True,
        "mean_r": 123.68,
        "mean_g": 116.78,
        "mean_b": 103.94,
        "preprocess_threads": threads,
        "shuffle": False,
    }


def descendants() -> list[int]:
    """Process ids of this process's children, their children, and so on."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name may hold anything; what follows its closing parenthesis does not.
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # It ended meanwhile.
            parents[int(entry)] = int(fields[1])
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        children = [child for child, its_parent in parents.items() if its_parent == parent]
        found += children
        waiting += children
    return found


def cpu_seconds(processes: list[int]) -> float:
    """User and system time of this process and of `processes`, all threads, since each began."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def open_mxnet(prefix: str, threads: int):
    import mxnet

    iterator = mxnet.io.ImageRecordIter(**workload(prefix, threads))

    def epoch() -> int:
        images = 0
        for batch in iterator:
            batch.data[0].wait_to_read()
            images += BATCH_SIZE
        return images

    return epoch, iterator.reset, []


def open_headrace(prefix: str, threads: int):
    sys.path.insert(0, str(REPOSITORY / "Sources" / "PythonClient"))
    import headrace

    stream = headrace.connect().open(iterator="ImageRecordIter", **workload(prefix, threads))
    daemon = descendants()
    if not daemon:
        sys.exit("the client found a daemon that is already running, whose CPU time is not known here; unset HEADRACE_URL and stop it")

    def epoch() -> int:
        return sum(BATCH_SIZE for _ in stream)

    return epoch, stream.reset, daemon


def measure(which: str, prefix: str, threads: int, seconds: float) -> dict:
    """Reads a warm-up epoch and then whole epochs for at least `seconds`. Runs in a process of its own."""
    epoch, reset, processes = {"mxnet": open_mxnet, "headrace": open_headrace}[which](prefix, threads)
    epoch()
    # Both ends of the measured time lie behind the last batch of an epoch, so that work done ahead cancels out.
    images, cpu_start, start = 0, cpu_seconds(processes), time.monotonic()
    while time.monotonic() - start < seconds:
        reset()
        images += epoch()
    wall, cpu = time.monotonic() - start, cpu_seconds(processes) - cpu_start
    return {"images": images, "images_per_second": images / wall, "cpu_ms_per_image": cpu * 1000 / images, "cores_used": cpu / wall}


def measure_apart(which: str, arguments: argparse.Namespace, shim: str) -> dict:
    """`measure` in a fresh process of the Python it needs."""
    python, environment = sys.executable, dict(os.environ)
    if which == "mxnet":
        python = arguments.mxnet_python
        environment["LD_PRELOAD"] = shim
        environment["OMP_NUM_THREADS"] = str(arguments.threads)
    command = [python, __file__, arguments.prefix, "--measure", which]
    command += ["--threads", str(arguments.threads), "--seconds", str(arguments.seconds)]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"measuring {which} failed with status {result.returncode}")
    return json.loads(result.stdout.splitlines()[-1])


def build_shim(folder: str, threads: int) -> str:
    source, library = Path(folder) / "processors.c", Path(folder) / "processors.so"
    source.write_text(SHIM.format(threads=threads))
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    return str(library)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares Headrace with MXNet 1.9.1 on one workload.")
    parser.add_argument("prefix", help="data set without its ending: PREFIX.rec and PREFIX.idx are read")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (default 5); medians are printed")
    parser.add_argument("--seconds", type=float, default=8, help="shortest time of one measurement (default 8)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="decoding threads (default: one per processor)")
    parser.add_argument("--only", choices=["headrace", "mxnet"], help="measure one of them")
    parser.add_argument("--mxnet-python", default=str(REPOSITORY / ".build-venv-mxnet" / "bin" / "python"))
    parser.add_argument("--json", type=Path, help="also write every measurement there")
    parser.add_argument("--measure", choices=["headrace", "mxnet"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.prefix, arguments.threads, arguments.seconds)))
        return

    contenders = [arguments.only] if arguments.only else ["mxnet", "headrace"]
    if "mxnet" in contenders and not os.access(arguments.mxnet_python, os.X_OK):
        sys.exit(f"{arguments.mxnet_python} is missing; make it as the head of {__file__} says, or use --only headrace")
    for ending in (".rec", ".idx"):
        if not Path(arguments.prefix + ending).is_file():
            sys.exit(f"{arguments.prefix}{ending} is missing; make_benchmark_set.py makes such a set")

    results: dict = {which: [] for which in contenders}
    with tempfile.TemporaryDirectory() as folder:
        shim = build_shim(folder, arguments.threads) if "mxnet" in contenders else ""
        for number in range(arguments.rounds):
            for which in contenders:
                result = measure_apart(which, arguments, shim)
                results[which].append(result)
                print(f"round {number + 1}  {which:9} {result['cpu_ms_per_image']:7.3f} CPU-ms/image  "
                      f"{result['images_per_second']:8.1f} images/s  {result['cores_used']:.2f} cores used", flush=True)

    summary = {
        which: {key: statistics.median(run[key] for run in runs) for key in ("cpu_ms_per_image", "images_per_second")}
        for which, runs in results.items()
    }
    print()
    for which, medians in summary.items():
        print(f"{which:9} {medians['cpu_ms_per_image']:7.3f} CPU-ms/image  {medians['images_per_second']:8.1f} images/s  (medians)")
    if len(summary) == 2:
        for key, up in (("cpu_ms_per_image", "mxnet"), ("images_per_second", "headrace")):
            down = "headrace" if up == "mxnet" else "mxnet"
            summary.setdefault("ratio", {})[key] = summary[up][key] / summary[down][key]
        ratio = summary["ratio"]
        print(f"Headrace needs 1/{ratio['cpu_ms_per_image']:.2f} of MXNet's CPU time and delivers {ratio['images_per_second']:.2f} times its images per second.")
    if arguments.json:
        settings = {"threads": arguments.threads, "seconds": arguments.seconds, "batch_size": BATCH_SIZE}
        arguments.json.write_text(json.dumps({"settings": settings, "summary": summary, "runs": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
