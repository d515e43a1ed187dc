"""Augmenters that resize, crop, flip and convert, and those that order others."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from ..errors import BadParameterError
from ._augmenter import Augmenter, served
from ._functions import center_crop, ends, random_crop, random_size_crop, resize_short
from ._pixels import CUBIC, Array, check_interp, pair, resized


@served
class ResizeAug(Augmenter):
    """Resizes the shorter side to ``size`` pixels."""

    def __init__(self, size: int, interp: int = CUBIC) -> None:
        super().__init__(size=size, interp=interp)
        check_interp(interp)
        self.size, self.interp = pair("size", (size, size))[0], interp

    def __call__(self, src: Any) -> Array:
        return resize_short(src, self.size, self.interp)


@served
class ForceResizeAug(Augmenter):
    """Resizes to ``size``, (width, height), whatever the proportions."""

    def __init__(self, size: Any, interp: int = CUBIC) -> None:
        super().__init__(size=size, interp=interp)
        check_interp(interp)
        self.size, self.interp = pair("size", size), interp

    def __call__(self, src: Any) -> Array:
        return resized(src, self.size, self.interp)


@served
class RandomCropAug(Augmenter):
    """``random_crop``."""

    def __init__(self, size: Any, interp: int = CUBIC) -> None:
        super().__init__(size=size, interp=interp)
        check_interp(interp)
        self.size, self.interp = pair("size", size), interp

    def __call__(self, src: Any) -> Array:
        return random_crop(src, self.size, self.interp)[0]


@served
class RandomSizedCropAug(Augmenter):
    """``random_size_crop``. ``area`` is a range, or the least area with 1 as the greatest."""

    def __init__(self, size: Any, area: Any, ratio: Any, interp: int = CUBIC) -> None:
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        check_interp(interp)
        self.size, self.interp = pair("size", size), interp
        self.area, self.ratio = ends("area", area, upper=1.0, zero=True), ends("ratio", ratio)

    def __call__(self, src: Any) -> Array:
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


@served
class CenterCropAug(Augmenter):
    """``center_crop``."""

    def __init__(self, size: Any, interp: int = CUBIC) -> None:
        super().__init__(size=size, interp=interp)
        check_interp(interp)
        self.size, self.interp = pair("size", size), interp

    def __call__(self, src: Any) -> Array:
        return center_crop(src, self.size, self.interp)[0]


@served
class HorizontalFlipAug(Augmenter):
    """Swaps left and right with the probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: Any) -> Array:
        image: Array = np.asanyarray(src)
        return image[:, ::-1] if random.random() < self.p else image


@served
class CastAug(Augmenter):
    """Converts to the type ``typ``."""

    def __init__(self, typ: Any = "float32") -> None:
        super().__init__(type=typ)
        try:
            self.typ = np.dtype(typ).name
        except TypeError:
            raise BadParameterError(f"typ is {typ!r}, it must be an array's type such as 'float32'") from None

    def __call__(self, src: Any) -> Array:
        image: Array = np.asanyarray(src).astype(self.typ)
        return image


class _Container(Augmenter):
    """Augmenters made one."""

    def __init__(self, ts: Any) -> None:
        super().__init__()
        self.ts = list(ts)

    def dumps(self) -> Any:
        return [type(self).__name__.lower(), [augmenter.dumps() for augmenter in self.ts]]

    def __call__(self, src: Any) -> Array:
        for augmenter in self.ts:
            src = augmenter(src)
        image: Array = src
        return image


@served
class SequentialAug(_Container):
    """Applies the augmenters ``ts`` one after the other."""


@served
class RandomOrderAug(_Container):
    """Applies the augmenters ``ts`` in random order, which becomes that of the list."""

    def __call__(self, src: Any) -> Array:
        random.shuffle(self.ts)
        return super().__call__(src)
