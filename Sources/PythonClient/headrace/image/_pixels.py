"""What functions and augmenters share: their arrays, and which kernel an ``interp`` means."""

from __future__ import annotations

import operator
import random
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _resize
from ..errors import BadParameterError

Array = npt.NDArray[Any]
# Width and height, the order in which MXNet takes sizes.
Size = tuple[int, int]

BY_SIZE, RANDOM = 9, 10
CUBIC = _resize.CUBIC


def picture(src: Any) -> Array:
    """An image as a plain array of height, width and channels.

    Raises:
        BadParameterError: it is none, or it is empty.
    """
    image: Array = np.asarray(src)
    if image.ndim != 3 or image.size == 0:
        raise BadParameterError(f"src has the shape {image.shape}, height, width and channels are needed")
    return image


def like(src: Any, image: Array) -> Array:
    """The image in the array class of ``src``, so that NDArrays stay NDArrays."""
    return image.view(type(src)) if isinstance(src, np.ndarray) and type(image) is not type(src) else image


def floats(src: Any) -> Array:
    """The image in its own type if that has fractions, else as ``float32``."""
    image: Array = src if isinstance(src, np.ndarray) else np.asarray(src)
    return image if np.issubdtype(image.dtype, np.floating) else image.astype(np.float32)


def pair(name: str, value: Any) -> Size:
    """Two whole numbers of pixels, 1 or more."""
    try:
        first, second = (operator.index(number) for number in value)
    except (TypeError, ValueError):
        raise BadParameterError(f"{name} is {value!r}, it must be (width, height)") from None
    if first < 1 or second < 1:
        raise BadParameterError(f"{name} is {value!r}, both must be 1 or more")
    return first, second


def check_interp(interp: Any) -> None:
    """Raises BadParameterError for a kernel that is none."""
    if interp not in (*range(5), BY_SIZE, RANDOM):
        raise BadParameterError(
            f"interp is {interp!r}, it must be 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 9 by size or 10 random"
        )


def kernel(interp: int, old: Size, new: Size) -> int:
    """The kernel that ``interp`` means when an image of one size becomes one of another; drawn when it is 10."""
    check_interp(interp)
    if interp == RANDOM:
        return random.randint(_resize.NEAREST, _resize.LANCZOS)
    if interp != BY_SIZE:
        return int(interp)
    if new[0] > old[0] and new[1] > old[1]:
        return _resize.CUBIC
    if new[0] < old[0] and new[1] < old[1]:
        return _resize.AREA
    return _resize.LINEAR


def resized(src: Any, size: Size, interp: int) -> Array:
    """The image in a size, in the array class of ``src``; ``interp`` is chosen or drawn even if it has that size."""
    image = picture(src)
    chosen = kernel(interp, (image.shape[1], image.shape[0]), size)
    try:
        return like(src, _resize.resize(image, *size, chosen))
    except TypeError as error:
        raise BadParameterError(str(error)) from None
