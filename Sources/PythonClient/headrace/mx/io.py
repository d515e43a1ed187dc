"""``mx.io``: the iterators of ``headrace.io``, giving NDArrays.

What MXNet does and ``headrace.io`` does only on request, ``NDArrayIter`` does here by itself: it converts NumPy input
to ``float32``, and with ``roll_over`` reports carried rows as ``pad``.
"""

from __future__ import annotations

from typing import Any

from .. import io as _io
from .._batch import DataBatch, DataDesc
from .._csr import CSRArray
from .._dataiter import DataIter
from .._prefetchingiter import PrefetchingIter
from .._resizeiter import ResizeIter
from .._unsupported import missing
from . import nd

MXDataIter = _io.MXDataIter


class GivesNDArrays(DataIter):
    """Stands before an iterator in the order of bases, and makes its arrays NDArrays on the same memory."""

    def next(self) -> DataBatch:
        batch = super().next()
        batch.data = [_as_nd(array) for array in batch.data]
        batch.label = None if batch.label is None else [_as_nd(array) for array in batch.label]
        return batch


def _as_nd(array: Any) -> Any:
    """SciPy's CSR matrices come dense, as MXNet gives them; a ``CSRArray`` stays one, of NDArrays."""
    if isinstance(array, CSRArray):
        return CSRArray(nd.view(array.data), nd.view(array.indices), nd.view(array.indptr), array.shape)
    return nd.view(array.toarray() if hasattr(array, "toarray") else array)


class NDArrayIter(GivesNDArrays, _io.NDArrayIter):
    """``headrace.io.NDArrayIter`` with MXNet's types and ``pad``."""

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
    ) -> None:
        super().__init__(
            data,
            label,
            batch_size,
            shuffle,
            last_batch_handle,
            data_name,
            label_name,
            layout,
            seed=seed,
            float32=True,
            carried_as_pad=True,
        )

    def getdata(self) -> list[Any]:
        return [_as_nd(array) for array in super().getdata()]

    def getlabel(self) -> list[Any]:
        return [_as_nd(array) for array in super().getlabel()]


__all__ = [
    "DataBatch",
    "DataDesc",
    "DataIter",
    "MXDataIter",
    "NDArrayIter",
    "PrefetchingIter",
    "ResizeIter",
]

# Every iterator of the server that `headrace.io` has a class for.
for _name in _io.__all__:
    _class = getattr(_io, _name)
    if isinstance(_class, type) and issubclass(_class, _io._ServedIter):
        globals()[_name] = type(_name, (GivesNDArrays, _class), {"__doc__": _class.__doc__, "__module__": __name__})
        __all__ += [_name]


def __getattr__(name: str) -> Any:
    raise missing(__name__, name, {name: f"there are {', '.join(sorted(__all__))}"})
