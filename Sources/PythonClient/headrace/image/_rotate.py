"""Rotation. Follows MXNet 1.9.1 ``python/mxnet/image/image.py``, ``imrotate``, in results and draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import BadParameterError
from ._pixels import Array, like


def imrotate(src: Any, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False) -> Array:
    """Images turned about their middle, interpolated linearly, with zeros where nothing comes to lie.

    Args:
        src: ``float32`` of channels, height and width, or several of them along a first axis.
        rotation_degrees: counter-clockwise; for several images one number or one for each.
        zoom_in: enlarge so far that the frame has no empty corners.
        zoom_out: shrink so far that the whole image is in the frame.

    Raises:
        BadParameterError: a parameter cannot be used.
    """
    images: Array = np.asarray(src)
    if images.dtype != np.float32:
        raise BadParameterError(f"src is {images.dtype}, imrotate takes float32")
    if zoom_in and zoom_out:
        raise BadParameterError("zoom_in and zoom_out exclude each other")
    if images.ndim not in (3, 4):
        raise BadParameterError(f"src has the shape {images.shape}, channels, height and width are needed")
    degrees = np.asarray(rotation_degrees, np.float64)
    if images.ndim == 3:
        if degrees.ndim > 0:
            raise BadParameterError(f"rotation_degrees is {rotation_degrees!r}, one image needs one number")
        return like(src, _rotated(images, float(degrees), zoom_in, zoom_out))
    if degrees.ndim > 0 and degrees.shape != (len(images),):
        raise BadParameterError(f"rotation_degrees has the shape {degrees.shape} for {len(images)} images")
    turns = np.broadcast_to(degrees, (len(images),))
    turned = [_rotated(image, float(turn), zoom_in, zoom_out) for image, turn in zip(images, turns, strict=True)]
    return like(src, np.stack(turned) if turned else images)


def random_rotate(src: Any, angle_limits: Any, zoom_in: bool = False, zoom_out: bool = False) -> Array:
    """``imrotate`` by degrees between two limits, drawn with ``numpy.random`` for each image."""
    low, high = angle_limits
    return imrotate(src, np.random.uniform(low, high, None if np.ndim(src) == 3 else len(src)), zoom_in, zoom_out)


def _rotated(image: Array, degrees: float, zoom_in: bool, zoom_out: bool) -> Array:
    height, width = image.shape[1:]
    angle = np.float32(np.deg2rad(degrees))
    sine, cosine = np.sin(angle), np.cos(angle)
    middle_x, middle_y = np.float32((width - 1) / 2), np.float32((height - 1) / 2)
    scale = np.float32(_scale(width, height, abs(float(sine)), abs(float(cosine)), zoom_in, zoom_out))
    x = (np.arange(width, dtype=np.float32) - middle_x)[None, :]
    y = (np.arange(height, dtype=np.float32) - middle_y)[:, None]
    return _sampled(image, (x * cosine - y * sine) * scale + middle_x, (x * sine + y * cosine) * scale + middle_y)


def _scale(width: int, height: int, sine: float, cosine: float, zoom_in: bool, zoom_out: bool) -> float:
    """Pixels of the image to one of the result, by the rectangle around the turned frame."""
    around_x = width * cosine + height * sine
    around_y = width * sine + height * cosine
    if zoom_out:
        return max(around_x / width, around_y / height)
    if zoom_in:
        return min(width / around_x, height / around_y)
    return 1.0


def _sampled(image: Array, x: Array, y: Array) -> Array:
    """The image at places between its pixels; pixels beyond its edges count as zeros."""
    height, width = image.shape[1:]
    left, top = np.floor(x), np.floor(y)
    result = np.zeros((image.shape[0], *x.shape), np.float32)
    for line in (top, top + 1):
        for place in (left, left + 1):
            weight = (1 - np.abs(x - place)) * (1 - np.abs(y - line))
            inside = (place >= 0) & (place <= width - 1) & (line >= 0) & (line <= height - 1)
            rows = np.clip(line, 0, height - 1).astype(np.intp)
            columns = np.clip(place, 0, width - 1).astype(np.intp)
            result += image[:, rows, columns] * np.where(inside, weight, np.float32(0))
    return result
