"""``mx.nd`` as far as data loading needs it: NumPy arrays that also have MXNet's methods.

An ``NDArray`` is a ``numpy.ndarray``, so that slicing, arithmetic and every NumPy function work on it, and training
frameworks take it as it is. Where NumPy and MXNet differ NumPy's way holds: indexing and reducing down to one number
give a number, and comparisons give booleans.

Follows MXNet 1.9.1 ``python/mxnet/ndarray/ndarray.py`` in names and in which type an array gets.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._unsupported import missing
from ._context import Context, cpu

__all__ = [
    "NDArray",
    "arange",
    "array",
    "cast",
    "clip",
    "concat",
    "concatenate",
    "dot",
    "empty",
    "expand_dims",
    "flip",
    "full",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "ones",
    "ones_like",
    "repeat",
    "reshape",
    "slice_axis",
    "squeeze",
    "stack",
    "sum",
    "swapaxes",
    "tile",
    "transpose",
    "waitall",
    "where",
    "zeros",
    "zeros_like",
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

    def __getattr__(self, name: str) -> Any:
        raise missing("NDArray", name, {name: f"use {function}(array, …)"} if (function := _function(name)) else {})


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


def arange(start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, dtype: Any = None) -> NDArray:
    """Evenly spaced numbers, each ``repeat`` times, ``float32`` by default."""
    numbers = np.arange(start, step=step) if stop is None else np.arange(start, stop, step)
    return view(np.repeat(numbers, repeat).astype(_float32_or(dtype)))


def cast(data: Any, dtype: Any) -> NDArray:
    """In another type."""
    return view(np.asarray(data).astype(dtype))


def reshape(data: Any, shape: Any) -> NDArray:
    """In another shape; -1 stands for what is left."""
    return view(np.reshape(np.asarray(data), shape))


def slice_axis(data: Any, axis: int, begin: int, end: int | None) -> NDArray:
    """From ``begin`` to before ``end`` along one axis."""
    places: list[slice] = [slice(None)] * np.ndim(data)
    places[axis] = slice(begin, end)
    return view(np.asarray(data)[tuple(places)])


def _as_numpy(name: str) -> Any:
    """NumPy's function, giving NDArrays, and where it comes down to one number an array of one, as MXNet does."""
    function = getattr(np, name)

    @functools.wraps(function, updated=())
    def call(data: Any, *args: Any, **options: Any) -> NDArray:
        return view(np.atleast_1d(function(np.asarray(data), *args, **options)))

    return call


clip, dot, flip, maximum, minimum = (_as_numpy(name) for name in ("clip", "dot", "flip", "maximum", "minimum"))
max, mean, min, sum = (_as_numpy(name) for name in ("max", "mean", "min", "sum"))
ones_like, repeat, squeeze, swapaxes = (_as_numpy(name) for name in ("ones_like", "repeat", "squeeze", "swapaxes"))
tile, where, zeros_like = (_as_numpy(name) for name in ("tile", "where", "zeros_like"))


def waitall() -> None:
    """Returns at once: nothing is computed in the background."""


_INSTEAD = {
    "sparse": "NDArrayIter takes SciPy's CSR matrices",
    "random": "use numpy.random",
    "save": "use numpy.savez",
    "load": "use numpy.load",
}


def _function(name: str) -> str | None:
    """Where a function of this name is."""
    return f"mx.nd.{name}" if name in __all__ else f"numpy.{name}" if hasattr(np, name) else None


def __getattr__(name: str) -> Any:
    numpy_has_it = {name: f"use numpy.{name}"} if hasattr(np, name) else {}
    raise missing(__name__, name, numpy_has_it | _INSTEAD)
