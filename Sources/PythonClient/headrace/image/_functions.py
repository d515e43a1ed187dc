"""Functions on single images. Follows MXNet 1.9.1 ``python/mxnet/image/image.py`` in names, results and draws."""

from __future__ import annotations

import math
import os
import random
from typing import Any

import numpy as np

from .. import _imagecodec
from ..errors import BadDataError, BadParameterError
from ._pixels import CUBIC, Array, Size, floats, like, pair, picture, resized

_GRAY, _COLOUR = 0, 1
_LINEAR = 1
_CONSTANT, _REPLICATE, _REFLECT, _WRAP, _REFLECT_101 = range(5)
_CROP_ATTEMPTS = 10


def imdecode(buf: Any, flag: int = _COLOUR, to_rgb: bool = True) -> Array:
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
        return decoded.reshape(*decoded.shape[:2], 1)
    return np.ascontiguousarray(decoded[:, :, ::-1]) if to_rgb else decoded


def imread(filename: str | os.PathLike[str], flag: int = _COLOUR, to_rgb: bool = True) -> Array:
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


def imresize(src: Any, w: int, h: int, interp: int = _LINEAR) -> Array:
    """An image of height, width and channels in another size, to the byte as MXNet and OpenCV resize it.

    Args:
        src: of ``uint8``, ``float32`` or ``float64``.
        interp: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 9 cubic to enlarge, area to shrink, else linear, 10 one
            of the first five at random.

    Raises:
        BadParameterError: the image, the size or ``interp`` cannot be used.
    """
    return resized(src, pair("the size", (w, h)), interp)


def copyMakeBorder(
    src: Any, top: int, bot: int, left: int, right: int, type: int = _CONSTANT, value: float = 0.0, values: Any = None
) -> Array:
    """An image with a border around it.

    Args:
        top, bot, left, right: pixels, 0 or more.
        type: 0 one colour, 1 the edge's pixels, 2 mirrored with the edge (``ba|abc``), 3 from the other side,
            4 mirrored without the edge (``cb|abc``).
        value, values: the colour: one number for all channels, or one for each.

    Raises:
        BadParameterError: one of them cannot be used.
    """
    image = picture(src)
    margins = (top, bot, left, right)
    if min(margins) < 0:
        raise BadParameterError(f"the margins are {margins}, they must be 0 or more")
    if type not in range(5):
        raise BadParameterError(f"type is {type!r}, it must be 0, 1, 2, 3 or 4")
    height, width, channels = image.shape
    if type == _CONSTANT:
        colour = np.asarray(value if values is None else values)
        if colour.ndim > 0 and colour.size < channels:
            raise BadParameterError(f"values has {colour.size} numbers for {channels} channels")
        bordered = np.empty((top + height + bot, left + width + right, channels), image.dtype)
        bordered[:] = colour.reshape(-1)[:channels] if colour.ndim > 0 else colour
        bordered[top : top + height, left : left + width] = image
        return like(src, bordered)
    lines, places = _border_sources(height, top, bot, type), _border_sources(width, left, right, type)
    return like(src, image[lines[:, None], places[None, :]])


def _border_sources(count: int, before: int, after: int, kind: int) -> Any:
    """For each position of an axis with its border, the position that it is copied from."""
    positions = np.arange(-before, count + after)
    if kind == _REPLICATE:
        return np.clip(positions, 0, count - 1)
    if kind == _WRAP:
        return positions % count
    # There and back again; without the edge, both ends are passed once.
    turn = count - 1 if kind == _REFLECT_101 else count
    folded = positions % max(2 * turn, 1)
    return np.where(folded < count, folded, 2 * turn - folded - (0 if kind == _REFLECT_101 else 1))


def scale_down(src_size: Any, size: Any) -> Size:
    """A (width, height) made small enough to lie in another one, with its proportions."""
    (limit_width, limit_height), (width, height) = src_size, size
    if limit_height < height:
        width, height = width * limit_height / height, limit_height
    if limit_width < width:
        width, height = limit_width, height * limit_width / width
    return int(width), int(height)


def resize_short(src: Any, size: int, interp: int = CUBIC) -> Array:
    """The image with its shorter side resized to ``size`` pixels, and its proportions."""
    height, width = picture(src).shape[:2]
    new = (size, size * height // width) if height > width else (size * width // height, size)
    return resized(src, pair("the size", new), interp)


def fixed_crop(src: Any, x0: int, y0: int, w: int, h: int, size: Any = None, interp: int = CUBIC) -> Array:
    """The rectangle of width ``w`` and height ``h`` at ``(x0, y0)``, resized to ``size`` if that is given and another.

    Raises:
        BadParameterError: the rectangle is empty or not inside the image.
    """
    image = picture(src)
    height, width = image.shape[:2]
    if not (0 <= x0 and 0 <= y0 and 0 < w <= width - x0 and 0 < h <= height - y0):
        raise BadParameterError(f"{w} by {h} pixels at ({x0}, {y0}) are not inside an image of {width} by {height}")
    cut = like(src, image[y0 : y0 + h, x0 : x0 + w])
    if size is None or (w, h) == tuple(size):
        return cut
    return resized(cut, pair("size", size), interp)


def random_crop(src: Any, size: Any, interp: int = CUBIC) -> tuple[Array, tuple[int, int, int, int]]:
    """``size`` pixels from anywhere in the image, or as many of that shape as it has, resized to ``size``.

    Returns:
        The crop, and where it was: ``(x0, y0, width, height)``.
    """
    height, width = picture(src).shape[:2]
    new_width, new_height = _fitting(size, width, height)
    x0 = random.randint(0, width - new_width)
    y0 = random.randint(0, height - new_height)
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def center_crop(src: Any, size: Any, interp: int = CUBIC) -> tuple[Array, tuple[int, int, int, int]]:
    """As ``random_crop``, from the middle."""
    height, width = picture(src).shape[:2]
    new_width, new_height = _fitting(size, width, height)
    x0, y0 = (width - new_width) // 2, (height - new_height) // 2
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def _fitting(size: Any, width: int, height: int) -> Size:
    """``scale_down``, leaving one pixel at least."""
    new_width, new_height = scale_down((width, height), pair("size", size))
    return max(new_width, 1), max(new_height, 1)


def random_size_crop(
    src: Any, size: Any, area: Any, ratio: Any, interp: int = CUBIC
) -> tuple[Array, tuple[int, int, int, int]]:
    """A rectangle of random area and proportions from anywhere in the image, resized to ``size``.

    Ten attempts are made to find one that fits; then it is ``center_crop``.

    Args:
        area: from and to, as parts of the image's area; a number is the former, with 1 as the latter.
        ratio: from and to, width / height; evenly distributed in its logarithm.

    Returns:
        The crop, and where it was: ``(x0, y0, width, height)``.
    """
    height, width = picture(src).shape[:2]
    area = ends("area", area, upper=1.0, zero=True)
    ratio = ends("ratio", ratio)
    for _ in range(_CROP_ATTEMPTS):
        pixels = random.uniform(*area) * (width * height)
        shape = math.exp(random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        new_width, new_height = round(math.sqrt(pixels * shape)), round(math.sqrt(pixels / shape))
        if 0 < new_width <= width and 0 < new_height <= height:
            x0 = random.randint(0, width - new_width)
            y0 = random.randint(0, height - new_height)
            return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)
    return center_crop(src, size, interp)


def ends(name: str, value: Any, *, upper: float | None = None, zero: bool = False) -> tuple[float, float]:
    """The two ends of a range of numbers above 0; of a single number, ``upper`` or else itself is the other end.

    Args:
        zero: the range may begin at 0.
    """
    try:
        low, high = value if hasattr(value, "__len__") else (value, value if upper is None else upper)
        low, high = float(low), float(high)
    except (TypeError, ValueError):
        raise BadParameterError(f"{name} is {value!r}, it must be a number or two") from None
    if not (low > 0 or (zero and low == 0)) or not low <= high < math.inf or high <= 0:
        raise BadParameterError(f"{name} is {value!r}, it must be above 0 and the first number not above the second")
    return low, high


def color_normalize(src: Any, mean: Any, std: Any = None) -> Array:
    """``(src - mean) / std``, either of which may be None; whole numbers become ``float32``.

    Unlike MXNet's it leaves ``src`` as it is.
    """
    image = floats(src)
    if mean is not None:
        image = image - np.asarray(mean, image.dtype)
    if std is not None:
        image = image / np.asarray(std, image.dtype)
    return image
