"""Sparse matrices of batches: compressed sparse rows, as MXNet's ``CSRNDArray``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class CSRArray:
    """A sparse matrix, row after row.

    Row ``r`` has the elements ``data[indptr[r]:indptr[r + 1]]``, in the columns ``indices[indptr[r]:indptr[r + 1]]``.
    Columns come in the order of the file, and one that is named twice has the sum of its elements.

    Attributes:
        data: the elements.
        indices: the column of each, ``int64``.
        indptr: where each row begins and the last one ends, ``int64``; one more than rows.
        shape: rows and columns.
    """

    stype = "csr"
    ndim = 2

    def __init__(self, data: Array, indices: Array, indptr: Array, shape: tuple[int, int]) -> None:
        self.data = data
        self.indices = indices
        self.indptr = indptr
        self.shape = shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the elements."""
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    @property
    def nnz(self) -> int:
        """Elements that are stored."""
        return len(self.data)

    def __len__(self) -> int:
        """Rows."""
        return self.shape[0]

    def __getitem__(self, key: int | slice) -> CSRArray:
        """A row, or neighbouring rows, as a matrix on the same elements.

        Raises:
            IndexError: there is no such row.
            ValueError: the slice has a step.
        """
        if isinstance(key, slice):
            first, end, step = key.indices(self.shape[0])
            if step != 1:
                raise ValueError("rows of a CSRArray are sliced without a step")
            end = max(first, end)
        else:
            first = range(self.shape[0])[key]
            end = first + 1
        begin, stop = int(self.indptr[first]), int(self.indptr[end])
        return CSRArray(
            self.data[begin:stop],
            self.indices[begin:stop],
            self.indptr[first : end + 1] - begin,
            (end - first, self.shape[1]),
        )

    def asnumpy(self) -> Array:
        """The dense matrix, in memory of its own: ``rows * columns`` elements."""
        dense = np.zeros(self.shape, self.dtype)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(np.asarray(self.indptr)))
        np.add.at(dense, (rows, np.asarray(self.indices)), np.asarray(self.data))
        return dense

    def todense(self) -> Array:
        """As ``asnumpy``."""
        return self.asnumpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("a CSRArray becomes a NumPy array only by a copy")
        dense = self.asnumpy()
        return dense if dtype is None else dense.astype(dtype)

    def asscipy(self) -> Any:
        """The matrix as ``scipy.sparse.csr_matrix``, on the same memory.

        Raises:
            ImportError: SciPy is not installed.
        """
        from scipy.sparse import csr_matrix  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return csr_matrix((self.data, self.indices, self.indptr), shape=self.shape, copy=False)

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"<CSRArray {rows}x{columns} with {self.nnz} elements of {self.dtype}>"
