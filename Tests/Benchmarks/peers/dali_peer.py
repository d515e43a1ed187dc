"""DALI without a GPU, written as its documentation advises for speed: a crop is decoded where the workload has one first.

`antialias=False` is the kernel that MXNet and Headrace use; DALI's default filter costs more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workloads import BATCH_SIZE, MEAN, SIDE, STD, Contender, Workload

from . import Unavailable


class DALISource:
    processes: list[int] = []

    def __init__(self, workload: Workload, prefix: str, threads: int):
        try:
            import numpy
            from nvidia import dali
        except ImportError as error:
            raise Unavailable(f"{error}; it needs nvidia-dali-cuda120") from error
        self._numpy = numpy
        self._pipeline = dali.Pipeline(batch_size=BATCH_SIZE, num_threads=threads, device_id=None, seed=1)
        with self._pipeline:
            self._pipeline.set_outputs(*_graph(workload, prefix))
        self._pipeline.build()
        self._step_count = -(-self._pipeline.reader_meta("reader")["epoch_size"] // BATCH_SIZE)
        self.versions = {"dali": dali.__version__, "numpy": numpy.__version__}

    def epoch(self) -> Iterator[tuple[Any, Any]]:
        for _ in range(self._step_count):
            yield tuple(self._numpy.asarray(output.as_tensor()) for output in self._pipeline.run())

    def reset(self) -> None:
        pass  # Its reader starts over by itself.

    def close(self) -> None:
        pass


def _graph(workload: Workload, prefix: str) -> tuple[Any, Any]:
    from nvidia.dali import fn, types

    encoded, label = fn.readers.mxnet(path=[f"{prefix}.rec"], index_path=[f"{prefix}.idx"], name="reader")

    def somewhere() -> dict[str, Any]:
        return {f"crop_pos_{axis}": fn.random.uniform(range=(0.0, 1.0)) for axis in "xy"}

    linear = {"interp_type": types.INTERP_LINEAR, "antialias": False}
    rgb = {"device": "cpu", "output_type": types.RGB}
    last: dict[str, Any] = {"output_layout": "CHW", "dtype": types.FLOAT, "mean": list(MEAN)}
    if workload.name == "W1":
        images = fn.decoders.image_random_crop(
            encoded, random_area=[0.08, 1.0], random_aspect_ratio=[3 / 4, 4 / 3], **rgb)
        images = fn.resize(images, resize_x=SIDE, resize_y=SIDE, **linear)
        last.update(std=list(STD), mirror=fn.random.coin_flip())
    elif workload.name == "W2":
        images = fn.resize(fn.decoders.image(encoded, **rgb), resize_shorter=256, **linear)
        last.update(crop=(SIDE, SIDE), mirror=fn.random.coin_flip(), **somewhere())
    elif workload.name == "W3":
        images = fn.decoders.image_crop(encoded, crop=(SIDE, SIDE), **somewhere(), **rgb)
        last = {"output_layout": "CHW", "dtype": types.UINT8, "mirror": fn.random.coin_flip()}
    elif workload.name == "W4":
        images = fn.resize(fn.decoders.image(encoded, **rgb), resize_shorter=256, **linear)
        last.update(crop=(SIDE, SIDE))
    else:
        raise Unavailable(f"there is no DALI pipeline for {workload.name}")
    return fn.crop_mirror_normalize(images, **last), label


def open_source(workload: Workload, contender: Contender, prefix: str, threads: int) -> DALISource:
    return DALISource(workload, prefix, threads)
