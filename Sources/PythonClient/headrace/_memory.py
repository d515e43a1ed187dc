"""Batch memory: aligned blocks that are used again only when no array refers to them any more."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

ALIGNMENT = 64

Bytes = npt.NDArray[np.uint8]


class _Lease:
    """Owner of a block while arrays refer to it.

    Arrays are made from it through the array interface, so each of them, each view of them and each DLPack capsule
    keeps it alive; when the last one is gone the block goes back to its pool. NumPy cannot shorten such a chain past an
    object that is not an array, which it does for views of views.
    """

    __slots__ = ("__array_interface__", "_block", "_pool")

    def __init__(self, block: Bytes, pool: BufferPool) -> None:
        self._block = block
        self._pool = pool
        self.__array_interface__: dict[str, Any] = {
            "version": 3,
            "shape": (block.size,),
            "typestr": "|u1",
            "data": (block.ctypes.data, False),
        }

    def __del__(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool._give_back(self._block)


class BufferPool:
    """Hands out byte arrays that start at a multiple of 64, and takes their memory back when nothing refers to them.

    A batch that the user keeps is never written to again: its memory is simply not in the pool. Safe from any thread;
    there is no lock, since memory comes back from destructors, which may run inside any other call.
    """

    def __init__(self, keep: int) -> None:
        """``keep`` is how many unused blocks may wait for their next use; all have the same size."""
        self._keep = keep
        self._free: deque[Bytes] = deque()

    def take(self, size: int) -> Bytes:
        """A writable array of ``size`` bytes of arbitrary content.

        Raises:
            MemoryError: when there is no memory.
        """
        block = self._reuse(size)
        if block is None:
            raw = np.empty(size + ALIGNMENT - 1, dtype=np.uint8)
            start = -raw.ctypes.data % ALIGNMENT
            block = raw[start : start + size]
        return np.asarray(_Lease(block, self))

    def _reuse(self, size: int) -> Bytes | None:
        try:
            while True:
                block = self._free.pop()
                # Blocks of another size are of an earlier stream and not wanted any more.
                if block.size == size:
                    return block
        except IndexError:
            return None

    def _give_back(self, block: Bytes) -> None:
        if len(self._free) < self._keep:
            self._free.append(block)
