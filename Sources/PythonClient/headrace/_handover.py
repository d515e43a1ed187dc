"""Arrays that go to the server: from a parameter's value to what travels."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ._wire import CONTROL_PAYLOAD_LIMIT
from .errors import BadParameterError

# What a list may take of the message that opens a stream; the rest is for all other parameters.
_LIST_LIMIT = CONTROL_PAYLOAD_LIMIT - (64 << 10)
_DTYPES = frozenset("bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 bfloat16 float32 float64".split())


class HandedArray:
    """An array under the name that a stream's parameters have for it.

    On this machine its elements are copied once, into a sealed memory file that the server maps; the array itself is
    then not needed any more. Over TCP they are sent anew on every connection, so the array must not change while the
    stream is in use: the server would notice other data.
    """

    def __init__(self, name: str, array: npt.NDArray[Any]) -> None:
        self.name = name
        self.shape = array.shape
        self.dtype = array.dtype.name
        self.nbytes = array.nbytes
        self._array: npt.NDArray[Any] | None = array
        self._file: int | None = None

    def message(self, via: str) -> dict[str, Any]:
        """The members of ATTACH."""
        return {
            "name": self.name,
            "dtype": self.dtype,
            "shape": list(self.shape),
            "order": "C",
            "bytes": self.nbytes,
            "via": via,
        }

    def elements(self) -> memoryview:
        """The elements' bytes in C order, little-endian."""
        if self._array is None:
            # They are in the file alone.
            assert self._file is not None
            array: npt.NDArray[Any] = np.fromfile(f"/proc/self/fd/{self._file}", np.uint8)
        else:
            array = _plain(self._array).reshape(-1).view(np.uint8)
        return array.data

    def file(self) -> int | None:
        """A descriptor of the sealed memory file; None where the system has none to give."""
        if self._file is None:
            with contextlib.suppress(OSError, AttributeError):
                self._file = self._sealed_file()
                self._array = None
        return self._file

    def _sealed_file(self) -> int:
        file = os.memfd_create(f"headrace-{self.name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            # Written, not mapped and filled: a file with a writable mapping cannot be sealed, and one with holes is
            # not served.
            rest = self.elements()
            while rest:
                rest = rest[os.write(file, rest) :]
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
        except BaseException:
            os.close(file)
            raise
        return file

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def _plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array itself when its elements lie in C order and are little-endian, else a copy that is so."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def take(parameters: dict[str, Any]) -> tuple[dict[str, Any], list[HandedArray]]:
    """Takes ``data`` and ``label`` out of NDArrayIter's parameters: their values for the wire, and the arrays in them.

    A path is made absolute, a dict becomes a list of pairs, and whatever is neither path nor collection is an array.

    Raises:
        BadParameterError: something is no array, or of a type that cannot be served.
    """
    arrays: list[HandedArray] = []

    def reference(value: Any, what: str) -> str:
        if isinstance(value, (str, os.PathLike)):
            return _absolute(value)
        arrays.append(HandedArray(f"a{len(arrays)}", _array(value, what)))
        return f"array:{arrays[-1].name}"

    result: dict[str, Any] = {}
    for parameter in ("data", "label"):
        value = parameters.pop(parameter, None)
        if value is None:
            continue
        if isinstance(value, Mapping):
            for name in value:
                if not isinstance(name, str):
                    raise BadParameterError(f"{parameter}: the name {name!r} is not text")
            result[parameter] = [[name, reference(each, f"{parameter} {name!r}")] for name, each in value.items()]
        elif isinstance(value, (list, tuple)):
            result[parameter] = [reference(each, f"{parameter}, array {i}") for i, each in enumerate(value)]
        else:
            result[parameter] = reference(value, parameter)
    return result, arrays


def take_long_list(values: dict[str, Any]) -> list[HandedArray]:
    """Takes a list of images that no message holds out of parameters for the wire; its text goes as an array instead."""
    images = values.get("imglist")
    if not isinstance(images, list):
        return []
    # No image takes less than eight bytes, so that a list need not be written twice to know that it is long.
    if len(images) * 8 <= _LIST_LIMIT and len(json.dumps(images)) <= _LIST_LIMIT:
        return []
    text = json.dumps(images, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")
    array = HandedArray("imglist", np.frombuffer(text, np.uint8))
    values["imglist"] = f"array:{array.name}"
    return [array]


def is_path(value: Any) -> bool:
    """Whether a value of ``data`` or ``label`` names files, or has one that does in it."""
    if isinstance(value, (str, os.PathLike)):
        return True
    if isinstance(value, Mapping):
        value = list(value.values())
    return isinstance(value, (list, tuple)) and any(isinstance(each, (str, os.PathLike)) for each in value)


def _absolute(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    return text if "://" in text else os.path.join(os.getcwd(), text)


def _array(value: Any, what: str) -> npt.NDArray[Any]:
    if hasattr(value, "indptr"):
        raise BadParameterError(
            f"{what} is sparse, which the server does not take",
            hint="use toarray(), or NDArrayIter without a server",
        )
    try:
        array = np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)
    except (TypeError, ValueError) as error:
        raise BadParameterError(f"{what} is {type(value).__name__}, which is no array: {error}") from error
    if array.dtype.name not in _DTYPES:
        raise BadParameterError(
            f"{what} is {type(value).__name__} of {array.dtype}, which the server does not take",
            hint=f"it takes {', '.join(sorted(_DTYPES))}",
        )
    return array
