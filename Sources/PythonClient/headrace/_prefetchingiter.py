"""``PrefetchingIter``: several iterators side by side, each read one batch ahead."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ._batch import DataBatch, DataDesc
from ._dataiter import DataIter, batch_size_of
from ._lookahead import Lookahead, Outcome
from .errors import BadDataError, BadParameterError, HeadraceError

Renames = Sequence[Mapping[str, str]]


class PrefetchingIter(DataIter):
    """Batches that hold the data and labels of one batch of each of several iterators.

    Each iterator is read on a thread of its own, one batch ahead, from the construction on. ``pad``, ``index`` and
    ``bucket_key`` are the first iterator's. An exception of an iterator is raised by the call that wants its batch, and
    again until ``reset``, since the iterators do not stand at the same batch any more.

    Args:
        iters: an iterator or a list of iterators, of the same batches an epoch and the same ``pad``.
        rename_data, rename_label: for each iterator a dict of its names to new ones.
        deadline: seconds that a batch may take.

    Raises:
        BadParameterError: no iterators, or not one dict with all names for each of them.

    Follows MXNet 1.9.1 ``python/mxnet/io/io.py``, ``PrefetchingIter``.
    """

    def __init__(
        self,
        iters: Any,
        rename_data: Renames | None = None,
        rename_label: Renames | None = None,
        *,
        deadline: float = 300.0,
    ) -> None:
        self.iters = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        self.n_iter = len(self.iters)
        if not self.iters:
            raise BadParameterError("iters is empty, at least one iterator is needed")
        self.rename_data = self._checked("rename_data", rename_data)
        self.rename_label = self._checked("rename_label", rename_label)
        given = [(iterator.provide_data, iterator.provide_label) for iterator in self.iters]
        self.provide_data = self._joined("rename_data", self.rename_data, [data for data, _ in given])
        self.provide_label = self._joined("rename_label", self.rename_label, [label for _, label in given])
        if not self.provide_data:
            raise BadParameterError("the iterators provide no data")
        super().__init__(batch_size_of(self.provide_data))
        self.current_batch: DataBatch | None = None
        self._deadline = deadline
        self._ended = False
        self._failure: BaseException | None = None
        self._pid = os.getpid()
        self._ahead = [
            Lookahead(iterator, f"iterator {i} ({type(iterator).__name__})") for i, iterator in enumerate(self.iters)
        ]
        self._ask()

    def _checked(self, parameter: str, renames: Renames | None) -> Renames | None:
        if renames is not None and len(renames) != self.n_iter:
            raise BadParameterError(f"{parameter} has {len(renames)} entries for {self.n_iter} iterators")
        return renames

    def _joined(self, parameter: str, renames: Renames | None, given: Sequence[Any]) -> list[DataDesc]:
        """The descriptors of all iterators, renamed."""
        descs = []
        for i, provided in enumerate(given):
            for desc in provided or []:
                # Iterators of users may give the plain tuple of name and shape.
                plain = desc if isinstance(desc, DataDesc) else DataDesc(*desc)
                name = plain.name
                if renames is not None:
                    if name not in renames[i]:
                        raise BadParameterError(f"{parameter}[{i}] has no entry for {name!r}")
                    name = renames[i][name]
                descs.append(DataDesc(name, plain.shape, plain.dtype, plain.layout))
        return descs

    def _ask(self) -> None:
        for ahead in self._ahead:
            ahead.ask()

    def reset(self) -> None:
        """Waits for batches that are being read, resets the iterators and starts to read again.

        Raises:
            DeadlineError: an iterator is still reading after ``deadline`` seconds.
        """
        self._collect()
        for ahead in self._ahead:
            ahead.forget()
        self._ended = False
        self._failure = None
        self.current_batch = None
        for iterator in self.iters:
            iterator.reset()
        self._ask()

    def _collect(self) -> list[Outcome]:
        """What each iterator had to say.

        Raises:
            DeadlineError: one of them needs longer.
        """
        if not self._ahead:
            raise HeadraceError("the iterator is closed", code="closed")
        if os.getpid() != self._pid:
            raise HeadraceError(
                "this PrefetchingIter was made before the process forked, and its threads are not in the child",
                hint="make it in the child",
            )
        end = time.monotonic() + self._deadline
        found = [ahead.wait(max(0.0, end - time.monotonic())) for ahead in self._ahead]
        return [outcome for outcome in found if outcome is not None]

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: all iterators ended.
            BadDataError: one ended before the others, or batches have different ``pad``.
            DeadlineError: no batch within ``deadline`` seconds; it can be asked for again.
        """
        if not self.iter_next():
            raise StopIteration
        return self._batch()

    def iter_next(self) -> bool:
        self.current_batch = None
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return False
        outcomes = self._collect()
        if len(outcomes) < self.n_iter:
            # Only when a reset failed half-way: the iterators are wherever it left them.
            raise HeadraceError("the last reset failed", hint="reset again")
        try:
            batches = self._together(outcomes)
        except BaseException as error:
            self._failure = error
            raise
        if not batches:
            self._ended = True
            return False
        self.current_batch = self._join(batches)
        self._ask()
        return True

    def _together(self, outcomes: list[Outcome]) -> list[DataBatch]:
        """The batches, which must go together; none at the end."""
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
        batches = [outcome.batch for outcome in outcomes if outcome.batch is not None]
        if 0 < len(batches) < self.n_iter:
            ended = next(i for i, outcome in enumerate(outcomes) if outcome.batch is None)
            others = next(i for i, outcome in enumerate(outcomes) if outcome.batch is not None)
            raise BadDataError(
                f"the iterators do not go together: {self._ahead[ended].name} has ended, "
                f"{self._ahead[others].name} has another batch",
                hint="give them the same number of batches, with ResizeIter for example",
            )
        for ahead, batch in zip(self._ahead, batches, strict=False):
            if batch.pad != batches[0].pad:
                raise BadDataError(
                    f"the iterators do not go together: {self._ahead[0].name} gives pad {batches[0].pad}, "
                    f"{ahead.name} gives pad {batch.pad}"
                )
        return batches

    def _join(self, batches: list[DataBatch]) -> DataBatch:
        provide_data, provide_label = self.provide_data, self.provide_label
        # Bucketed batches have descriptors of their own.
        if any(batch.bucket_key is not None and batch.provide_data is not None for batch in batches):
            pairs = list(zip(batches, self.iters, strict=True))
            provide_data = self._joined(
                "rename_data", self.rename_data, [batch.provide_data or it.provide_data for batch, it in pairs]
            )
            provide_label = self._joined(
                "rename_label", self.rename_label, [batch.provide_label or it.provide_label for batch, it in pairs]
            )
        return DataBatch(
            data=[array for batch in batches for array in batch.data],
            label=[array for batch in batches for array in batch.label or []],
            pad=batches[0].pad,
            index=batches[0].index,
            bucket_key=batches[0].bucket_key,
            provide_data=provide_data,
            provide_label=provide_label,
        )

    def getdata(self) -> Any:
        return self._batch().data

    def getlabel(self) -> Any:
        return self._batch().label

    def getindex(self) -> Any:
        return self._batch().index

    def getpad(self) -> int | None:
        return self._batch().pad

    def close(self) -> None:
        """Ends the threads, each after the batch that it is reading. The iterators are left as they are."""
        for ahead in self._ahead:
            ahead.close()
        self._ahead = []
        self.current_batch = None

    def _batch(self) -> DataBatch:
        if self.current_batch is None:
            raise RuntimeError("there is no current batch: call next() or iter_next() first")
        return self.current_batch
