"""The inputs of ``NDArrayIter``: arrays of many kinds, each giving any rows on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .errors import BadParameterError

Rows = npt.NDArray[np.int64]


class Source(Protocol):
    """Samples along one axis of something.

    Attributes:
        shape: extents of the whole; ``axis`` is the one that counts samples.
        dtype: of the rows that ``take`` gives.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axis: int

    def take(self, rows: Rows) -> Any:
        """The rows in the order asked for, in memory of their own; a row may be asked for more than once."""


class MemoryArray:
    """A NumPy array, also a memory-mapped one."""

    def __init__(self, array: npt.NDArray[Any], axis: int) -> None:
        self._array = array
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype
        self.axis = axis

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        taken: npt.NDArray[Any] = np.take(self._array, rows, axis=self.axis)
        return taken


class ChunkedArray:
    """An array that is read from disk when it is indexed: ``h5py.Dataset``, or one that behaves alike.

    Such arrays take increasing indexes without repetition only, so rows are read in the file's order, each once, and
    then put into the order asked for.
    """

    def __init__(self, array: Any, axis: int, dtype: np.dtype[Any]) -> None:
        self._array = array
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype = dtype
        self.axis = axis

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        increasing, places = np.unique(rows, return_inverse=True)
        at: Any = increasing
        if len(increasing) > 0 and increasing[-1] - increasing[0] + 1 == len(increasing):
            # A slice is one read; a list of indexes is one for each of them.
            at = slice(int(increasing[0]), int(increasing[-1]) + 1)
        block = np.asarray(self._array[(slice(None),) * self.axis + (at,)], dtype=self.dtype)
        taken: npt.NDArray[Any] = np.take(block, places.reshape(-1), axis=self.axis)
        return taken


class SparseRows:
    """A SciPy matrix in CSR format; rows come as a matrix of the same kind."""

    axis = 0

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix
        self.shape: tuple[int, ...] = tuple(matrix.shape)
        self.dtype: np.dtype[Any] = matrix.dtype

    def take(self, rows: Rows) -> Any:
        return self._matrix[rows]


def sources(
    inputs: Any, role: str, default_name: str, *, layout: str | None, float32: bool
) -> list[tuple[str, Source]]:
    """Named sources, sorted by name as MXNet has them.

    Args:
        inputs: one array, a list of arrays or a mapping of names to arrays.
        role: what to call them in messages.
        default_name: the name of a single array; several in a list become ``_0_data``, ``_1_data``, …
        layout: its letter N is the axis of the samples.
        float32: convert all but NDArrays, as MXNet does.

    Raises:
        BadParameterError: something is no array, or its axes are not those of the layout.
    """
    if isinstance(inputs, Mapping):
        named = dict(inputs)
    elif isinstance(inputs, (list, tuple)):
        several = len(inputs) > 1
        named = {f"_{i}_{default_name}" if several else default_name: array for i, array in enumerate(inputs)}
    else:
        named = {default_name: inputs}
    for name in named:
        if not isinstance(name, str):
            raise BadParameterError(f"{role}: the name {name!r} is not text")
    return [(name, _source(array, f"{role} {name!r}", layout, float32)) for name, array in sorted(named.items())]


def _source(value: Any, what: str, layout: str | None, float32: bool) -> Source:
    if value is None:
        raise BadParameterError(f"{what} is None, an array is needed")
    keeps_dtype = hasattr(value, "asnumpy")
    if getattr(value, "format", None) == "csr" and hasattr(value, "indptr"):
        if _batch_axis(layout, 2, what) != 0:
            raise BadParameterError(f"{what} is in CSR format, which needs its samples along the first axis")
        return SparseRows(value.astype(np.float32) if float32 else value)
    if hasattr(value, "chunks") and hasattr(value, "shape") and isinstance(getattr(value, "dtype", None), np.dtype):
        axis = _batch_axis(layout, len(value.shape), what)
        return ChunkedArray(value, axis, np.dtype(np.float32) if float32 else value.dtype)
    try:
        array = np.asarray(value.asnumpy() if keeps_dtype else value)
    except (TypeError, ValueError) as error:
        raise BadParameterError(f"{what} is {type(value).__name__}, which is no array: {error}") from error
    if array.dtype.hasobject:
        raise BadParameterError(f"{what} is {type(value).__name__}, which is no array of numbers")
    axis = _batch_axis(layout, array.ndim, what)
    if float32 and not keeps_dtype:
        array = array.astype(np.float32, copy=False)
    return MemoryArray(array, axis)


def _batch_axis(layout: str | None, rank: int, what: str) -> int:
    """The axis of the samples.

    A layout describes the data; an array with fewer axes, such as a label for each sample, has them along its first.
    """
    axis = 0 if layout is None else layout.find("N")
    if axis < 0:
        raise BadParameterError(f"the layout {layout!r} has no N, so it does not say which axis counts the samples")
    if rank == 0:
        raise BadParameterError(
            f"{what} is a single number, an array of samples is needed",
            hint="a list is a list of arrays; numpy.array(…) makes one array of a list of numbers",
        )
    return axis if axis < rank else 0
