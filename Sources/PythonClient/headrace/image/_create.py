"""``CreateAugmenter`` and its like: lists of augmenters from a few numbers. Follows MXNet 1.9.1 in their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import BadParameterError
from ._augmenter import Augmenter
from ._colour import ColorJitterAug, ColorNormalizeAug, HueJitterAug, LightingAug, RandomGrayAug
from ._detection import (
    DetAugmenter,
    DetBorrowAug,
    DetHorizontalFlipAug,
    DetRandomCropAug,
    DetRandomPadAug,
    DetRandomSelectAug,
)
from ._geometry import (
    CastAug,
    CenterCropAug,
    ForceResizeAug,
    HorizontalFlipAug,
    RandomCropAug,
    RandomSizedCropAug,
    ResizeAug,
)
from ._pixels import CUBIC, Array

# Of the images of ImageNet: mean, standard deviation, and principal components.
_IMAGENET = {"mean": (123.68, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
_EIGVAL = (55.46, 4.794, 1.148)
_EIGVEC = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
_LEAST_AREA, _RATIO = 0.08, (3.0 / 4.0, 4.0 / 3.0)


def CreateAugmenter(
    data_shape: Any,
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = CUBIC,
) -> list[Augmenter]:
    """Augmenters for classification.

    Args:
        data_shape: channels, height and width of the result.
        resize: the shorter side's length before cropping; 0 leaves it.
        rand_crop: crop anywhere instead of in the middle.
        rand_resize: crop a random part and resize it; needs ``rand_crop``.
        rand_mirror: flip every second image.
        mean, std: True for those of ImageNet, or 3 numbers or 1.
        brightness, contrast, saturation, hue, pca_noise, rand_gray: the number of the augmenter; 0 leaves it out.
        inter_method: as ``interp`` of ``imresize``.

    Raises:
        BadParameterError: a parameter cannot be used.
    """
    made: list[Augmenter] = []
    if resize > 0:
        made.append(ResizeAug(resize, inter_method))
    size = (data_shape[2], data_shape[1])
    if rand_resize:
        if not rand_crop:
            raise BadParameterError("rand_resize needs rand_crop=True")
        made.append(RandomSizedCropAug(size, _LEAST_AREA, _RATIO, inter_method))
    elif rand_crop:
        made.append(RandomCropAug(size, inter_method))
    else:
        made.append(CenterCropAug(size, inter_method))
    if rand_mirror:
        made.append(HorizontalFlipAug(0.5))
    made.append(CastAug())
    return made + _colours(mean, std, brightness, contrast, saturation, hue, pca_noise, rand_gray)


def CreateDetAugmenter(
    data_shape: Any,
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = CUBIC,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    pad_val: Any = (127, 127, 127),
) -> list[DetAugmenter]:
    """Augmenters for detection.

    Args:
        data_shape, resize, rand_mirror, mean, std, brightness, contrast, saturation, pca_noise, hue, rand_gray,
            inter_method: as in ``CreateAugmenter``.
        rand_crop, rand_pad: probabilities of a crop and of a larger canvas.
        min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts: of the crop, as in
            ``CreateMultiRandCropAugmenter``; ratio, attempts and the end of the area hold for the canvas too, and of
            several the widest.
        pad_val: the canvas's colour.

    Raises:
        BadParameterError: a parameter cannot be used.
    """
    made: list[DetAugmenter] = []
    if resize > 0:
        made.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        made.append(
            CreateMultiRandCropAugmenter(
                min_object_covered,
                aspect_ratio_range,
                area_range,
                min_eject_coverage,
                max_attempts,
                skip_prob=1 - rand_crop,
            )
        )
    if rand_mirror:
        made.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        made.append(
            DetRandomSelectAug(
                [
                    DetRandomPadAug(
                        _widest(aspect_ratio_range),
                        (1.0, _widest(area_range)[1]),
                        max(_column(max_attempts)),
                        pad_val,
                    )
                ],
                1 - rand_pad,
            )
        )
    made.append(DetBorrowAug(ForceResizeAug((data_shape[2], data_shape[1]), inter_method)))
    made.append(DetBorrowAug(CastAug()))
    colours = _colours(mean, std, brightness, contrast, saturation, hue, pca_noise, rand_gray)
    return made + [DetBorrowAug(augmenter) for augmenter in colours]


def CreateMultiRandCropAugmenter(
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """One of several ``DetRandomCropAug``, or none with the probability ``skip_prob``.

    Each parameter may be a list, with an element for each of them; what is no list holds for all. A list of two numbers
    in the place of a range is one range, not two.

    Raises:
        BadParameterError: the lists differ in length.
    """
    numbers = [_column(value) for value in (min_object_covered, min_eject_coverage, max_attempts)]
    ranges = [_ranges(value) for value in (aspect_ratio_range, area_range)]
    columns = [numbers[0], *ranges, *numbers[1:]]
    count = max(map(len, columns))
    if any(len(column) not in (1, count) for column in columns):
        raise BadParameterError(f"the lists have {[len(column) for column in columns]} elements, all need as many or 1")
    rows = zip(*(column * (count // len(column)) for column in columns), strict=True)
    return DetRandomSelectAug([DetRandomCropAug(*row) for row in rows], skip_prob)


def _column(value: Any) -> list[Any]:
    return value if isinstance(value, list) and value else [value]


def _ranges(value: Any) -> list[Any]:
    several = isinstance(value, list) and any(hasattr(element, "__len__") for element in value)
    return value if several else [value]


def _widest(value: Any) -> tuple[Any, Any]:
    """From the least to the greatest of one or several ranges."""
    numbers = [number for element in _ranges(value) for number in np.ravel(element)]
    return min(numbers), max(numbers)


def _colours(
    mean: Any,
    std: Any,
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    pca_noise: float,
    rand_gray: float,
) -> list[Augmenter]:
    made: list[Augmenter] = []
    if brightness or contrast or saturation:
        made.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        made.append(HueJitterAug(hue))
    if pca_noise > 0:
        made.append(LightingAug(pca_noise, _EIGVAL, _EIGVEC))
    if rand_gray > 0:
        made.append(RandomGrayAug(rand_gray))
    mean, std = by_channel("mean", mean), by_channel("std", std)
    if mean is not None or std is not None:
        made.append(ColorNormalizeAug(mean, std))
    return made


def by_channel(name: str, value: Any) -> Array | None:
    """``mean`` or ``std`` as numbers: those of ImageNet for True, None for none.

    Raises:
        BadParameterError: it is neither 3 numbers nor 1.
    """
    if value is None or value is False:
        return None
    numbers: Array = np.asarray(_IMAGENET[name] if value is True else value, np.float32)
    if numbers.shape not in ((1,), (3,)):
        raise BadParameterError(f"{name} is {value!r}, it must be True, 3 numbers or 1")
    return numbers
