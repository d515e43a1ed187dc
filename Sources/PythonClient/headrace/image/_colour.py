"""Augmenters of colour. None of them keeps values within 0 … 255; whole numbers become ``float32``.

Images are red, green and blue in this order.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from ..errors import BadParameterError
from ._augmenter import Augmenter, served
from ._functions import color_normalize
from ._geometry import RandomOrderAug
from ._pixels import Array, floats

_LUMA = (0.299, 0.587, 0.114)
_GRAY = (0.21, 0.72, 0.07)
_TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.321), (0.211, -0.523, 0.311))
_FROM_YIQ = ((1.0, 0.956, 0.621), (1.0, -0.272, -0.647), (1.0, -1.107, 1.705))


def _around_one(spread: float) -> float:
    return 1.0 + random.uniform(-spread, spread)


def _weighted(image: Array, weights: tuple[float, float, float]) -> Array:
    """The sum of the channels by weights, with one channel."""
    total: Array = (image * np.asarray(weights, image.dtype)).sum(axis=2, keepdims=True, dtype=image.dtype)
    return total


@served
class BrightnessJitterAug(Augmenter):
    """Multiplies by a number within ``brightness`` of 1."""

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: Any) -> Array:
        return floats(src) * _around_one(self.brightness)


@served
class ContrastJitterAug(Augmenter):
    """Draws every value from, or pushes it away from, the image's mean luma."""

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast=contrast)
        self.contrast = contrast

    def __call__(self, src: Any) -> Array:
        alpha = _around_one(self.contrast)
        image = floats(src)
        return image * alpha + float(_weighted(image, _LUMA).mean(dtype=np.float64)) * (1.0 - alpha)


@served
class SaturationJitterAug(Augmenter):
    """Draws every pixel to, or pushes it away from, its own gray."""

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation=saturation)
        self.saturation = saturation

    def __call__(self, src: Any) -> Array:
        alpha = _around_one(self.saturation)
        image = floats(src)
        return image * alpha + _weighted(image, _LUMA) * (1.0 - alpha)


@served
class HueJitterAug(Augmenter):
    """Turns hues by up to ``hue`` times π, in YIQ coordinates."""

    def __init__(self, hue: float) -> None:
        super().__init__(hue=hue)
        self.hue = hue

    def __call__(self, src: Any) -> Array:
        angle = random.uniform(-self.hue, self.hue) * math.pi
        sine, cosine = math.sin(angle), math.cos(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
        image = floats(src)
        matrix = np.array(_FROM_YIQ) @ turn @ np.array(_TO_YIQ)
        return np.asanyarray(image @ matrix.T.astype(image.dtype))


@served
class ColorJitterAug(RandomOrderAug):
    """Those of the three jitters whose number is above 0, in random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float) -> None:
        self.brightness, self.contrast, self.saturation = brightness, contrast, saturation
        jitters = [
            (brightness, BrightnessJitterAug),
            (contrast, ContrastJitterAug),
            (saturation, SaturationJitterAug),
        ]
        super().__init__([kind(spread) for spread, kind in jitters if spread > 0])


@served
class LightingAug(Augmenter):
    """Adds noise along the principal components of colour; drawn with ``numpy.random``, as MXNet does.

    Args:
        alphastd: standard deviation.
        eigval, eigvec: the components' 3 variances, and in the columns of a 3 by 3 array their directions.
    """

    def __init__(self, alphastd: float, eigval: Any, eigvec: Any) -> None:
        super().__init__(alphastd=alphastd, eigval=np.asarray(eigval), eigvec=np.asarray(eigvec))
        self.alphastd = alphastd
        self.eigval, self.eigvec = np.asarray(eigval, np.float64), np.asarray(eigvec, np.float64)
        if self.eigval.shape != (3,) or self.eigvec.shape != (3, 3):
            raise BadParameterError(
                f"eigval and eigvec have the shapes {self.eigval.shape} and {self.eigvec.shape}, not (3,) and (3, 3)"
            )

    def __call__(self, src: Any) -> Array:
        strengths = np.random.normal(0, self.alphastd, size=(3,))
        image = floats(src)
        noise: Array = (self.eigvec @ (strengths * self.eigval)).astype(image.dtype)
        return image + noise


@served
class ColorNormalizeAug(Augmenter):
    """``color_normalize``: subtracts ``mean`` and divides by ``std``, each a number, 3 of them or None."""

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__(mean=mean, std=std)
        self.mean = None if mean is None else np.asarray(mean, np.float32)
        self.std = None if std is None else np.asarray(std, np.float32)

    def __call__(self, src: Any) -> Array:
        return color_normalize(src, self.mean, self.std)


@served
class RandomGrayAug(Augmenter):
    """Makes the image gray with the probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: Any) -> Array:
        image: Array = np.asanyarray(src)
        if random.random() < self.p:
            image = np.repeat(_weighted(floats(image), _GRAY), 3, axis=2)
        return image
