"""Reading in any order, by an index file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import NotFoundError
from ._format import RecordError
from ._sequential import MXRecordIO


class MXIndexedRecordIO(MXRecordIO):
    """A RecordIO file with an index, ``key TAB offset`` a line, for reading records in any order.

    Args:
        idx_path: the index file's path.
        uri: the RecordIO file's path.
        flag: ``"r"`` or ``"w"``.
        key_type: makes a key of its text.

    Raises:
        NotFoundError: a file to read does not exist.
        ValueError: the index is not in that format; the message names the line.
    """

    def __init__(
        self,
        idx_path: str | os.PathLike[str],
        uri: str | os.PathLike[str],
        flag: str,
        key_type: Callable[[str], Any] = int,
    ) -> None:
        self.idx_path = os.fspath(idx_path)
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        self.key_type = key_type
        self.fidx: io.FileIO | None = None
        super().__init__(uri, flag)

    def open(self) -> None:
        super().open()
        self.idx = {}
        self.keys = []
        if self.writable:
            self.fidx = open(self.idx_path, "wb", buffering=0)
        else:
            self._read_index()

    def _reopen(self) -> None:
        super()._reopen()
        if self.writable:
            self.fidx = open(self.idx_path, "ab", buffering=0)

    def _read_index(self) -> None:
        for key, offset in read_index(self.idx_path, self.key_type):
            self.idx[key] = offset
            self.keys.append(key)

    def close(self) -> None:
        super().close()
        if self.fidx is not None:
            self.fidx.close()
            self.fidx = None

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state["fidx"] = None
        return state

    def seek(self, idx: Any) -> None:
        """Goes to the record of a key; in a forked child the file is opened anew first.

        Raises:
            KeyError: there is no such key.
            RecordError: the index gives an offset that no file has.
        """
        assert not self.writable
        self._check_pid(allow_reset=True)
        offset = self.idx[idx]
        if not 0 <= offset < 1 << 63:
            raise RecordError(f"{self.idx_path}: key {idx!r} has the impossible offset {offset}")
        self._file().seek(offset)
        self._offset = offset
        # Which record that is, counted from the beginning, is not known here.
        self._ordinal = None

    def tell(self) -> int:
        """The byte offset at which the next record will be written."""
        assert self.writable
        return self._offset

    def read_idx(self, idx: Any) -> bytes | None:
        """The record of a key; ``read`` then goes on behind it."""
        self.seek(idx)
        return self.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Appends a record under a key."""
        key = self.key_type(idx)
        offset = self.tell()
        self.write(buf)
        assert self.fidx is not None
        self.fidx.write(f"{key}\t{offset}\n".encode())
        self.idx[key] = offset
        self.keys.append(key)


def read_index(path: str, key_type: Callable[[str], Any]) -> Iterator[tuple[Any, int]]:
    """The keys and offsets of an index file, line by line.

    Raises:
        NotFoundError: there is no such file.
        ValueError: a line is not in the format.
    """
    try:
        file = open(path, encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such file") from error
    with file:
        for number, line in enumerate(file, start=1):
            fields = line.strip().split("\t")
            try:
                key, offset = key_type(fields[0]), int(fields[1])
            except (ValueError, IndexError) as error:
                reason = "no tab in it" if isinstance(error, IndexError) else error
                raise ValueError(f"{path}, line {number}: {reason}") from error
            yield key, offset
