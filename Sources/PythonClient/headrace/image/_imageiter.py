"""``ImageIter``: batches of images from RecordIO files, lists of files or a list in memory."""

from __future__ import annotations

from typing import Any

from .._client import Client
from ._pixels import Array
from ._served import ServedImageIter


class ImageIter(ServedImageIter):
    """Images and their labels, decoded and augmented by the server. ``IMAGE.md`` has all parameters.

    Args:
        aug_list: augmenters of ``headrace.image``; without, keywords of ``CreateAugmenter`` may be given in ``kwargs``.
        imglist: ``[[label, …, path], …]``, below ``path_root``.
        client: where to open the stream; by default ``headrace.connect(url)`` is asked for one.
        url: an address as ``headrace.connect`` takes it.
        kwargs: parameters of ``CreateAugmenter``, and those that all served iterators have, such as ``seed``.

    Follows MXNet 1.9.1 ``python/mxnet/image/image.py``, ``ImageIter``. Random decisions follow ``seed``, epoch and
    record, not Python's ``random``.
    """

    served = "ImageIter"

    def __init__(
        self,
        batch_size: int,
        data_shape: Any,
        label_width: int = 1,
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
        label_name: str = "softmax_label",
        dtype: Any = "float32",
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
            "label_width": label_width,
            "path_imgrec": path_imgrec,
            "path_imglist": path_imglist,
            "path_root": path_root,
            "path_imgidx": path_imgidx,
            "shuffle": shuffle,
            "part_index": part_index,
            "num_parts": num_parts,
            "dtype": dtype,
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

    def augmentation_transform(self, data: Any) -> Array:
        """``auglist`` applied to an image in this process."""
        for augmenter in self.auglist:
            data = augmenter(data)
        image: Array = data
        return image
