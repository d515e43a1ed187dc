"""Iterator parameters on their way to the server: JSON values, and paths that mean the same in another process."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

# Parameters beside `path_…` that name files. MNISTIter calls its two files `image` and `label`.
_PATH_NAMES = frozenset({"mean_img", "data_csv", "label_csv", "data_libsvm", "label_libsvm", "image", "label"})
# Words that MXNet's readers take in the place of a path.
_NOT_PATHS = frozenset({"", "NULL", "stdin"})


def to_wire(parameters: dict[str, Any], *, absolute_paths: bool) -> dict[str, Any]:
    """Parameters as JSON values; with ``absolute_paths``, relative paths are taken from this process's directory."""
    return {
        name: _absolute(name, value) if absolute_paths and _is_path(name) else _value(value)
        for name, value in parameters.items()
    }


def _is_path(name: str) -> bool:
    return name.startswith("path_") or name in _PATH_NAMES


def _absolute(name: str, value: Any) -> Any:
    """``a.rec;b.rec`` with each path made absolute.

    Only text is added in front: a directory's final slash, a pattern, and the arguments behind ``?`` or ``#`` mean
    something to the reader.
    """
    if not isinstance(value, (str, os.PathLike)):
        return _value(value)
    text = os.fspath(value)
    if not isinstance(text, str):
        text = os.fsdecode(text)
    ends = [at for at in (text.find("?"), text.find("#")) if at >= 0]
    cut = min(ends) if ends else len(text)
    directory = os.getcwd()
    paths = [
        path if path in _NOT_PATHS or "://" in path else os.path.join(directory, path) for path in text[:cut].split(";")
    ]
    return ";".join(paths) + text[cut:]


def _value(value: Any) -> Any:
    """A parameter's value; 2.0 goes as text, for it is no integer to MXNet but may be one to a reader of JSON."""
    plain = _plain(value)
    return str(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _plain(value: Any) -> Any:
    """A JSON value where there is one, else the text that MXNet would have been sent: ``str(value)``."""
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, type):
        # `dtype=np.uint8`, and `dtype=float` as NumPy understands it.
        try:
            return np.dtype(value).name
        except TypeError:
            return str(value)
    return str(value)
