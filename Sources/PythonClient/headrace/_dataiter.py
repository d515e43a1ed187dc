"""The base of all iterators, as MXNet 1.9.1 ``python/mxnet/io/io.py`` has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ._batch import DataBatch, DataDesc


class DataIter:
    """The base of all iterators: ``next`` moves on with ``iter_next`` and collects the batch from the getters."""

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[DataBatch]:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def reset(self) -> None:
        """Goes to the beginning of the data."""

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: there is none.
        """
        if self.iter_next():
            return DataBatch(data=self.getdata(), label=self.getlabel(), pad=self.getpad(), index=self.getindex())
        raise StopIteration

    def iter_next(self) -> bool:
        """Moves to the next batch; False when there is none."""
        raise NotImplementedError(f"{type(self).__name__} defines neither next() nor iter_next(), and needs one")

    def getdata(self) -> Any:
        """Data of the current batch."""

    def getlabel(self) -> Any:
        """Labels of the current batch."""

    def getindex(self) -> Any:
        """Ids of the current batch's samples."""

    def getpad(self) -> int | None:
        """Rows at the end of the current batch that are not data of this epoch."""


def batch_size_of(provide_data: Sequence[Any]) -> int:
    """Samples of a batch: the extent of the first tensor's batch axis. Iterators of users may give plain tuples."""
    if not provide_data:
        return 0
    first = provide_data[0]
    axis = DataDesc.get_batch_axis(getattr(first, "layout", None))
    shape: tuple[int, ...] = first[1]
    return shape[axis if 0 <= axis < len(shape) else 0] if shape else 0
