#!/usr/bin/env python3
"""What reading rows of numbers from text costs: Headrace beside polars, a plain C loop over `strtof`, and MXNet 1.9.1.

    swift build -c release
    python3 -m venv .build-venv-polars && .build-venv-polars/bin/pip install numpy polars
    .build-venv-polars/bin/python Tests/Benchmarks/compare_csv.py [--mxnet-python .build-venv-mxnet/bin/python]

Workload: 300,000 rows of 50 numbers into float32 batches of 1024 rows, file in the page cache. The numbers are normally
distributed with a standard deviation of 1; odd columns are written as `%.6f` writes them, even ones in the fewest digits that
give the same float32 (up to 9). `--spelling` takes one of the two for all columns.

| line | what is measured |
|---|---|
| Headrace, one epoch | `headrace bench`: opening, which scans the file, and one epoch in order |
| Headrace, later epoch | the epochs in order after it |
| Headrace, one epoch shuffled | opening and one epoch in random order |
| Headrace, later epoch shuffled | the epochs in random order after it |
| Headrace, known file | opening alone, with the index of an earlier opening in the state folder |
| Headrace, to Python | the daemon and the client, which receives NumPy arrays: epochs after the first |
| polars | `read_csv` with a schema of Float32, then one C-ordered NumPy array, cut into batches |
| C strtof | one thread, the file read as a whole, `strtof` on every field |
| MXNet | `CSVIter` from opening to the end of the first epoch |

All contenders run in turns, each round in fresh processes on the same cores with as many threads; medians are printed.
CPU time is that of every process and thread at work, loading of programs and modules left out. Every contender's numbers are
compared with what `strtof` gives, which is correctly rounded; the last column says how many differ.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from accounting import cpu_seconds, descendants

REPOSITORY = Path(__file__).resolve().parents[2]
COLUMNS = 50
BATCH_SIZE = 1024
SPELLINGS = ("mixed", "fixed", "shortest")

STRTOF = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* strtof FILE COUNT [OUTPUT]: reads COUNT numbers; prints the CPU seconds. */
int main(int argc, char **argv) {
    double start = cpu();
    long count = atol(argv[2]);
    float *values = malloc(count * sizeof *values);
    struct stat status;
    int file = open(argv[1], O_RDONLY);
    if (argc < 3 || file < 0 || fstat(file, &status) != 0) return 1;
    char *text = malloc(status.st_size + 1);
    for (long done = 0; done < status.st_size;) {
        ssize_t n = read(file, text + done, status.st_size - done);
        if (n <= 0) return 1;
        done += n;
    }
    text[status.st_size] = 0;
    char *at = text;
    for (long i = 0; i < count; i++) {
        values[i] = strtof(at, &at);
        at++;
    }
    printf("%.9f\n", cpu() - start);
    if (argc > 3) {
        FILE *output = fopen(argv[3], "wb");
        if (!output || fwrite(values, sizeof *values, count, output) != (size_t)count || fclose(output)) return 1;
    }
    return 0;
}
"""


def make_file(path: Path, rows: int, spelling: str, seed: int) -> None:
    """Writes the text; the same for the same arguments."""
    import numpy as np

    random = np.random.default_rng(seed)
    with path.open("w") as file:
        for first in range(0, rows, 1000):
            values = random.standard_normal((min(1000, rows - first), COLUMNS)).astype(np.float32)
            # What NumPy writes of a float32 is the shortest text that reads as the same one.
            shortest = values.astype("U").tolist()
            fixed = [["%.6f" % value for value in row] for row in values.tolist()]
            for row in range(len(values)):
                fields = {"fixed": fixed, "shortest": shortest}.get(spelling)
                if fields is None:
                    pairs = zip(shortest[row], fixed[row])
                    line = [pair[column % 2] for column, pair in enumerate(pairs)]
                else:
                    line = fields[row]
                file.write(",".join(line) + "\n")


def differing(array, expected) -> int:
    """Numbers whose bits are not those expected."""
    return int((array.view("u4") != expected.view("u4")).sum())


def measure_polars(arguments: argparse.Namespace) -> dict:
    import numpy as np
    import polars

    start = cpu_seconds([])
    frame = polars.read_csv(
        arguments.file, has_header=False, schema={f"c{column}": polars.Float32 for column in range(COLUMNS)})
    array = frame.to_numpy(order="c")
    batches = [array[first : first + BATCH_SIZE] for first in range(0, len(array), BATCH_SIZE)]
    used = cpu_seconds([]) - start
    assert array.dtype == np.float32 and sum(map(len, batches)) == arguments.rows
    return {"polars": used, "differing": {"polars": differing(array, np.load(arguments.expected))}}


def measure_mxnet(arguments: argparse.Namespace) -> dict:
    import mxnet
    import numpy as np

    start = cpu_seconds([])
    iterator = mxnet.io.CSVIter(
        data_csv=arguments.file, data_shape=(COLUMNS,), batch_size=BATCH_SIZE, round_batch=False)
    for batch in iterator:
        batch.data[0].wait_to_read()
    used = cpu_seconds([]) - start
    iterator.reset()
    array = np.concatenate([batch.data[0].asnumpy()[: BATCH_SIZE - batch.pad] for batch in iterator])[: arguments.rows]
    return {"MXNet": used, "differing": {"MXNet": differing(array, np.load(arguments.expected))}}


def measure_python(arguments: argparse.Namespace) -> dict:
    import numpy as np

    sys.path.insert(0, str(REPOSITORY / "Sources" / "PythonClient"))
    import headrace

    stream = headrace.connect().open(
        iterator="CSVIter", data_csv=arguments.file, data_shape=(COLUMNS,), batch_size=BATCH_SIZE, round_batch=False)
    daemon = descendants()
    if not daemon:
        sys.exit("the client found a daemon that is already running, whose CPU time is not known here; unset HEADRACE_URL and stop it")
    array = np.concatenate([batch.data[0][: BATCH_SIZE - batch.pad] for batch in stream])
    epochs = 3
    start = cpu_seconds(daemon)
    for _ in range(epochs):
        stream.reset()
        assert sum(1 for _ in stream) == len(stream)
    used = (cpu_seconds(daemon) - start) / epochs
    name = "Headrace, to Python"
    return {name: used, "differing": {name: differing(array, np.load(arguments.expected))}}


def measure_bench(arguments: argparse.Namespace) -> dict:
    """`headrace bench`, three times: in order, in random order, and in order with the index of a run before."""

    def bench(*options: str) -> dict:
        command = [arguments.headrace, "bench", "--iterator", "CSVIter", "--json", "--threads", str(arguments.threads)]
        command += [*options, f"data_csv={arguments.file}", f"data_shape={COLUMNS}", f"batch_size={BATCH_SIZE}"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        return json.loads(result.stdout)

    results = {}
    for ending, option in (("", "shuffle=0"), (" shuffled", "shuffle=1")):
        found = bench("--epochs", "3", option)
        epochs = [milliseconds / 1000 for milliseconds in found["epoch_cpu_milliseconds"]]
        results[f"Headrace, one epoch{ending}"] = found["open_cpu_milliseconds"] / 1000 + epochs[0]
        results[f"Headrace, later epoch{ending}"] = statistics.mean(epochs[1:])
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            found = bench("--epochs", "1", "--batches", "1", "--cache", cache)
    results["Headrace, known file"] = found["open_cpu_milliseconds"] / 1000
    return results


MEASURES = {"bench": measure_bench, "python": measure_python, "polars": measure_polars, "mxnet": measure_mxnet}


def measure_apart(which: str, arguments: argparse.Namespace, path: str, expected: str) -> dict:
    """A measurement in a fresh process of the Python it needs."""
    python = arguments.mxnet_python if which == "mxnet" else sys.executable
    threads = str(arguments.threads)
    environment = dict(os.environ, POLARS_MAX_THREADS=threads, OMP_NUM_THREADS=threads)
    command = [python, __file__, "--measure", which, "--file", path, "--expected", expected]
    command += ["--rows", str(arguments.rows), "--threads", threads, "--headrace", arguments.headrace]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"measuring {which} failed with status {result.returncode}")
    return json.loads(result.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares the cost of reading rows of numbers from text.")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (default 5); medians are printed")
    parser.add_argument("--rows", type=int, default=300_000, help="rows of the file (default 300000)")
    parser.add_argument("--spelling", choices=SPELLINGS, default="mixed", help="how numbers are written (default mixed)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the numbers (default 7)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each (default: one per processor)")
    parser.add_argument("--mxnet-python", help="an interpreter that has MXNet 1.9.1; without it MXNet is left out")
    parser.add_argument("--headrace", default=str(REPOSITORY / ".build" / "release" / "headrace"))
    parser.add_argument("--json", type=Path, help="also write every measurement there")
    for hidden in ("--measure", "--file", "--expected"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    if arguments.measure:
        print(json.dumps(MEASURES[arguments.measure](arguments)))
        return
    if not os.access(arguments.headrace, os.X_OK):
        sys.exit(f"{arguments.headrace} is missing; build it with: swift build -c release")
    try:
        import numpy as np
        import polars  # noqa: F401
    except ImportError as error:
        sys.exit(f"{error}; run this with a Python that has numpy and polars")

    runs: dict = {}
    wrong: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        path, expected = Path(folder) / "rows.csv", Path(folder) / "expected.npy"
        make_file(path, arguments.rows, arguments.spelling, arguments.seed)
        source, program, raw = Path(folder) / "strtof.c", Path(folder) / "strtof", Path(folder) / "expected.raw"
        source.write_text(STRTOF)
        subprocess.run(["cc", "-O2", "-o", program, source], check=True)
        count = str(arguments.rows * COLUMNS)
        subprocess.run([program, path, count, raw], check=True, stdout=subprocess.DEVNULL)
        np.save(expected, np.fromfile(raw, np.float32).reshape(-1, COLUMNS))
        print(f"{arguments.rows} rows, {path.stat().st_size / arguments.rows:.0f} bytes each, {arguments.spelling} spelling, "
              f"{arguments.threads} threads", flush=True)

        contenders = ["bench", "python", "polars"] + (["mxnet"] if arguments.mxnet_python else [])
        for number in range(arguments.rounds):
            result = subprocess.run([program, path, count], check=True, stdout=subprocess.PIPE, text=True)
            found = {"C strtof": float(result.stdout)}
            for which in contenders:
                found |= measure_apart(which, arguments, str(path), str(expected))
                wrong |= found.pop("differing", {})
            for name, seconds in found.items():
                runs.setdefault(name, []).append(seconds * 1e6 / arguments.rows)
            print(f"round {number + 1}: " + ", ".join(f"{name} {runs[name][-1]:.2f}" for name in found), flush=True)

    medians = {name: statistics.median(values) for name, values in runs.items()}
    base = medians["Headrace, one epoch"]
    print(f"\n{'CPU time for 1,000 rows':32}{'ms':>7}  {'to one epoch':>12}  numbers that differ")
    for name in sorted(medians, key=medians.get):
        print(f"{name:32}{medians[name]:7.2f}  {medians[name] / base:12.2f}  {wrong.get(name, '')}")
    if arguments.json:
        settings = {"rows": arguments.rows, "spelling": arguments.spelling, "threads": arguments.threads}
        arguments.json.write_text(
            json.dumps({"settings": settings, "medians": medians, "runs": runs, "differing": wrong}, indent=2) + "\n")


if __name__ == "__main__":
    main()
