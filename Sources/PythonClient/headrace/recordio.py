"""RecordIO files and image records in pure Python; no server is involved.

The format, byte for byte, and the classes are those of MXNet 1.9.1 (``python/mxnet/recordio.py`` and dmlc-core's
``recordio``): a file is a row of parts, each ``magic, flag and length, data, zero padding to 4 bytes``.
"""

from __future__ import annotations

import io
import numbers
import os
import struct
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _imagecodec
from .errors import BadDataError, NotFoundError

__all__ = [
    "IRHeader",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "RecordError",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]

_MAGIC = b"\x0a\x23\xd7\xce"
_PART_HEAD = struct.Struct("<4sI")
_LENGTH_BITS = 29
_LENGTH_MASK = (1 << _LENGTH_BITS) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_READ_BUFFER_BYTES = 1 << 16

_IR_STRUCT = struct.Struct("<IfQQ")


class RecordError(BadDataError, ValueError):
    """A file is not, or no longer, in RecordIO format, or a record is no image record."""


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
            head = file.read(_PART_HEAD.size)
            if not head and not parts:
                return None
            if len(head) < _PART_HEAD.size:
                what = (
                    "inside a record of several parts"
                    if parts and not head
                    else f"{len(head)} bytes into a part's head"
                )
                raise self._damaged(offset, f"the file ends {what}")
            magic, word = _PART_HEAD.unpack(head)
            if magic != _MAGIC:
                raise self._damaged(offset, f"no magic number there but {magic.hex()}")
            flag, length = word >> _LENGTH_BITS, word & _LENGTH_MASK
            if flag > _LAST:
                raise self._damaged(offset, f"unknown part flag {flag}")
            if (flag in (_WHOLE, _FIRST)) != (not parts):
                raise self._damaged(
                    offset,
                    "a record begins inside another" if parts else "a record begins with a middle or last part",
                )
            padded = length + (-length & 3)
            at = offset + _PART_HEAD.size
            # Before reading: a damaged length must not make half a gigabyte be allocated.
            available = os.fstat(file.fileno()).st_size - at
            if padded > available:
                raise self._damaged(offset, f"the part claims {padded} bytes, the file has {max(0, available)} more")
            data = file.read(padded)
            if len(data) < padded:
                raise self._damaged(offset, f"the file ends after {len(data)} of the part's {padded} bytes")
            offset = at + padded
            parts.append(data[:length])
            if flag in (_WHOLE, _LAST):
                break
        self._offset = offset
        if self._ordinal is not None:
            self._ordinal += 1
        return parts[0] if len(parts) == 1 else _MAGIC.join(parts)

    def _damaged(self, offset: int, reason: str) -> RecordError:
        self._file().seek(self._offset)
        place = "record" if self._ordinal is None else f"record {self._ordinal}"
        return RecordError(f"{self.uri}: {place} at byte {self._offset}: at byte {offset}: {reason}")


class MXIndexedRecordIO(MXRecordIO):
    """A RecordIO file with an index, ``key TAB offset`` a line, for reading records in any order.

    Args:
        idx_path: the index file's path.
        uri: the RecordIO file's path.
        flag: ``"r"`` or ``"w"``.
        key_type: makes a key of its text.

    Raises:
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
        with open(self.idx_path, encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                fields = line.strip().split("\t")
                try:
                    key, offset = self.key_type(fields[0]), int(fields[1])
                except (ValueError, IndexError) as error:
                    reason = "no tab in it" if isinstance(error, IndexError) else error
                    raise ValueError(f"{self.idx_path}, line {number}: {reason}") from error
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


def encode_record(buf: bytes) -> bytes:
    """A record's bytes in a file.

    A magic number at a multiple of 4 bytes would look like a record's beginning to a reader that starts in mid-file, so
    the payload is cut there, the number left out, and the parts flagged.

    Raises:
        ValueError: at 2**29 bytes and more.
    """
    if isinstance(buf, str):
        raise TypeError("a record is bytes, not text")
    payload = bytes(buf)
    size = len(payload)
    if size > _LENGTH_MASK:
        raise ValueError(f"a record of {size:,} bytes: RecordIO holds less than {_LENGTH_MASK + 1:,}")
    out = bytearray()
    start = 0
    at = payload.find(_MAGIC)
    while at >= 0:
        if at % 4 == 0:
            flag = _FIRST if start == 0 else _MIDDLE
            out += _PART_HEAD.pack(_MAGIC, flag << _LENGTH_BITS | at - start)
            out += payload[start:at]
            start = at + 4
            at = payload.find(_MAGIC, start)
        else:
            at = payload.find(_MAGIC, at + 1)
    flag = _WHOLE if start == 0 else _LAST
    out += _PART_HEAD.pack(_MAGIC, flag << _LENGTH_BITS | size - start)
    out += payload[start:]
    out += bytes(-(size - start) & 3)
    return bytes(out)


HEADER = namedtuple("HEADER", ["flag", "label", "id", "id2"])
IRHeader = HEADER
"""The header of an image record: ``label`` is a number, or an array of ``flag`` numbers when ``flag`` is not 0."""


def pack(header: Any, s: bytes) -> bytes:
    """An image record's bytes: 24 bytes of header, the labels when they are several, then ``s``.

    The header's own flag does not count: it becomes 0 for a number and the number of labels for an array.

    Raises:
        struct.error: an id is negative or beyond 64 bits.
        ValueError: the label is not numeric.
    """
    _, label, id_, id2 = IRHeader(*header)
    # Out of float32's range means infinity, as a C cast has it.
    with np.errstate(over="ignore"):
        if isinstance(label, numbers.Number):
            return _IR_STRUCT.pack(0, float(np.float32(label)), id_, id2) + s  # type: ignore[arg-type]
        labels = np.asarray(label, dtype="<f4")
    return _IR_STRUCT.pack(labels.size, 0.0, id_, id2) + labels.tobytes() + s


def unpack(s: bytes) -> tuple[Any, bytes]:
    """The header and the rest of an image record.

    Raises:
        RecordError: it is too short for a header or for the labels that the header announces.
    """
    if len(s) < _IR_STRUCT.size:
        raise RecordError(f"an image record has at least {_IR_STRUCT.size} bytes, this one {len(s)}")
    header = IRHeader(*_IR_STRUCT.unpack_from(s))
    rest = s[_IR_STRUCT.size :]
    if header.flag > 0:
        if len(rest) < header.flag * 4:
            raise RecordError(f"the header announces {header.flag} labels, {len(rest)} bytes follow it")
        header = header._replace(label=np.frombuffer(rest, "<f4", header.flag).copy())
        rest = rest[header.flag * 4 :]
    return header, rest


def pack_img(header: Any, img: npt.NDArray[Any], quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Encodes a BGR, BGRA or gray image and packs it. Needs OpenCV or Pillow.

    Args:
        quality: JPEG's quality, 1 to 100, or PNG's compression level, 0 to 9.
        img_fmt: ``.jpg``, ``.jpeg``, ``.png`` or another suffix that the library knows.

    Raises:
        ImportError: neither library is installed.
        ValueError: the image or the format cannot be encoded.
    """
    return pack(header, _imagecodec.encode(img, quality, img_fmt))


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[Any, npt.NDArray[Any] | None]:
    """The header and the decoded image, in BGR order; None for an image that cannot be decoded. Needs OpenCV or Pillow.

    Args:
        iscolor: 1 for colour, 0 for gray, -1 for the file's own channels without applying EXIF orientation.
    """
    header, rest = unpack(s)
    return header, _imagecodec.decode(rest, iscolor)
