"""The benchmarks measure what they say, and their tables say what was measured. No time that they take decides anything."""

from __future__ import annotations

import argparse
import copy
import io
import json
import mmap
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import CHECKOUT
from running_daemon import binary, make_records, photographs

from headrace import recordio

FOLDER = CHECKOUT / "Tests" / "Benchmarks"
sys.path.insert(0, str(FOLDER))

import accounting  # noqa: E402  the benchmarks', found through the line above
import compare  # noqa: E402
import decode_stages  # noqa: E402
import first_batch  # noqa: E402
import floor  # noqa: E402
import load  # noqa: E402
import table  # noqa: E402
from peers import bare_peer  # noqa: E402
from workloads import CONTENDERS, PEERS, WORKLOADS  # noqa: E402


def run(workload, contender, cost, threads=2, number=1):
    return {"round": number, "workload": workload, "contender": contender, "threads": threads, "cpu_ms_per_image": cost,
            "images_per_second": 1000 * threads / cost, "peak_memory_bytes": 250e6, "peak_resident_bytes": 400e6}


def rounds(workload, contender, *costs, threads=2):
    return [run(workload, contender, cost, threads, number) for number, cost in enumerate(costs, 1)]


def missing(workload, contender, why):
    return {"round": 1, "workload": workload, "contender": contender, "threads": 2, "unavailable": why}


# Three rounds of W2 and a little of the others.
RESULTS = {
    "machine": {"processor": "Abacus", "cores": 2, "kernel": "6.1"},
    "versions": {"mxnet": {"mxnet": "1.9.1", "numpy": "1.23.5"}, "floor": {"libjpeg-turbo": "2.1.5"}},
    "settings": {"threads": 2, "rounds": 3, "batch_size": 128},
    "floor": [{"data": "photos", "cpu_ms_per_image": cost} for cost in (1.2, 1.0, 0.9)],
    "runs": [
        *rounds("W2", "mxnet", 2.0, 9.0, 1.9), *rounds("W2", "dali", 2.2, 2.1, 2.0),
        *rounds("W2", "unix", 0.9, 0.8, 0.1), *rounds("W2", "in-process", 0.65, 0.65, 0.05),
        run("W2", "cache", 0.2), *rounds("W2", "unix", 0.9, 0.8, 0.1, threads=1), run("W1", "mxnet", 1.5), run("W1", "unix", 1.2),
        missing("W2", "memfd", "no shared memory"), missing("W1", "memfd", "no shared memory"),
        missing("W2", "fast", "no parameter 'decode'"), missing("W2", "fast", "no parameter 'decode'"),
    ],
}


def rows(text, title, workload=None):
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in cells if row[0] == title and (workload is None or row[1] == workload)]


def test_every_round_is_compared_within_itself_with_the_better_peer():
    text = table.markdown(RESULTS)
    # Of 0.9 / 2.0, 0.8 / 9.0 and 0.1 / 1.9, not of the medians.
    assert rows(text, "ours / best peer", "W2") == [
        ["ours / best peer", "W2", "0.09", "0.800 / 2.000 mxnet", "≤ 0.6", "≤ 0.45", "1.000"]]
    cheaper = copy.deepcopy(RESULTS)
    cheaper["runs"] += [run("W2", "dali", 1.5, number=number) for number in (2, 3, 4)]
    # What only one of the two has of a round counts for nothing: the fourth.
    assert rows(table.markdown(cheaper), "ours / best peer", "W2")[0][2:4] == ["0.41", "0.800 / 1.500 dali"]


def test_what_misses_its_bound_is_marked():
    text = table.markdown(RESULTS)
    assert rows(text, "ours / best peer", "W1")[0][2] == "0.80 (missed)"
    assert rows(text, "second epoch, cache warm", "W2")[0][2] == "0.200 (missed)"
    assert rows(text, "images/s in process, 2 threads / 1 thread", "W2")[0][2:4] == ["not available", ""]
    assert rows(text, "peak memory held, MB", "W1")[0][2:4] == ["250", "mxnet 250"]
    assert rows(text, "Unix socket − in process", "W2")[0][2:4] == ["0.150 (missed)", "0.800 − 0.650"]
    assert rows(text, "Unix socket − in process", "W1")[0][2:4] == ["not available", ""]


def test_a_second_thread_is_judged_in_process_and_told_into_python():
    results = copy.deepcopy(RESULTS)
    results["runs"] += rounds("W2", "in-process", 0.64, 0.64, 0.05, threads=1)
    title = "images/s in process, 2 threads / 1 thread"
    assert rows(table.markdown(results), title, "W2")[0][2:4] == ["1.97", "3,077 / 1,562; into Python 2.00"]
    results["runs"] += rounds("W2", "in-process", 0.5, 0.55, threads=1)
    assert rows(table.markdown(results), title, "W2")[0][2] == "1.69 (missed)"


def test_a_socket_is_told_beside_the_bare_one():
    results = copy.deepcopy(RESULTS)
    results["runs"].append(run("W2", "bare-unix", 0.14))
    assert rows(table.markdown(results), "Unix socket − in process", "W2")[0][3] == "0.800 − 0.650; bare socket 0.140"


@pytest.mark.parametrize("transport", ["unix", "tcp"])
def test_a_bare_socket_carries_whole_batches(transport):
    source = bare_peer.BareSource((3, 5, 7), "float32", transport)
    try:
        assert source._process.poll() is None
        first = [data.copy() for data, _ in source.epoch()]
        assert len(first) == bare_peer.BATCHES_PER_EPOCH
        # The blocks come in turn, each as it was sent before.
        assert all(np.array_equal(data, first[(number + len(first)) % bare_peer.BLOCKS], equal_nan=True)
                   for number, (data, _) in enumerate(source.epoch()))
    finally:
        source.close()
    assert source._process.returncode == 0


def test_absent_results_are_said_to_be_absent():
    text = table.markdown(RESULTS)
    for title, workload in (("ours / best peer", "W4"), ("`decode=\"fast\"` / exact", "W2"), ("shared memory / in process", "W2")):
        assert rows(text, title, workload)[0][2:4] == ["not available", ""]
    # A set whose floor was not measured has none.
    assert rows(text, "ours / best peer", "W3")[0][-1] == ""
    assert rows(text, "Headrace, shared memory")[0][1:] == ["not available"] * 5
    assert "* memfd W2, memfd W1: no shared memory" in text
    assert text.count("no parameter 'decode'") == 1


def test_nothing_measured_makes_a_table_too():
    empty = {**RESULTS, "runs": [], "floor": [], "versions": {}}
    text = table.markdown(empty)
    assert all(row[2] == "not available" for claim in table.CLAIMS for row in rows(text, claim.title))
    assert "Not available:" not in text


OTHERS = [
    {"records": 1_300_000, "medians": {"scan": [2000, 1000], "idx, known": [180.4, 120], "scan, known": [310, 130]}},
    {"records": 10**9, "sequential": {"planning_cpu_milliseconds": 0.002, "resident_bytes_grown": 0},
     "shuffled": {"planning_cpu_milliseconds": 0.006, "resident_bytes_grown": 2_000_000}},
]


def test_what_other_programs_measured_has_rows_too():
    text = table.markdown(RESULTS, OTHERS)
    title = "connecting → first batch of 1,300,000 records, ms"
    assert rows(text, f"{title} (idx, known)")[0][2:5] == ["180", "120 CPU-ms", "≤ 300"]
    assert rows(text, f"{title} (scan, known)")[0][2] == "310 (missed)"
    title = "planning an epoch of 1,000,000,000 records"
    assert rows(text, f"{title}, ms")[0][2:5] == ["0.006", "shuffled", "≤ 1"]
    assert rows(text, f"{title}, MB")[0][2] == "2.0 (missed)"


def test_every_row_of_a_table_has_as_many_cells():
    results = table.Results(RESULTS)
    for lines in (table.claims_table(results) + table.other_rows(OTHERS), table.ways_table(results)):
        assert {line.count("|") for line in lines} == {lines[1].count("|")}


def test_the_shared_memory_way_is_ours_where_it_is_there():
    results = copy.deepcopy(RESULTS)
    results["runs"].append(run("W2", "memfd", 0.66))
    text = table.markdown(results)
    assert "Abacus, 2 cores" in text and "libjpeg-turbo 2.1.5, mxnet 1.9.1\n" in text
    assert rows(text, "ours / best peer", "W2")[0][2:4] == ["0.33", "0.660 / 2.000 mxnet"]
    assert rows(text, "shared memory / in process", "W2")[0][2] == "1.015"


def test_workloads_differ_as_they_are_described():
    assert list(WORKLOADS) == ["W1", "W2", "W3", "W4"]
    for workload in WORKLOADS.values():
        arguments = workload.arguments("set", 2)
        assert arguments["batch_size"] == 128 and arguments["data_shape"] == (3, 224, 224)
        assert arguments.get("rand_mirror", False) == (workload.name != "W4")
        assert ("resize" in arguments) == (workload.name in ("W2", "W4"))
        assert ("rand_crop" in arguments) == (workload.name in ("W2", "W3"))
        assert ("std_r" in arguments) == (workload.name == "W1")
        assert (workload.dtype == "uint8") == (workload.data == "photos-256") == (workload.name == "W3")


def test_one_round_measures_everybody_with_all_threads_and_ours_with_one():
    arguments = argparse.Namespace(contenders=list(CONTENDERS), workloads=["W1", "W3"], threads=2)
    order = [(workload.name, contender.name, threads) for workload, contender, threads in compare.ways(arguments)]
    assert len(order) == len(set(order))
    assert {way for way in order if way[2] == 2} == {(name, contender, 2) for name in ("W1", "W3") for contender in CONTENDERS}
    assert {way[1] for way in order if way[2] == 1} == {"memfd", "unix", "in-process"}
    arguments.threads = 1
    assert all(way[2] == 1 for way in compare.ways(arguments))
    assert set(PEERS) <= set(CONTENDERS)


class Scripted:
    """A source of empty batches that counts its epochs."""

    processes: list[int] = []
    versions = {"scripted": "1"}

    def __init__(self, shape):
        self.shape, self.epochs, self.resets = shape, 0, 0

    def epoch(self):
        self.epochs += 1
        for _ in range(3):
            yield np.zeros(self.shape, np.uint8), np.zeros(self.shape[0], np.float32)

    def reset(self):
        self.resets += 1


def test_a_measurement_warms_up_and_counts_whole_epochs():
    source = Scripted((128, 3, 224, 224))
    result = compare.measure_source(source, WORKLOADS["W3"], 0, True)
    # Three epochs of 384 images, and one.
    assert (source.epochs, source.resets) == (4, 3)
    assert result["images"] == 3 * 128 and result["versions"] == {"scripted": "1"}
    assert 0 < result["peak_memory_bytes"] and 0 < result["peak_resident_bytes"]


def test_a_measurement_of_something_else_is_refused():
    with pytest.raises(SystemExit, match="W3 is"):
        compare.measure_source(Scripted((128, 224, 224, 3)), WORKLOADS["W3"], 0, False)


def test_memory_files_are_told_from_other_memory():
    descriptor = os.memfd_create("benchmark")
    os.ftruncate(descriptor, 8192)
    with mmap.mmap(descriptor, 8192) as mapped:
        array = np.frombuffer(mapped, np.uint8)
        assert accounting.is_in_memory_file(array.ctypes.data + 5000)
        assert not accounting.is_in_memory_file(np.zeros(8192, np.uint8).ctypes.data)
        del array
    os.close(descriptor)


@pytest.fixture
def small_set(tmp_path):
    """256 photographs as PREFIX.rec and .idx; the prefix is returned."""
    pictures = [path.read_bytes() for path in photographs()]
    make_records(tmp_path / "photos.rec", [pictures[i % len(pictures)] for i in range(256)])
    return str(tmp_path / "photos")


def test_a_part_of_a_set_is_a_set(small_set, tmp_path):
    for count in (128, 256):
        compare.copy_records(small_set, str(tmp_path / "part"), count)
        assert compare.image_count(str(tmp_path / "part")) == count
        reader = recordio.MXIndexedRecordIO(str(tmp_path / "part.idx"), str(tmp_path / "part.rec"), "r")
        assert recordio.unpack(reader.read_idx(count - 1))[0].id == count - 1
        reader.close()
        assert (tmp_path / "part.rec").stat().st_size <= (tmp_path / "photos.rec").stat().st_size


def test_the_small_set_is_the_same_pictures(small_set, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    import make_benchmark_set

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_benchmark_set, "listed", lambda prefix: [[str(i), str(float(i)), "x.jpg"] for i in range(5)])
        make_benchmark_set.shrink(tmp_path / "photos", tmp_path / "photos-256")
    reader = recordio.MXRecordIO(str(tmp_path / "photos-256.rec"), "r")
    for i, path in enumerate(photographs()[:5]):
        header, encoded = recordio.unpack(reader.read())
        assert (header.id, header.label) == (i, i)
        with Image.open(io.BytesIO(encoded)) as small, Image.open(path) as picture:
            assert min(small.size) == 256
            assert max(small.size) == int(max(picture.size) * 256 / min(picture.size))
    assert reader.read() is None
    assert len(make_benchmark_set.listed(tmp_path / "photos-256")) == 5
    reader.close()


def test_the_long_file_holds_what_its_index_says(small_set, tmp_path):
    first_batch.make_file(tmp_path / "long", small_set, 1000)
    reader = recordio.MXIndexedRecordIO(str(tmp_path / "long.idx"), str(tmp_path / "long.rec"), "r")
    assert reader.keys == list(range(1000))
    for number in (0, 255, 256, 257, 998, 999):
        header, picture = recordio.unpack(reader.read_idx(number))
        assert header.id == number
        assert header.label == number and (picture == first_batch.SMALL_JPEG) == (number >= 256)
    reader.close()
    # Read one after another, there are as many, and nothing behind them.
    reader = recordio.MXRecordIO(str(tmp_path / "long.rec"), "r")
    assert sum(1 for _ in iter(reader.read, None)) == 1000
    reader.close()


@pytest.fixture(scope="module")
def c_compiler(tmp_path_factory):
    probe = tmp_path_factory.mktemp("probe") / "probe.c"
    probe.write_text("#include <stdio.h>\n#include <jpeglib.h>\nint main(void) { return 0; }\n")
    if shutil.which("cc") is None or subprocess.run(
            ["cc", "-fsyntax-only", str(probe)], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no C compiler with libjpeg-turbo's headers")


def test_the_floor_decodes_every_picture(c_compiler, small_set, tmp_path):
    found = floor.run(floor.build(str(tmp_path)), f"{small_set}.rec")
    assert found["images"] == 256 and found["library"].startswith("libjpeg-turbo ")
    # The inverse DCT and the colours come on top.
    assert 0 < found["coefficients_cpu_ms_per_image"] and 0 < found["cpu_ms_per_image"]


@pytest.mark.skipif(shutil.which("swiftc") is None, reason="no Swift compiler: part of the decoder is Swift")
def test_the_stages_decode_every_picture(c_compiler, small_set, tmp_path):
    found = floor.run(decode_stages.build(str(tmp_path)), f"{small_set}.rec")
    assert found["images"] == 256
    assert {name for name in found if name.endswith("cpu_ms_per_image")} == {
        "whole_cpu_ms_per_image", "whole_with_the_librarys_huffman_decoder_cpu_ms_per_image",
        "random_resized_crop_cpu_ms_per_image"}


@pytest.mark.parametrize("contender", ["unix", "tcp", "memfd", "in-process", "cache", "fast"])
@pytest.mark.parametrize("workload", ["W1", "W3"])
def test_headrace_is_measured_or_said_to_be_unavailable(small_set, tmp_path, workload, contender):
    binary("headrace" if contender == "in-process" else "headraced", "HEADRACE" if contender == "in-process" else "HEADRACED")
    for ending in (".rec", ".idx"):
        shutil.copy(small_set + ending, tmp_path / f"photos-256{ending}")
    command = [sys.executable, str(FOLDER / "compare.py"), str(tmp_path), "--measure", contender, "--workloads", workload]
    result = subprocess.run([*command, "--threads", "2", "--seconds", "0"], stdout=subprocess.PIPE, check=True, text=True)
    found = json.loads(result.stdout.splitlines()[-1])
    if contender in ("unix", "tcp", "in-process"):
        assert "unavailable" not in found
    if "unavailable" not in found:
        assert found["images"] == 256 and 0 < found["peak_memory_bytes"]


def test_the_page_names_every_file():
    page = (FOLDER / "README.md").read_text()
    for path in FOLDER.iterdir():
        if path.name not in ("README.md", "__pycache__"):
            assert f"`{path.name}" in page, f"{path.name} is not described"


def test_load_measures_windows_with_and_without_abuse(monkeypatch):
    monkeypatch.setenv("HEADRACED", binary("headraced", "HEADRACED"))
    monkeypatch.setattr(load, "COUNTS", {"idle": 20, "unread": 2})
    monkeypatch.setattr(load, "STREAMS", 4)
    # Enough work for the clock of processes, which counts hundredths of seconds.
    results = load.measure(rounds=2, batches=80, records=None, scenes=["idle", "unread"])
    assert results["streams"] == 4 and results["machine"]["cores"] >= 1
    for scene, done in zip(results["scenes"], [{"connections": 20}, {"connections": 2}], strict=True):
        assert scene["done"] == [done] * 2
        for window in scene["calm"] + scene["abused"]:
            assert window["images"] >= 4 * 80 * 4 and window["cpu_ms_per_image"] > 0
        assert scene["throughput_ratio"] > 0 and scene["cpu_ratio"] > 0
        assert scene["peak_memory_bytes"] >= scene["resident_before_bytes"]
