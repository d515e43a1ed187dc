"""``mx.image``: decoding and resizing of single images, by OpenCV if it is installed, else by Pillow.

Whole data sets are better left to ``headrace.io.ImageRecordIter``, which decodes and augments in the server.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .. import _imagecodec
from ..errors import BadDataError, BadParameterError
from . import nd
from ._unsupported import missing

__all__ = ["imdecode", "imread", "imresize"]

_GRAY, _COLOUR = 0, 1
_NEAREST, _LINEAR, _CUBIC, _AREA, _LANCZOS, _BY_SIZE = 0, 1, 2, 3, 4, 9


def imdecode(buf: Any, flag: int = _COLOUR, to_rgb: bool = True) -> nd.NDArray:
    """An encoded image as height, width and channels array of ``uint8``.

    EXIF orientation is applied.

    Args:
        buf: bytes, or an array of ``uint8``.
        flag: 1 for three channels, 0 for one.
        to_rgb: channels in the order red, green, blue; otherwise blue, green, red.

    Raises:
        BadDataError: the bytes are no image that can be decoded.
        ImportError: neither OpenCV nor Pillow is installed.
    """
    if flag not in (_GRAY, _COLOUR):
        raise BadParameterError(f"flag is {flag!r}, it must be 1 for colour or 0 for gray")
    data = buf.astype(np.uint8, copy=False).tobytes() if isinstance(buf, np.ndarray) else bytes(memoryview(buf))
    decoded = _imagecodec.decode(data, int(flag))
    if decoded is None:
        raise BadDataError(f"{len(data)} bytes are no image that can be decoded, they begin with {data[:8].hex(' ')!r}")
    if flag == _GRAY:
        return nd.view(decoded.reshape(*decoded.shape[:2], 1))
    return nd.view(np.ascontiguousarray(decoded[:, :, ::-1]) if to_rgb else decoded)


def imread(filename: str | os.PathLike[str], flag: int = _COLOUR, to_rgb: bool = True) -> nd.NDArray:
    """``imdecode`` of a file.

    Raises:
        OSError: the file cannot be read.
        BadDataError: it is no image; the message names it.
    """
    with open(filename, "rb") as file:
        data = file.read()
    try:
        return imdecode(data, flag, to_rgb)
    except BadDataError as error:
        raise BadDataError(f"{os.fspath(filename)}: {error}") from None


def imresize(src: Any, w: int, h: int, interp: int = _LINEAR) -> nd.NDArray:
    """An image of height, width and channels in another size.

    Args:
        interp: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 9 cubic to enlarge, area to shrink, else linear. Pillow
            smooths in all but the first when it shrinks, so that its results are not MXNet's.

    Raises:
        BadParameterError: a size or ``interp`` cannot be used.
        ImportError: neither OpenCV nor Pillow is installed.
    """
    image = np.asarray(src)
    if image.ndim != 3 or image.size == 0:
        raise BadParameterError(f"src has the shape {image.shape}, height, width and channels are needed")
    if w < 1 or h < 1:
        raise BadParameterError(f"the size {w} by {h} is not possible")
    if interp == _BY_SIZE:
        height, width = image.shape[:2]
        interp = _CUBIC if h > height and w > width else _AREA if h < height and w < width else _LINEAR
    if interp not in (_NEAREST, _LINEAR, _CUBIC, _AREA, _LANCZOS):
        raise BadParameterError(f"interp is {interp!r}, it must be 0, 1, 2, 3, 4 or 9")
    return nd.view(_imagecodec.resize(image, int(w), int(h), interp))


_INSTEAD = {
    "ImageIter": "use headrace.io.ImageRecordIter",
    "ImageDetIter": "use an iterator of headrace.io",
    "CreateAugmenter": "augmentation is done by the server: use the parameters of headrace.io.ImageRecordIter",
    "resize_short": "use imresize, or `resize=` of headrace.io.ImageRecordIter",
    "fixed_crop": "slice the array",
    "center_crop": "slice the array",
    "random_crop": "slice the array, or use `rand_crop=` of headrace.io.ImageRecordIter",
    "color_normalize": "use (image - mean) / std",
}


def __getattr__(name: str) -> Any:
    augmenter = {name: _INSTEAD["CreateAugmenter"]} if name.endswith("Aug") or name.endswith("Augmenter") else {}
    raise missing(__name__, name, augmenter | _INSTEAD)
