"""Reading without copying, from a mapped file."""

from __future__ import annotations

import mmap
import operator
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import NotFoundError
from ._format import FIRST, LAST, LENGTH_BITS, LENGTH_MASK, MAGIC, PART_HEAD, WHOLE, RecordError
from ._indexed import read_index


class MmapReader:
    """The records of a RecordIO file as views of the mapped file, by position or by key.

    A record is a read-only ``memoryview`` of the file's own pages, valid for as long as somebody holds it; one that is
    stored in several parts is put together in memory of its own. There is no position that readers could disturb:
    threads and forked children share one reader, and a pickled one opens the file again.

    Args:
        uri: the RecordIO file's path.
        idx_path: its index file. Then positions follow the lines of the index, and there are keys; without one the file
            is looked through once for where records begin, and the keys are the positions.
        key_type: makes a key of its text in the index.

    Raises:
        NotFoundError: a file does not exist.
        ValueError: the index is not in its format; the message names the line.
        RecordError: without an index, the file is damaged; with one, it points behind the file's end.

    Note: a file that is cut short while a record in it is being looked at ends the process (SIGBUS), as with any mapped
    file. Where others may do that, use ``MXIndexedRecordIO``.
    """

    def __init__(
        self,
        uri: str | os.PathLike[str],
        idx_path: str | os.PathLike[str] | None = None,
        key_type: Callable[[str], Any] = int,
    ) -> None:
        self.uri = os.fspath(uri)
        self._open()
        self._keys: list[Any] | None = None
        self._positions: dict[Any, int] | None = None
        try:
            if idx_path is None:
                self._offsets = self._scan()
            else:
                self._offsets, self._keys = self._indexed(os.fspath(idx_path), key_type)
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        try:
            self._descriptor = os.open(self.uri, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFoundError(f"{self.uri}: no such file") from error
        try:
            self._size = os.fstat(self._descriptor).st_size
            # No bytes cannot be mapped.
            mapping = mmap.mmap(self._descriptor, self._size, access=mmap.ACCESS_READ) if self._size else b""
        except BaseException:
            os.close(self._descriptor)
            self._descriptor = -1
            raise
        self._view: memoryview | None = memoryview(mapping)

    @property
    def keys(self) -> list[Any]:
        """The keys in the order of the index; without one the positions."""
        return list(range(len(self))) if self._keys is None else self._keys

    def __len__(self) -> int:
        """Records."""
        return len(self._offsets)

    def __getitem__(self, position: int) -> memoryview:
        """The record at a position; negative ones count from the end.

        Raises:
            IndexError: there is no such position.
            RecordError: the file is damaged there, or has become shorter; the message says where and how.
        """
        number = operator.index(position)
        if not -len(self) <= number < len(self):
            raise IndexError(f"{self.uri}: there is no record {number}, there are {len(self)}")
        return self._record(int(self._offsets[number]))

    def read_idx(self, key: Any) -> memoryview:
        """The record of a key; of two with one key the later, as ``MXIndexedRecordIO`` has it.

        Raises:
            KeyError: there is no such key.
            RecordError: as ``reader[position]``.
        """
        if self._keys is None:
            if not isinstance(key, (int, np.integer)) or not 0 <= key < len(self):
                raise KeyError(key)
            return self[int(key)]
        if self._positions is None:
            self._positions = {key: position for position, key in enumerate(self._keys)}
        return self[self._positions[key]]

    def __iter__(self) -> Iterator[memoryview]:
        """All records in the order of positions."""
        return map(self.__getitem__, range(len(self)))

    def close(self) -> None:
        """Closes the file. Views that are held stay valid, and the mapping with them. May be called twice."""
        self._view = None
        descriptor, self._descriptor = getattr(self, "_descriptor", -1), -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> MmapReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        for name in ("_descriptor", "_positions"):
            state[name] = None
        state["_view"] = self._view is not None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Opens the file again, unless it was closed.

        Raises:
            RecordError: it has another size now, so that the offsets would not fit.
        """
        self.__dict__.update(state)
        self._descriptor = -1
        self._view = None
        if state["_view"]:
            self._open()
            if self._size != state["_size"]:
                now, self._size = self._size, state["_size"]
                self.close()
                raise RecordError(f"{self.uri}: the file had {self._size} bytes when it was opened, and now {now}")

    def _indexed(self, path: str, key_type: Callable[[str], Any]) -> tuple[npt.NDArray[np.int64], list[Any]]:
        keys: list[Any] = []
        offsets: list[int] = []
        for key, offset in read_index(path, key_type):
            if not 0 <= offset <= self._size - PART_HEAD.size:
                raise RecordError(
                    f"{path}, line {len(keys) + 1}: key {key!r} has the offset {offset}, "
                    f"no record begins there in the {self._size} bytes of {self.uri}"
                )
            keys.append(key)
            offsets.append(offset)
        return np.array(offsets, np.int64), keys

    def _scan(self) -> npt.NDArray[np.int64]:
        offsets: list[int] = []
        end = 0
        while end < self._size:
            offsets.append(end)
            *_, (_, end) = self._parts(end, record=len(offsets) - 1)
        return np.array(offsets, np.int64)

    def _record(self, offset: int) -> memoryview:
        parts = [part for part, _ in self._parts(offset)]
        return parts[0] if len(parts) == 1 else memoryview(MAGIC.join(parts))

    def _parts(self, start: int, record: int | None = None) -> Iterator[tuple[memoryview, int]]:
        """The parts of the record that begins at a byte offset, each with where the next begins."""
        view = self._view
        if view is None:
            raise ValueError(f"{self.uri}: the file is closed")
        # Reading behind the end of a file that was cut would be SIGBUS. This does not close the gap between looking and
        # reading, but no loop goes on over a file that is gone.
        if os.fstat(self._descriptor).st_size < self._size:
            raise RecordError(f"{self.uri}: the file has become shorter than the {self._size} bytes it had")
        damaged = partial(self._damaged, record, start)
        offset = start
        while True:
            available = self._size - offset - PART_HEAD.size
            if available < 0:
                raise damaged(offset, f"the file ends {self._size - offset} bytes into a part's head")
            magic, word = PART_HEAD.unpack_from(view, offset)
            if magic != MAGIC:
                raise damaged(offset, f"no magic number there but {magic.hex()}")
            flag, length = word >> LENGTH_BITS, word & LENGTH_MASK
            if flag > LAST:
                raise damaged(offset, f"unknown part flag {flag}")
            if (flag in (WHOLE, FIRST)) != (offset == start):
                wrong = "with a middle or last part" if offset == start else "inside another"
                raise damaged(offset, f"a record begins {wrong}")
            padded = length + (-length & 3)
            if padded > available:
                raise damaged(offset, f"the part claims {padded} bytes, the file has {available} more")
            at = offset + PART_HEAD.size
            offset = at + padded
            yield view[at : at + length], offset
            if flag in (WHOLE, LAST):
                return

    def _damaged(self, record: int | None, start: int, offset: int, reason: str) -> RecordError:
        place = "record" if record is None else f"record {record}"
        return RecordError(f"{self.uri}: {place} at byte {start}: at byte {offset}: {reason}")
