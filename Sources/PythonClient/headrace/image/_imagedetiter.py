"""``ImageDetIter``: batches of images with objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .._client import Client
from ..errors import BadParameterError
from ._create import CreateDetAugmenter, by_channel
from ._pixels import Array
from ._served import ServedImageIter

# Of boxes whose colour is not given, by class: red, green, blue.
_COLOURS = ((230, 25, 75), (60, 180, 75), (255, 225, 25), (0, 130, 200), (245, 130, 48), (145, 30, 180), (70, 240, 240))


class ImageDetIter(ServedImageIter):
    """Images and their objects, decoded and augmented together by the server. ``IMAGE.md`` has all parameters.

    A label has ``label_shape[0]`` rows: class, xmin, ymin, xmax, ymax and what else the data have, filled up with -1.

    Args:
        aug_list: detection augmenters of ``headrace.image``; without, those of ``CreateDetAugmenter`` by ``kwargs``.
        imglist: ``[[label, …, path], …]``, below ``path_root``.
        client: where to open the stream; by default ``headrace.connect(url)`` is asked for one.
        url: an address as ``headrace.connect`` takes it.
        kwargs: parameters of ``CreateDetAugmenter``, and those that all served iterators have, such as ``seed``.

    Follows MXNet 1.9.1 ``python/mxnet/image/detection.py``, ``ImageDetIter``. Random decisions follow ``seed``, epoch
    and record, not Python's ``random``.
    """

    served = "ImageDetIter"
    create = staticmethod(CreateDetAugmenter)

    def __init__(
        self,
        batch_size: int,
        data_shape: Any,
        path_imgrec: Any = None,
        path_imglist: Any = None,
        path_root: Any = None,
        path_imgidx: Any = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Any = None,
        imglist: Any = None,
        data_name: str = "data",
        label_name: str = "label",
        last_batch_handle: str = "pad",
        *,
        client: Client | None = None,
        url: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.check_data_shape(data_shape)
        parameters = {
            "batch_size": batch_size,
            "data_shape": data_shape,
            "path_imgrec": path_imgrec,
            "path_imglist": path_imglist,
            "path_root": path_root,
            "path_imgidx": path_imgidx,
            "shuffle": shuffle,
            "part_index": part_index,
            "num_parts": num_parts,
            "last_batch_handle": last_batch_handle,
        }
        super().__init__(
            parameters | kwargs,
            aug_list=aug_list,
            imglist=imglist,
            data_name=data_name,
            label_name=label_name,
            client=client,
            url=url,
        )

    @property
    def label_shape(self) -> tuple[int, ...]:
        """Objects of a label, and the numbers of each."""
        shape: tuple[int, ...] = self.stream.provide_label[0].shape[1:]
        return shape

    def check_label_shape(self, label_shape: Any) -> None:
        """Raises BadParameterError unless labels can have that shape: as wide, and with as many objects or more."""
        if not hasattr(label_shape, "__len__") or len(label_shape) != 2:
            raise BadParameterError(f"label_shape is {label_shape!r}, it must be (objects, width)")
        objects, width = self.label_shape
        if label_shape[0] < objects:
            raise BadParameterError(
                f"label_shape is {label_shape!r}: labels have {objects} objects, and may only get more"
            )
        if label_shape[1] != width:
            raise BadParameterError(f"label_shape is {label_shape!r}: objects are {width} wide")

    def reshape(self, data_shape: Any = None, label_shape: Any = None) -> None:
        """Gives the following batches another size of image, or room for more objects; the place in the data is kept.

        Raises:
            BadParameterError: the shapes cannot be had.
        """
        changes: dict[str, Any] = {}
        if data_shape is not None:
            self.check_data_shape(data_shape)
            changes["data_shape"] = tuple(data_shape)
        if label_shape is not None:
            self.check_label_shape(label_shape)
            changes["label_shape"] = tuple(label_shape)
        if changes:
            self._reopen(**changes)

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Gives both iterators room for as many objects as the one with more, and returns the other one.

        Raises:
            BadParameterError: it is no ImageDetIter, or its objects have another width.
        """
        if not isinstance(it, ImageDetIter):
            raise BadParameterError(f"it is a {type(it).__name__}, it must be an ImageDetIter")
        shapes = [self.label_shape, it.label_shape]
        if shapes[0][1] != shapes[1][1]:
            raise BadParameterError(f"objects are {shapes[0][1]} wide in one and {shapes[1][1]} in the other")
        largest = max(shapes)
        for iterator, shape in zip((self, it), shapes, strict=True):
            if shape != largest:
                iterator.reshape(label_shape=largest)
        if verbose:
            print(f"label_shape: {shapes[0]} and {shapes[1]} become {largest}")
        return it

    def augmentation_transform(self, data: Any, label: Any) -> tuple[Array, Array]:
        """``auglist`` applied to an image and its label in this process."""
        for augmenter in self.auglist:
            data, label = augmenter(data, label)
        return data, label

    def draw_next(
        self,
        color: Any = None,
        thickness: int = 2,
        mean: Any = None,
        std: Any = None,
        clip: bool = True,
        waitKey: Any = None,
        window_name: str = "draw_next",
        id2labels: Any = None,
    ) -> Iterator[Array]:
        """The images from the next batch to the end of the epoch, each with its boxes drawn on it.

        Args:
            color: of the boxes, red, green and blue; by default one for each class.
            thickness: of their lines, in pixels.
            mean, std: what the images were normalised with, to undo that; True for the numbers of ImageNet.
            clip: keep values within 0 … 255.
            waitKey, window_name, id2labels: windows and text are not made here; the first and last must be None.

        Yields:
            Height, width and 3 channels of ``uint8``: blue, green and red, in the order that OpenCV shows and writes.
        """
        if waitKey is not None or id2labels is not None:
            raise BadParameterError(
                "draw_next makes neither windows nor text: leave waitKey and id2labels out, and show its images"
            )
        factor, offset = by_channel("std", std), by_channel("mean", mean)
        for batch in self:
            images, labels = (np.asarray(arrays[0]) for arrays in (batch.data, batch.label or []))
            for row in range(len(images) - (batch.pad or 0)):
                image = images[row].transpose(1, 2, 0)
                image = image * (1 if factor is None else factor) + (0 if offset is None else offset)
                if clip:
                    image = np.clip(image, 0, 255)
                drawn = np.ascontiguousarray(image[:, :, ::-1]).astype(np.uint8)
                for box in labels[row]:
                    if box[0] >= 0:
                        _draw(drawn, box, color, thickness)
                yield drawn


def _draw(image: Array, box: Array, color: Any, thickness: int) -> None:
    height, width = image.shape[:2]
    colour = _COLOURS[int(box[0]) % len(_COLOURS)] if color is None else color
    left, top, right, bottom = (int(part * side) for part, side in zip(box[1:5], (width, height) * 2, strict=True))
    outside, inside = (thickness - 1) // 2, thickness // 2 + 1
    frame = np.zeros((height, width), bool)
    frame[max(top - outside, 0) : bottom + outside + 1, max(left - outside, 0) : right + outside + 1] = True
    frame[max(top + inside, 0) : max(bottom - inside + 1, 0), max(left + inside, 0) : max(right - inside + 1, 0)] = (
        False
    )
    image[frame] = tuple(colour)[::-1]
