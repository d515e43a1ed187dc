"""``mx.nd`` as far as data loading needs it: NumPy arrays that also have MXNet's methods.

An ``NDArray`` is a ``numpy.ndarray``, so that slicing, arithmetic and every NumPy function work on it, and training
frameworks take it as it is. Where NumPy and MXNet differ NumPy's way holds: indexing and reducing down to one number
give a number, and comparisons give booleans.

Follows MXNet 1.9.1 ``python/mxnet/ndarray/ndarray.py`` in names and in which type an array gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._unsupported import missing
from ._context import Context, cpu

__all__ = [
    "NDArray",
    "array",
    "concat",
    "concatenate",
    "empty",
    "expand_dims",
    "full",
    "ones",
    "stack",
    "transpose",
    "waitall",
    "zeros",
]


class NDArray(np.ndarray[Any, Any]):
    """A NumPy array with MXNet's methods. ``array``, ``zeros`` and their like make one."""

    def asnumpy(self) -> npt.NDArray[Any]:
        """A copy as plain NumPy array."""
        return np.array(self, subok=False)

    def asscalar(self) -> Any:
        """The number that an array of one element holds.

        Raises:
            ValueError: it has another number of elements.
        """
        if self.size != 1:
            raise ValueError(f"an array of shape {self.shape} is not a scalar")
        return self.item()

    @property
    def context(self) -> Context:
        """``cpu(0)``, always."""
        return cpu()

    ctx = context

    def as_in_context(self, context: Context) -> NDArray:
        """The array itself: it stays in main memory."""
        return self

    as_in_ctx = as_in_context

    def copyto(self, other: Any) -> NDArray:
        """Copies into another array, or, given a context, into a new one."""
        if isinstance(other, Context):
            return view(np.array(self))
        np.copyto(other, self)
        return view(other)

    def expand_dims(self, axis: int) -> NDArray:
        """With one more axis, of extent 1."""
        return expand_dims(self, axis)

    def wait_to_read(self) -> None:
        """Returns at once: arrays are complete."""


def view(value: Any) -> NDArray:
    """An array as NDArray, on the same memory."""
    seen: NDArray = np.asarray(value).view(NDArray)
    return seen


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """A copy of an array or nested sequences: ``float32`` unless ``dtype`` says otherwise or it is of an NDArray."""
    if dtype is None:
        dtype = source_array.dtype if isinstance(source_array, NDArray) else np.float32
    return view(np.array(source_array, dtype=dtype))


def zeros(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Zeros, ``float32`` by default."""
    return view(np.zeros(shape, _float32_or(dtype)))


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Ones, ``float32`` by default."""
    return view(np.ones(shape, _float32_or(dtype)))


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Arbitrary values, ``float32`` by default."""
    return view(np.empty(shape, _float32_or(dtype)))


def full(shape: Any, val: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """One value everywhere, ``float32`` by default."""
    return view(np.full(shape, val, _float32_or(dtype)))


def _float32_or(dtype: Any) -> Any:
    return np.float32 if dtype is None else dtype


def concat(*data: Any, dim: int = 1) -> NDArray:
    """Arrays joined along an axis, by default the second."""
    return concatenate(data, axis=dim)


def concatenate(arrays: Sequence[Any], axis: int = 0) -> NDArray:
    """Arrays joined along an axis, by default the first."""
    return view(np.concatenate(list(arrays), axis=axis))


def stack(*data: Any, axis: int = 0) -> NDArray:
    """Arrays joined along a new axis."""
    return view(np.stack(data, axis=axis))


def expand_dims(data: Any, axis: int) -> NDArray:
    """With one more axis, of extent 1."""
    return view(np.expand_dims(data, axis))


def transpose(data: Any, axes: Sequence[int] | None = None) -> NDArray:
    """Axes in another order, by default reversed."""
    return view(np.transpose(data, axes or None))


def waitall() -> None:
    """Returns at once: nothing is computed in the background."""


_INSTEAD = {
    "sparse": "NDArrayIter takes SciPy's CSR matrices",
    "random": "use numpy.random",
    "save": "use numpy.savez",
    "load": "use numpy.load",
}


def __getattr__(name: str) -> Any:
    numpy_has_it = {name: f"use numpy.{name}"} if hasattr(np, name) else {}
    raise missing(__name__, name, numpy_has_it | _INSTEAD)
