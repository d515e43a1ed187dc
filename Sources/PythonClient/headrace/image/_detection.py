"""Augmenters of images with objects. Follows MXNet 1.9.1 ``python/mxnet/image/detection.py`` in results and draws.

A label has a row for each object: its class, xmin, ymin, xmax and ymax as parts of the image's width and height, and
any further numbers.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from ..errors import BadParameterError
from ._augmenter import Augmenter, Describable, served
from ._functions import copyMakeBorder, ends, fixed_crop
from ._pixels import Array, picture

Box = tuple[int, int, int, int]
# Objects and crops of fewer pixels are not looked at.
_LEAST_PIXELS = 2
# Below a half, so that what is rounded afterwards does not exceed the side.
_ALMOST_HALF = 0.4999999


class DetAugmenter(Describable):
    """A change to an image and its objects. Subclasses define ``__call__``. Calls leave both as they are."""

    def __call__(self, src: Any, label: Any) -> tuple[Array, Array]:
        """The changed image and label."""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")


@served
class DetBorrowAug(DetAugmenter):
    """Applies an augmenter that moves nothing to the image."""

    def __init__(self, augmenter: Augmenter) -> None:
        if not isinstance(augmenter, Augmenter):
            raise BadParameterError(f"augmenter is {augmenter!r:.100}, it must be an Augmenter")
        super().__init__()
        self.augmenter = augmenter

    def dumps(self) -> Any:
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: Any, label: Any) -> tuple[Array, Array]:
        return self.augmenter(src), label


@served
class DetRandomSelectAug(DetAugmenter):
    """One of several augmenters at random, or, with the probability ``skip_prob`` or without any, none."""

    def __init__(self, aug_list: Any, skip_prob: float = 0) -> None:
        super().__init__(skip_prob=skip_prob)
        self.aug_list = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        for augmenter in self.aug_list:
            if not isinstance(augmenter, DetAugmenter):
                raise BadParameterError(f"aug_list has {augmenter!r:.100}, all must be DetAugmenters")
        self.skip_prob = skip_prob if self.aug_list else 1

    def dumps(self) -> Any:
        return [type(self).__name__.lower(), [augmenter.dumps() for augmenter in self.aug_list]]

    def __call__(self, src: Any, label: Any) -> tuple[Array, Array]:
        if random.random() < self.skip_prob:
            return src, label
        random.shuffle(self.aug_list)
        chosen: DetAugmenter = self.aug_list[0]
        return chosen(src, label)


@served
class DetHorizontalFlipAug(DetAugmenter):
    """Swaps left and right with the probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: Any, label: Any) -> tuple[Array, Array]:
        if not random.random() < self.p:
            return src, label
        flipped = np.array(label)
        flipped[:, 1], flipped[:, 3] = 1 - label[:, 3], 1 - label[:, 1]
        return np.asanyarray(src)[:, ::-1], flipped


@served
class DetRandomCropAug(DetAugmenter):
    """Crops at random such that every object within is covered well enough. Without such a crop nothing changes.

    Args:
        min_object_covered: of every object that the crop touches it has more than this part.
        aspect_ratio_range: of the crop, width / height.
        area_range: of the crop, as parts of the image's area.
        min_eject_coverage: objects of which no more than this part remains are left out; a crop needs one at least.
        max_attempts: crops to look at.
    """

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ) -> None:
        super().__init__(
            min_object_covered=min_object_covered,
            aspect_ratio_range=_both(aspect_ratio_range),
            area_range=_both(area_range),
            min_eject_coverage=min_eject_coverage,
            max_attempts=max_attempts,
        )
        self.min_object_covered = min_object_covered
        self.min_eject_coverage = min_eject_coverage
        self.max_attempts = max_attempts
        self.aspect_ratio_range = ends("aspect_ratio_range", aspect_ratio_range)
        self.area_range = ends("area_range", area_range, zero=True)

    def __call__(self, src: Any, label: Any) -> tuple[Array, Array]:
        height, width = picture(src).shape[:2]
        for _ in range(self.max_attempts):
            box = self._propose(height, width)
            if box is None or not self._covers(label, box, height, width):
                continue
            remaining = self._moved(label, box, height, width)
            if remaining is not None:
                return fixed_crop(src, *box), remaining
        return src, label

    def _propose(self, height: int, width: int) -> Box | None:
        ratio = random.uniform(*self.aspect_ratio_range)
        least, most = (area * height * width for area in self.area_range)
        low, high = round(math.sqrt(least / ratio)), round(math.sqrt(most / ratio))
        if round(high * ratio) > width:
            high = int((width + _ALMOST_HALF) / ratio)
        high = min(high, height)
        low = min(low, high)
        new_height = random.randint(low, high) if low < high else low
        # Rounding may have left the limits by a line.
        if round(new_height * ratio) * new_height < least:
            new_height += 1
        if round(new_height * ratio) * new_height > most:
            new_height -= 1
        new_width = round(new_height * ratio)
        if not (least <= new_width * new_height <= most and 0 < new_height <= height and 0 < new_width <= width):
            return None
        y = random.randint(0, height - new_height)
        x = random.randint(0, width - new_width)
        return x, y, new_width, new_height

    def _covers(self, label: Array, box: Box, height: int, width: int) -> bool:
        x, y, new_width, new_height = box
        if new_width * new_height < _LEAST_PIXELS:
            return False
        areas = _areas(label[:, 1:5])
        seen = areas * width * height > _LEAST_PIXELS
        inside = np.array(label[seen, 1:5])
        inside[:, 0::2] = np.clip(inside[:, 0::2], x / width, (x + new_width) / width)
        inside[:, 1::2] = np.clip(inside[:, 1::2], y / height, (y + new_height) / height)
        covered = _areas(inside) / areas[seen]
        covered = covered[covered > 0]
        return bool(covered.size > 0 and covered.min() > self.min_object_covered)

    def _moved(self, label: Array, box: Box, height: int, width: int) -> Array | None:
        """The objects as they lie in the crop; None when none remains."""
        x, y, new_width, new_height = box[0] / width, box[1] / height, box[2] / width, box[3] / height
        moved = np.array(label)
        moved[:, 1:5:2] = np.clip((moved[:, 1:5:2] - x) / new_width, 0, 1)
        moved[:, 2:5:2] = np.clip((moved[:, 2:5:2] - y) / new_height, 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            covered = _areas(moved[:, 1:5]) * new_width * new_height / _areas(label[:, 1:5])
        kept = (moved[:, 3] > moved[:, 1]) & (moved[:, 4] > moved[:, 2]) & (covered > self.min_eject_coverage)
        return moved[kept] if kept.any() else None


@served
class DetRandomPadAug(DetAugmenter):
    """Puts the image somewhere on a larger canvas.

    Args:
        aspect_ratio_range: of the canvas, width / height.
        area_range: of the canvas, as multiples of the image's area.
        max_attempts: canvases to look at; one is taken that is larger by 2 pixels in both directions.
        pad_val: its colour.
    """

    def __init__(
        self,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: Any = (128, 128, 128),
    ) -> None:
        super().__init__(
            aspect_ratio_range=_both(aspect_ratio_range),
            area_range=_both(area_range),
            max_attempts=max_attempts,
            pad_val=pad_val,
        )
        self.max_attempts = max_attempts
        self.pad_val = tuple(pad_val) if hasattr(pad_val, "__len__") else (pad_val,) * 3
        self.aspect_ratio_range = ends("aspect_ratio_range", aspect_ratio_range)
        self.area_range = ends("area_range", area_range, zero=True)
        if self.area_range[1] <= 1:
            raise BadParameterError(f"area_range is {area_range!r}, it must end above 1")

    def __call__(self, src: Any, label: Any) -> tuple[Array, Array]:
        height, width = picture(src).shape[:2]
        for _ in range(self.max_attempts):
            box = self._propose(height, width)
            if box is not None:
                break
        else:
            return src, label
        x, y, new_width, new_height = box
        moved = np.array(label)
        moved[:, 1:5:2] = (moved[:, 1:5:2] * width + x) / new_width
        moved[:, 2:5:2] = (moved[:, 2:5:2] * height + y) / new_height
        below, right = new_height - y - height, new_width - x - width
        return copyMakeBorder(src, y, below, x, right, values=self.pad_val), moved

    def _propose(self, height: int, width: int) -> Box | None:
        ratio = random.uniform(*self.aspect_ratio_range)
        low, high = (round(math.sqrt(area * height * width / ratio)) for area in self.area_range)
        if round(low * ratio) < width:
            low = int((width + _ALMOST_HALF) / ratio)
        low = min(max(low, height), high)
        new_height = random.randint(low, high) if low < high else low
        new_width = round(new_height * ratio)
        if new_height - height < _LEAST_PIXELS or new_width - width < _LEAST_PIXELS:
            return None
        y = random.randint(0, new_height - height)
        x = random.randint(0, new_width - width)
        return x, y, new_width, new_height


def _areas(boxes: Array) -> Array:
    area: Array = np.maximum(0, boxes[:, 2] - boxes[:, 0]) * np.maximum(0, boxes[:, 3] - boxes[:, 1])
    return area


def _both(value: Any) -> Any:
    return value if hasattr(value, "__len__") else (value, value)
