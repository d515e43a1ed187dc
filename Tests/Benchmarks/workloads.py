"""The four ways to read photographs that everything is measured on, and the ways that Headrace is measured in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BATCH_SIZE = 128
SIDE = 224
# Read before anything is measured, in whole epochs: memory is in place then, and whoever adapts has adapted.
WARM_UP_IMAGES = 1024
MEAN = (123.68, 116.779, 103.939)
STD = (58.393, 57.12, 57.375)
# The set of photographs, and the one whose short sides are 256.
FULL_SET, SMALL_SET = "photos", "photos-256"


@dataclass(frozen=True)
class Workload:
    """What is delivered: batches of `BATCH_SIZE` samples, 3 × 224 × 224, channels first, in the order of the file."""

    name: str
    summary: str
    # Which set is read.
    data: str
    iterator: str
    dtype: str
    # What MXNet's iterator and Headrace's take alike, beside the files, the shape and the threads.
    parameters: dict[str, Any] = field(default_factory=dict)

    def arguments(self, prefix: str, threads: int) -> dict[str, Any]:
        """Keyword arguments that both iterators take. `prefix` is the set's path without its ending."""
        return {
            "path_imgrec": f"{prefix}.rec",
            "path_imgidx": f"{prefix}.idx",
            "data_shape": (3, SIDE, SIDE),
            "batch_size": BATCH_SIZE,
            "preprocess_threads": threads,
            "shuffle": False,
            **self.parameters,
        }


_MEAN = dict(zip(("mean_r", "mean_g", "mean_b"), MEAN))
_STD = dict(zip(("std_r", "std_g", "std_b"), STD))
_RANDOM_AREA = {
    "random_resized_crop": True,
    "min_random_area": 0.08,
    "max_random_area": 1.0,
    "min_aspect_ratio": 3 / 4,
    "max_aspect_ratio": 4 / 3,
}

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            "W1", "random-resized-crop (area 0.08–1, aspect 3/4–4/3) to 224, flip, mean and std; float32 NCHW",
            FULL_SET, "ImageRecordIter", "float32", {**_RANDOM_AREA, "rand_mirror": True, **_MEAN, **_STD}),
        Workload(
            "W2", "resize 256, random crop 224, flip, mean; float32 NCHW", FULL_SET, "ImageRecordIter", "float32",
            {"resize": 256, "rand_crop": True, "rand_mirror": True, **_MEAN}),
        Workload(
            "W3", "files with a short side of 256: random crop 224, flip; uint8 NCHW", SMALL_SET, "ImageRecordUInt8Iter",
            "uint8", {"rand_crop": True, "rand_mirror": True}),
        Workload(
            "W4", "resize 256, centre crop 224, mean; float32 NCHW", FULL_SET, "ImageRecordIter", "float32",
            {"resize": 256, **_MEAN}),
    )
}


@dataclass(frozen=True)
class Contender:
    """One line of the comparison."""

    name: str
    title: str
    # The module of `peers` that measures it.
    peer: str
    # For Headrace: how batches come, and what is asked for beyond the workload.
    transport: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender("mxnet", "MXNet 1.9.1, its thread cap lifted", "mxnet_peer"),
        Contender("dali", "DALI, CPU only", "dali_peer"),
        Contender("memfd", "Headrace, shared memory", "headrace_peer", "memfd"),
        Contender("unix", "Headrace, Unix socket", "headrace_peer", "unix"),
        Contender("tcp", "Headrace, TCP on loopback", "headrace_peer", "tcp"),
        Contender("in-process", "Headrace, in process (no Python)", "bench_peer"),
        Contender("bare-unix", "the bytes alone, over a bare Unix socket", "bare_peer", "unix"),
        Contender("bare-tcp", "the bytes alone, over bare TCP on loopback", "bare_peer", "tcp"),
        Contender("fast", "Headrace, `decode=\"fast\"`", "headrace_peer", "local", {"decode": "fast"}),
        Contender("cache", "Headrace, second epoch, cache warm", "headrace_peer", "local", {"cache": 2 << 30}),
    )
}
# Of these the first that could be measured is what a client on the same machine gets unless it asks for something else.
LOCAL_WAYS = ("memfd", "unix")
PEERS = ("mxnet", "dali")
