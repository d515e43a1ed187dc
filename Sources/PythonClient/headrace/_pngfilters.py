"""PNG's filters: each byte as its difference to a guess from the pixels to the left, above, and above to the left."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Rows that are undone together. Memory is this many rows, skewed.
_BAND_ROWS = 128

_Bytes = npt.NDArray[np.uint8]


def apply(rows: _Bytes, pixel_bytes: int) -> bytes:
    """Filtered rows, each behind its filter's number: the filter whose differences add up to the least.

    Args:
        rows: height times bytes of a row.
        pixel_bytes: bytes from a byte to the same one of the next pixel.
    """
    height, width = rows.shape
    padded = np.zeros((height + 1, width + pixel_bytes), np.uint8)
    padded[1:, pixel_bytes:] = rows
    out = np.empty((height, 1 + width), np.uint8)
    # Band by band, so that the guesses take little memory.
    for first in range(0, height, _BAND_ROWS):
        last = min(first + _BAND_ROWS, height)
        left = padded[first + 1 : last + 1, :-pixel_bytes].astype(np.int16)
        above = padded[first:last, pixel_bytes:].astype(np.int16)
        corner = padded[first:last, :-pixel_bytes].astype(np.int16)
        guesses = np.stack([np.zeros_like(left), left, above, (left + above) >> 1, _paeth(left, above, corner)]).astype(
            np.uint8
        )
        differences = rows[first:last] - guesses
        chosen = np.abs(differences.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64).argmin(axis=0)
        out[first:last, 0] = chosen
        out[first:last, 1:] = differences[chosen, np.arange(last - first)]
    return out.tobytes()


def undo(rows: _Bytes, filters: _Bytes, pixel_bytes: int) -> _Bytes:
    """The rows that were filtered.

    A pixel needs the ones to its left, above, and above to the left. All pixels of a diagonal therefore need only the
    two diagonals before, and are undone together, a band of rows at a time.

    Args:
        rows: height times bytes of a row.
        filters: each row's filter, 0 to 4.
    """
    height, width = rows.shape
    pixels = -(-width // pixel_bytes)
    out = np.zeros((height, pixels * pixel_bytes), np.uint8)
    out[:, :width] = rows
    if filters.any():
        above = np.zeros((pixels, pixel_bytes), np.uint8)
        for first in range(0, height, _BAND_ROWS):
            band = out[first : first + _BAND_ROWS].reshape(-1, pixels, pixel_bytes)
            _undo_band(band, filters[first : first + _BAND_ROWS], above)
            above = band[-1].copy()
    return np.ascontiguousarray(out[:, :width])


def _undo_band(band: _Bytes, filters: _Bytes, above: _Bytes) -> None:
    """Undoes rows in place; `above` is the row before them."""
    height, pixels, size = band.shape
    # Row y of a diagonal d is the pixel x = d - y, so that x is the same distance from its left neighbour everywhere.
    # Where there is no such pixel, zeros stay zeros on the left side, and nobody looks at the right one.
    diagonals = np.zeros((pixels + height - 1, height, size), np.uint8)
    for row in range(height):
        diagonals[row : row + pixels, row] = band[row]
    number = filters.astype(np.intp)[:, np.newaxis]
    last = np.zeros((height, size), np.int16)
    before_last = np.zeros((height, size), np.int16)
    up = np.zeros((height, size), np.int16)
    corner = np.zeros((height, size), np.int16)
    none = np.zeros((height, size), np.int16)
    for step, diagonal in enumerate(diagonals):
        up[1:], corner[1:] = last[:-1], before_last[:-1]
        up[0] = above[step] if step < pixels else 0
        corner[0] = above[step - 1] if 0 < step <= pixels else 0
        guess = np.choose(number, [none, last, up, (last + up) >> 1, _paeth(last, up, corner)])
        diagonal += guess.astype(np.uint8)
        before_last, last = last, diagonal.astype(np.int16)
    for row in range(height):
        band[row] = diagonals[row : row + pixels, row]


def _paeth(left: npt.NDArray[Any], above: npt.NDArray[Any], corner: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of the three the one nearest to left + above - corner, the first of equals."""
    to_left, to_above = np.abs(above - corner), np.abs(left - corner)
    to_corner = np.abs(left + above - 2 * corner)
    return np.where(
        (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
    )
