"""``ResizeIter``: epochs of a chosen number of batches."""

from __future__ import annotations

import operator
from typing import Any

from ._batch import DataBatch
from ._dataiter import DataIter, batch_size_of
from .errors import BadDataError, BadParameterError


class ResizeIter(DataIter):
    """Epochs of exactly ``size`` batches of another iterator, which is reset whenever it ends.

    The batches are the other iterator's own, with their ``pad``, ``index`` and ``bucket_key``.

    Args:
        data_iter: the iterator to read from.
        size: batches of an epoch; 0 gives empty epochs.
        reset_internal: whether ``reset`` resets the other iterator too; without, it is read on where it is.

    Raises:
        BadParameterError: ``size`` is no such number.

    Follows MXNet 1.9.1 ``python/mxnet/io/io.py``, ``ResizeIter``.
    """

    def __init__(self, data_iter: Any, size: int, reset_internal: bool = True) -> None:
        super().__init__(getattr(data_iter, "batch_size", None) or batch_size_of(data_iter.provide_data))
        try:
            self.size = operator.index(size)
        except TypeError:
            self.size = -1
        if self.size < 0:
            raise BadParameterError(f"size is {size!r}, it must be a number of batches, 0 or more")
        self.data_iter = data_iter
        self.reset_internal = reset_internal
        self.cur = 0
        self.current_batch: DataBatch | None = None
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        self.cur = 0
        self.current_batch = None
        if self.reset_internal:
            self.data_iter.reset()

    def __len__(self) -> int:
        """Batches of every epoch."""
        return self.size

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: the epoch has had its ``size`` batches.
            BadDataError: the other iterator has no batch even after it was reset.
        """
        if not self.iter_next():
            raise StopIteration
        return self._batch()

    def iter_next(self) -> bool:
        if self.cur >= self.size:
            self.current_batch = None
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            try:
                self.current_batch = self.data_iter.next()
            except StopIteration:
                # A shorter epoch would be taken for a whole one, and other workers would wait for this one.
                raise BadDataError(
                    f"batch {self.cur} of {self.size}: {type(self.data_iter).__name__} has no batch even after reset()"
                ) from None
        self.cur += 1
        return True

    def getdata(self) -> Any:
        return self._batch().data

    def getlabel(self) -> Any:
        return self._batch().label

    def getindex(self) -> Any:
        return self._batch().index

    def getpad(self) -> int | None:
        return self._batch().pad

    def _batch(self) -> DataBatch:
        if self.current_batch is None:
            raise RuntimeError("there is no current batch: call next() or iter_next() first")
        return self.current_batch
