"""Resizing of images in NumPy, with OpenCV's arithmetic: the same bytes as MXNet, and as the server.

8-bit images are computed in the fixed-point numbers of OpenCV 3.4 ``modules/imgproc/src/resize.cpp``, rounding by
rounding. Images of floats are computed in their own type, in the same order of operations.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
# Indices of source positions, one row a tap and one column a target position.
Positions = npt.NDArray[np.intp]

NEAREST, LINEAR, CUBIC, AREA, LANCZOS = range(5)
_FIRST_TAP = {LINEAR: 0, CUBIC: -1, LANCZOS: -3}
# Weights of 8-bit images are multiples of 1/2048.
_WEIGHT_BITS = 11
_WEIGHT_ONE = 1 << _WEIGHT_BITS
# Lines that are computed together: numbers in between then stay in the processor's cache, and are few for any image.
_BLOCK_LINES = 32
_EPSILON = float(np.finfo(np.float64).eps)


class _Axis(NamedTuple):
    """Which source positions make each target position, and their weights as ``float32``; both with a row a tap."""

    positions: Positions
    weights: npt.NDArray[np.float32]


def resize(image: Array, width: int, height: int, interpolation: int) -> Array:
    """An image in another size, as a new array.

    Args:
        image: of height, width and any number of channels, not empty, of ``uint8``, ``float32`` or ``float64``.
        width, height: 1 or more pixels.
        interpolation: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos over eight pixels a side.

    Raises:
        TypeError: the pixels are of another type.
    """
    if image.dtype not in (np.uint8, np.float32, np.float64):
        raise TypeError(f"images of {image.dtype} cannot be resized, those of uint8, float32 and float64 can")
    rows, columns, channels = image.shape
    if (columns, rows) == (width, height):
        same: Array = image.copy()
        return same
    factor_x, factor_y = _factor(columns, width), _factor(rows, height)
    whole = _is_whole(factor_x) and _is_whole(factor_y)
    block = (round(factor_y), round(factor_x)) if whole else (0, 0)
    if interpolation == NEAREST:
        return image[_nearest(rows, height)].take(_nearest(columns, width), axis=1)
    if whole and (interpolation == AREA or (interpolation == LINEAR and block == (2, 2))):
        return _blocks(image, width, height, block, 1 / (factor_x * factor_y))
    if interpolation == AREA and factor_x >= 1 and factor_y >= 1:
        horizontal, vertical = _cell_axis(columns, width), _cell_axis(rows, height)
        of_bytes = _cells_of_bytes
    else:
        # The area kernel enlarges linearly, with fractions of its own.
        make = _area_axis if interpolation == AREA else functools.partial(_tap_axis, kernel=interpolation)
        horizontal, vertical = make(columns, width, horizontal=True), make(rows, height, horizontal=False)
        of_bytes = _taps_of_bytes
    compute = of_bytes if image.dtype == np.uint8 else _in_floats
    # NumPy is quick along long axes only, so a row's values lie along one.
    lines, across = image.reshape(rows, -1), _by_channel(horizontal, channels)
    result = np.empty((height, width * channels), image.dtype)
    for start in range(0, height, _BLOCK_LINES):
        block_lines = slice(start, start + _BLOCK_LINES)
        positions = vertical.positions[:, block_lines]
        first, last = positions.min(), positions.max()
        part = _Axis(positions - first, vertical.weights[:, block_lines])
        result[block_lines] = compute(lines[first : last + 1], across, part)
    return result.reshape(height, width, channels)


def _by_channel(axis: _Axis, channels: int) -> _Axis:
    """An axis of pixels as one of values."""
    positions = axis.positions[:, :, None] * channels + np.arange(channels)
    return _Axis(positions.reshape(len(positions), -1), np.repeat(axis.weights, channels, axis=1))


def _factor(source: int, target: int) -> float:
    """Source positions to a target position, rounded as OpenCV does."""
    return 1 / (target / source)


def _is_whole(factor: float) -> bool:
    return factor >= 1 and abs(factor - round(factor)) < _EPSILON


@functools.lru_cache(maxsize=128)
def _nearest(source: int, target: int) -> Positions:
    places: Positions = np.floor(np.arange(target) * _factor(source, target)).astype(np.intp)
    return np.minimum(places, source - 1)


@functools.lru_cache(maxsize=128)
def _tap_axis(source: int, target: int, *, kernel: int, horizontal: bool) -> _Axis:
    centres = ((np.arange(target) + 0.5) * _factor(source, target) - 0.5).astype(np.float32)
    floors = np.floor(centres)
    return _axis(floors.astype(np.intp), centres - floors, source, kernel, horizontal=horizontal)


@functools.lru_cache(maxsize=128)
def _area_axis(source: int, target: int, *, horizontal: bool) -> _Axis:
    targets = np.arange(target)
    places = np.floor(targets * _factor(source, target)).astype(np.intp)
    fractions = ((targets + 1) - (places + 1) * (target / source)).astype(np.float32)
    fractions = np.where(fractions <= 0, np.float32(0), fractions - np.floor(fractions))
    return _axis(places, fractions, source, LINEAR, horizontal=horizontal)


def _axis(
    places: Positions, fractions: npt.NDArray[np.float32], source: int, kernel: int, *, horizontal: bool
) -> _Axis:
    if kernel == LINEAR and horizontal:
        # At the edges the fraction is dropped, along rows only.
        outside = (places < 0) | (places >= source - 1)
        fractions = np.where(outside, np.float32(0), fractions)
    weights = {LINEAR: _linear_weights, CUBIC: _cubic_weights, LANCZOS: _lanczos_weights}[kernel](fractions)
    taps = np.arange(len(weights))[:, None] + (places + _FIRST_TAP[kernel])[None, :]
    return _Axis(np.clip(taps, 0, source - 1), weights)


def _linear_weights(t: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.stack([1 - t, t])


def _cubic_weights(t: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Keys' cubic with A = -0.75, at -1, 0, 1 and 2."""
    a = np.float32(-0.75)
    first = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a
    second = ((a + 2) * t - (a + 3)) * t * t + 1
    u = 1 - t
    third = ((a + 2) * u - (a + 3)) * u * u + 1
    return np.stack([first, second, third, 1 - first - second - third])


def _lanczos_weights(t: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The windowed sinc at -3 … 4."""
    q = math.sqrt(0.5)
    # sin and cos of a place from those of the first one, turned by eighths.
    turns = [(1.0, 0.0), (-q, -q), (0.0, 1.0), (q, -q), (-1.0, 0.0), (q, q), (0.0, -1.0), (-q, q)]
    weights = np.zeros((8, len(t)), np.float32)
    for position, fraction in enumerate(t):
        if fraction <= np.finfo(np.float32).eps:
            # There t + 3 rounds to 3, and a weight would be 0 / 0.
            weights[3, position] = 1
            continue
        angle = -float(fraction + np.float32(3)) * math.pi * 0.25
        sine, cosine = math.sin(angle), math.cos(angle)
        total = np.float32(0)
        for tap, (of_sine, of_cosine) in enumerate(turns):
            y = -float(fraction + np.float32(3) - np.float32(tap)) * math.pi * 0.25
            weights[tap, position] = (of_sine * sine + of_cosine * cosine) / (y * y)
            total += weights[tap, position]
        weights[:, position] *= np.float32(1) / total
    return weights


@functools.lru_cache(maxsize=128)
def _cell_axis(source: int, target: int) -> _Axis:
    """Shrinking by area: the source positions that each target position covers, the first and last of them in part.

    Positions with fewer entries than others are filled up with entries of no weight, for their last source position.
    """
    factor = _factor(source, target)
    entries: list[list[tuple[int, float]]] = []
    for index in range(target):
        begin = index * factor
        end = begin + factor
        width = min(factor, source - begin)
        last = min(math.floor(end), source - 1)
        first = min(math.ceil(begin), last)
        covered = [(place, 1 / width) for place in range(first, last)]
        if first - begin > 1e-3:
            covered.insert(0, (first - 1, (first - begin) / width))
        if end - last > 1e-3:
            covered.append((last, min(end - last, 1, width) / width))
        entries.append(covered)
    count = max(map(len, entries))
    positions = np.array([[covered[-1][0] for covered in entries]] * count, np.intp)
    weights = np.zeros((count, target), np.float32)
    for index, covered in enumerate(entries):
        for tap, (place, weight) in enumerate(covered):
            positions[tap, index], weights[tap, index] = place, weight
    return _Axis(positions, weights)


def _blocks(image: Array, width: int, height: int, block: tuple[int, int], share: float) -> Array:
    """Shrinking by whole numbers: the mean of each block."""
    lines, places = block
    cut = image[: height * lines, : width * places]
    if image.dtype != np.uint8:
        return _blocks_of_floats(cut.reshape(height, lines, width, places, -1), share)
    columns = cut.reshape(height, lines, width * places, -1).sum(axis=1, dtype=np.int64)
    sums = columns.reshape(height, width, places, -1).sum(axis=2)
    if block == (2, 2):
        # Blocks of four are rounded up in the middle, all others to even.
        halves_up: Array = ((sums + 2) >> 2).astype(np.uint8)
        return halves_up
    return _rounded_bytes(sums.astype(np.float32) * np.float32(share))


def _blocks_of_floats(tall: Array, share: float) -> Array:
    """The means of blocks along the axes 1 and 3, added up four values at a time, for the order decides the last bit."""
    height, lines, width, places, channels = tall.shape
    values = tall.transpose(1, 3, 0, 2, 4).reshape(lines * places, height, width, channels)
    end = len(values) // 4 * 4
    fours = values[0:end:4] + values[1:end:4] + values[2:end:4] + values[3:end:4]
    total = np.zeros((height, width, channels), tall.dtype)
    for part in (*fours, *values[end:]):
        total += part
    return np.asarray(total * tall.dtype.type(share), tall.dtype)


def _cells_of_bytes(lines: Array, horizontal: _Axis, vertical: _Axis) -> Array:
    return _rounded_bytes(_in_floats(lines, horizontal, vertical))


def _taps_of_bytes(lines: Array, horizontal: _Axis, vertical: _Axis) -> Array:
    across, down = _fixed_point(horizontal.weights), _fixed_point(vertical.weights)
    reduced = np.zeros((len(lines), across.shape[1]), np.int32)
    for places, weights in zip(horizontal.positions, across, strict=True):
        reduced += lines[:, places] * weights
    if len(down) == 2:
        reduced >>= 4
        upper, lower = (
            (reduced[rows] * weights[:, None]) >> 16 for rows, weights in zip(vertical.positions, down, strict=True)
        )
        blend: Array = ((upper + lower + 2) >> 2).astype(np.uint8)
        return blend
    # Cubic rows are combined in `float32` as far as whole vectors of eight values reach, the rest in integers.
    reach = across.shape[1] // 8 * 8 if len(down) == 4 else 0
    result = np.empty((down.shape[1], across.shape[1]), np.uint8)
    floats = np.zeros((len(result), reach), np.float32)
    sums = np.full((len(result), across.shape[1] - reach), 1 << (2 * _WEIGHT_BITS - 1), np.int32)
    unit = np.float32(1 / (1 << (2 * _WEIGHT_BITS)))
    for rows, weights in zip(vertical.positions, down, strict=True):
        floats += reduced[rows, :reach].astype(np.float32) * (weights.astype(np.float32) * unit)[:, None]
        sums += reduced[rows, reach:] * weights[:, None]
    result[:, :reach] = _rounded_bytes(floats)
    result[:, reach:] = np.clip(sums >> (2 * _WEIGHT_BITS), 0, 255)
    return result


def _in_floats(lines: Array, horizontal: _Axis, vertical: _Axis) -> Array:
    """In ``float64`` if the image is. The order of the additions decides the last bit."""
    kind: Any = np.float64 if lines.dtype == np.float64 else np.float32
    across, down = horizontal.weights.astype(kind), vertical.weights.astype(kind)
    reduced = np.zeros((len(lines), across.shape[1]), kind)
    for places, weights in zip(horizontal.positions, across, strict=True):
        reduced += lines[:, places] * weights
    result = np.zeros((down.shape[1], reduced.shape[1]), kind)
    for rows, weights in zip(vertical.positions, down, strict=True):
        result += reduced[rows] * weights[:, None]
    return result


def _fixed_point(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    fixed: npt.NDArray[np.int32] = np.rint(weights * np.float32(_WEIGHT_ONE)).astype(np.int32)
    return fixed


def _rounded_bytes(values: Array) -> Array:
    """To the nearest whole number, half to even, within 0 … 255."""
    rounded: Array = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return rounded
