"""Reading and writing from beginning to end."""

from __future__ import annotations

import os
from typing import Any

from ..errors import NotFoundError
from ._format import FIRST, LAST, LENGTH_BITS, LENGTH_MASK, MAGIC, PART_HEAD, WHOLE, RecordError, encode_record

_READ_BUFFER_BYTES = 1 << 16


class MXRecordIO:
    """Reads or writes a RecordIO file from beginning to end.

    Args:
        uri: the file's path.
        flag: ``"r"`` or ``"w"``.

    Raises:
        ValueError: for any other flag.
        NotFoundError: there is no such file to read.
    """

    def __init__(self, uri: str | os.PathLike[str], flag: str) -> None:
        self.uri = os.fspath(uri)
        self.flag = flag
        self.pid: int | None = None
        self.is_open = False
        self.writable = False
        self.record: Any = None
        # Start of the next record when reading, end of the last one when writing.
        self._offset = 0
        # Number of the next record, None after a seek.
        self._ordinal: int | None = None
        self.open()

    def open(self) -> None:
        """Opens the file at its beginning; a file to write is emptied."""
        if self.flag not in ("w", "r"):
            raise ValueError(f"Invalid flag {self.flag!r}: it must be 'r' or 'w'")
        self._open_record("wb" if self.flag == "w" else "rb")

    def _open_record(self, mode: str) -> None:
        self.writable = self.flag == "w"
        try:
            if self.writable:
                # Unbuffered: a buffer would be written a second time by a forked child.
                self.record = open(self.uri, mode, buffering=0)
            else:
                self.record = open(self.uri, "rb", buffering=_READ_BUFFER_BYTES)
        except FileNotFoundError as error:
            raise NotFoundError(f"{self.uri}: no such file") from error
        self.pid = os.getpid()
        self._offset = 0
        self._ordinal = 0
        self.is_open = True

    def close(self) -> None:
        """Closes the file. May be called twice."""
        if not self.is_open:
            return
        self.record.close()
        self.record = None
        self.is_open = False
        self.pid = None

    def reset(self) -> None:
        """Starts again at the beginning; a file being written is emptied."""
        self.close()
        self.open()

    def __del__(self) -> None:
        if getattr(self, "is_open", False):
            self.close()

    def __enter__(self) -> MXRecordIO:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state["record"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Opens the file again: a reader at its beginning, a writer behind what is there, which MXNet would delete."""
        self.__dict__.update(state)
        if self.is_open:
            self._reopen()

    def _reopen(self) -> None:
        self._open_record("ab" if self.flag == "w" else "rb")
        if self.writable:
            self._offset = self.record.seek(0, os.SEEK_END)

    def _check_pid(self, allow_reset: bool = False) -> None:
        """A file position is shared with the process this one was forked from, so using it would disturb both."""
        if self.pid != os.getpid():
            if not allow_reset:
                raise RuntimeError("Forbidden operation in multiple processes")
            self.reset()

    def _file(self) -> Any:
        if self.record is None:
            raise ValueError(f"{self.uri}: the file is closed")
        return self.record

    def write(self, buf: bytes) -> None:
        """Appends a record.

        Raises:
            ValueError: at 2**29 bytes and more, which the format cannot hold.
        """
        assert self.writable
        file = self._file()
        self._check_pid()
        data = encode_record(buf)
        view = memoryview(data)
        while len(view) > 0:
            count = file.write(view)
            view = view[count:]
            self._offset += count

    def read(self) -> bytes | None:
        """The next record, or None at the end of the file.

        Raises:
            RecordError: the file is damaged or cut off here; the message says where and how. The position stays at the
                damaged record.
        """
        assert not self.writable
        file = self._file()
        self._check_pid()
        offset = self._offset
        parts: list[bytes] = []
        while True:
            head = file.read(PART_HEAD.size)
            if not head and not parts:
                return None
            if len(head) < PART_HEAD.size:
                what = (
                    "inside a record of several parts"
                    if parts and not head
                    else f"{len(head)} bytes into a part's head"
                )
                raise self._damaged(offset, f"the file ends {what}")
            magic, word = PART_HEAD.unpack(head)
            if magic != MAGIC:
                raise self._damaged(offset, f"no magic number there but {magic.hex()}")
            flag, length = word >> LENGTH_BITS, word & LENGTH_MASK
            if flag > LAST:
                raise self._damaged(offset, f"unknown part flag {flag}")
            if (flag in (WHOLE, FIRST)) != (not parts):
                raise self._damaged(
                    offset,
                    "a record begins inside another" if parts else "a record begins with a middle or last part",
                )
            padded = length + (-length & 3)
            at = offset + PART_HEAD.size
            # Before reading: a damaged length must not make half a gigabyte be allocated.
            available = os.fstat(file.fileno()).st_size - at
            if padded > available:
                raise self._damaged(offset, f"the part claims {padded} bytes, the file has {max(0, available)} more")
            data = file.read(padded)
            if len(data) < padded:
                raise self._damaged(offset, f"the file ends after {len(data)} of the part's {padded} bytes")
            offset = at + padded
            parts.append(data[:length])
            if flag in (WHOLE, LAST):
                break
        self._offset = offset
        if self._ordinal is not None:
            self._ordinal += 1
        return parts[0] if len(parts) == 1 else MAGIC.join(parts)

    def _damaged(self, offset: int, reason: str) -> RecordError:
        self._file().seek(self._offset)
        place = "record" if self._ordinal is None else f"record {self._ordinal}"
        return RecordError(f"{self.uri}: {place} at byte {self._offset}: at byte {offset}: {reason}")
