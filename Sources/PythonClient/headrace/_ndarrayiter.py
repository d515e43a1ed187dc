"""``NDArrayIter``: batches of arrays that are in this process already, without a server unless one is asked for."""

from __future__ import annotations

import inspect
import operator
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import Rows, Source, sources
from ._batch import DataBatch, DataDesc
from ._dataiter import DataIter
from .errors import BadParameterError

if TYPE_CHECKING:
    from ._client import Client

_LAST_BATCH_HANDLES = ("pad", "discard", "roll_over")
_NO_BATCH = -1


class NDArrayIter(DataIter):
    """Batches of NumPy arrays, ``h5py.Dataset``\\ s, SciPy CSR matrices, or anything with ``asnumpy``.

    Every epoch has every row once, apart from what ``last_batch_handle`` does at its end. Batches are copies: yours to
    keep and to write to.

    Args:
        data, label: an array, a list of arrays or a dict of names to arrays. All are sorted by name. The first of the
            data says how many rows there are; longer arrays are cut, with a warning.
        batch_size: rows of a batch.
        shuffle: a new permutation of all rows in every epoch, also of rows on disk.
        last_batch_handle: what becomes of rows that fill no batch: ``pad`` completes it from the start of the epoch and
            counts that in ``pad``; ``discard`` leaves them out; ``roll_over`` puts them before the rows of the next
            epoch, if this one was read to its end.
        data_name, label_name: the name of a single array; several in a list become ``_0_data``, ``_1_data``, …
        layout: its letter N is the axis of the samples. Arrays with fewer axes have them along their first.
        seed: of the permutations. Nothing else has an influence on them.
        float32: convert everything but NDArrays, which is what MXNet does. By default each array keeps its type.
        carried_as_pad: with ``roll_over``, report the rows of the epoch before as ``pad`` of the first batch, which is
            what MXNet does, although all rows of that batch are data.
        served, client, url: have a server make the batches: a client's, the one at an address, or with ``served`` the
            one that ``headrace.connect()`` finds. Arrays are handed over to it. So it is, too, when ``data`` or
            ``label`` name a file: ``x.npy``, ``x.npz``, ``x.npz#name``, ``x.h5#/name``.
        parameters: further parameters of the served iterator, such as ``num_parts``.

    Raises:
        BadParameterError: a parameter cannot be used; the message names it.

    Follows MXNet 1.9.1 ``python/mxnet/io/io.py``, ``NDArrayIter``.
    """

    def __new__(cls, *args: Any, **options: Any) -> NDArrayIter:
        """The served class when a server is to make the batches."""
        if cls is NDArrayIter:
            from . import _servedndarrayiter

            inputs = dict(zip(("data", "label"), args, strict=False))
            asked = {name: options.get(name) for name in ("data", "label", "served", "client", "url")}
            if _servedndarrayiter.is_asked_for(**{**asked, **inputs}):
                return super().__new__(_servedndarrayiter.ServedNDArrayIter)
        return super().__new__(cls)

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str | None = "NCHW",
        *,
        seed: int = 0,
        float32: bool = False,
        carried_as_pad: bool = False,
        served: bool | None = None,
        client: Client | None = None,
        url: str | None = None,
        **parameters: Any,
    ) -> None:
        if parameters:
            raise TypeError(f"NDArrayIter without a server has no parameter {sorted(parameters)[0]!r}")
        super().__init__(_count("batch_size", batch_size, least=1))
        if last_batch_handle not in _LAST_BATCH_HANDLES:
            raise BadParameterError(
                f"last_batch_handle is {last_batch_handle!r}, it must be one of {', '.join(_LAST_BATCH_HANDLES)}"
            )
        self._data = sources(data, "data", data_name, layout=layout, float32=float32)
        self._label = sources([] if label is None else label, "label", label_name, layout=layout, float32=float32)
        if not self._data:
            raise BadParameterError("data has no array")
        self.num_data = self._check_lengths()
        self.last_batch_handle = last_batch_handle
        self.shuffle = bool(shuffle)
        self.layout = layout
        self._seed = _count("seed", seed, least=0)
        self._carried_as_pad = carried_as_pad
        self.provide_data = [self._desc(name, source) for name, source in self._data]
        self.provide_label = [self._desc(name, source) for name, source in self._label]
        self._epoch = 0
        self._begin(np.empty(0, np.int64))

    # Of the class itself: what `__new__` takes is nothing that its users want to read.
    __signature__ = inspect.Signature(list(inspect.signature(__init__).parameters.values())[1:])

    def _check_lengths(self) -> int:
        """The number of rows, which all arrays must have."""
        first, leader = self._data[0]
        rows = leader.shape[leader.axis]
        for role, named in (("data", self._data), ("label", self._label)):
            for name, source in named:
                found = source.shape[source.axis]
                if found < rows:
                    raise BadParameterError(f"{role} {name!r} has {found} rows, data {first!r} has {rows}")
                if found > rows:
                    warnings.warn(
                        f"{role} {name!r} has {found} rows, data {first!r} has {rows}: the surplus is not used",
                        stacklevel=3,
                    )
        return rows

    def _desc(self, name: str, source: Source) -> DataDesc:
        shape = (*source.shape[: source.axis], self.batch_size, *source.shape[source.axis + 1 :])
        return DataDesc(name, shape, source.dtype, "NCHW" if self.layout is None else self.layout)

    def _begin(self, carried: Rows) -> None:
        """Starts the epoch ``_epoch`` with the carried rows of the one before at its front."""
        self._order: Rows = np.concatenate([carried, self._permutation()])
        self._carried = len(carried)
        self._at = _NO_BATCH
        self._rows: Rows | None = None
        self._at_end = False

    def _permutation(self) -> Rows:
        if not self.shuffle:
            return np.arange(self.num_data, dtype=np.int64)
        # NumPy promises that this generator's permutations never change, which it does not for its newer ones.
        generator = np.random.RandomState(np.random.MT19937(np.random.SeedSequence([self._seed, self._epoch])))
        return generator.permutation(self.num_data).astype(np.int64)

    def reset(self) -> None:
        """Starts the next epoch, at any time."""
        rolls_over = self.last_batch_handle == "roll_over" and self._at_end
        carried = self._order[len(self) * self.batch_size :] if rolls_over else self._order[:0]
        self._epoch += 1
        self._begin(carried)

    def hard_reset(self) -> None:
        """Starts the next epoch without rows of the one before."""
        self._at_end = False
        self.reset()

    def __len__(self) -> int:
        """Batches of the current epoch."""
        whole, rest = divmod(len(self._order), self.batch_size)
        return whole + (1 if rest > 0 and self.last_batch_handle == "pad" else 0)

    def iter_next(self) -> bool:
        if self._at + 1 >= len(self):
            self._at_end = True
            self._rows = None
            return False
        self._at += 1
        start = self._at * self.batch_size
        rows = self._order[start : start + self.batch_size]
        missing = self.batch_size - len(rows)
        if missing > 0:
            # As often round the data as it takes.
            rows = np.concatenate([rows, np.take(self._order, np.arange(missing), mode="wrap")])
        self._rows = rows
        return True

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        return DataBatch(
            data=self.getdata(),
            label=self.getlabel(),
            pad=self.getpad(),
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )

    def getdata(self) -> list[Any]:
        return [source.take(self._current_rows()) for _, source in self._data]

    def getlabel(self) -> list[Any]:
        return [source.take(self._current_rows()) for _, source in self._label]

    def getpad(self) -> int:
        self._current_rows()
        if self._carried_as_pad and self._carried > 0 and self._at == 0:
            return self._carried
        return max(0, (self._at + 1) * self.batch_size - len(self._order))

    def _current_rows(self) -> Rows:
        if self._rows is None:
            raise RuntimeError("there is no current batch: call next() or iter_next() first, after the end reset()")
        return self._rows


def _count(name: str, value: Any, *, least: int) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        raise BadParameterError(f"{name} is {value!r}, it must be an integer") from None
    if isinstance(value, bool) or count < least:
        raise BadParameterError(f"{name} is {value!r}, it must be {least} or more")
    return count
