"""MXNet 1.9.1 on the same parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workloads import Contender, Workload

from . import Unavailable


class _Exported:
    """Lets NumPy look at MXNet's memory: its arrays have the capsule, but not the methods that NumPy asks for."""

    def __init__(self, array: Any):
        self._array = array

    def __dlpack__(self, stream: object = None) -> Any:
        return self._array.to_dlpack_for_read()

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


class MXNetSource:
    processes: list[int] = []

    def __init__(self, workload: Workload, prefix: str, threads: int):
        try:
            import mxnet
            import numpy
        except ImportError as error:
            raise Unavailable(f"{error}; it needs mxnet==1.9.1 and numpy==1.23.5") from error
        self._numpy = numpy
        self._iterator = getattr(mxnet.io, workload.iterator)(**workload.arguments(prefix, threads))
        self.versions = {"mxnet": mxnet.__version__, "numpy": numpy.__version__}

    def epoch(self) -> Iterator[tuple[Any, Any]]:
        for batch in self._iterator:
            # `asnumpy` would copy, which the others need not do either. Exporting waits until the batch is written.
            yield tuple(self._numpy.from_dlpack(_Exported(array)) for array in (batch.data[0], batch.label[0]))

    def reset(self) -> None:
        self._iterator.reset()

    def close(self) -> None:
        pass


def open_source(workload: Workload, contender: Contender, prefix: str, threads: int) -> MXNetSource:
    return MXNetSource(workload, prefix, threads)
