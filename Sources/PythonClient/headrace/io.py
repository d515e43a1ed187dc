"""MXNet's ``mx.io``: descriptors, batches and iterators, served by headraced.

Follows MXNet 1.9.1 ``python/mxnet/io/io.py`` in names, parameters and results; the README of Headrace lists where it
differs on purpose. Arrays are NumPy's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ._batch import DataBatch, DataDesc
from ._client import Client, connect
from ._dataiter import DataIter
from ._ndarrayiter import NDArrayIter
from ._prefetchingiter import PrefetchingIter
from ._resizeiter import ResizeIter
from ._stream import Stream

__all__ = [
    "CSVIter",
    "DataBatch",
    "DataDesc",
    "DataIter",
    "ImageDetRecordIter",
    "ImageRecordInt8Iter",
    "ImageRecordIter",
    "ImageRecordIter_v1",
    "ImageRecordUInt8Iter",
    "ImageRecordUInt8Iter_v1",
    "LibSVMIter",
    "MNISTIter",
    "MXDataIter",
    "NDArrayIter",
    "PrefetchingIter",
    "RecordIter",
    "ResizeIter",
]


class MXDataIter(DataIter):
    """A stream of the server as an MXNet iterator: one data and one label array a batch.

    Iterating does not reset; call ``reset`` between epochs. Nothing is read before the first batch is asked for.
    Differs from MXNet in that ``iter_next`` always moves, also before the first batch, and that ``getdata`` and
    ``getlabel`` give the array of this batch for good: kept batches never change.
    """

    def __init__(self, handle: Stream, data_name: str = "data", label_name: str = "softmax_label", **_: Any) -> None:
        super().__init__(handle.batch_size)
        self.stream = handle
        self._current: DataBatch | None = None
        # The layout is the default one whatever the axes are, as MXNet has it.
        self.provide_data = [DataDesc(data_name, desc.shape, desc.dtype) for desc in handle.provide_data]
        self.provide_label = [DataDesc(label_name, desc.shape, desc.dtype) for desc in handle.provide_label]

    def reset(self) -> None:
        self._current = None
        self.stream.reset()

    def next(self) -> DataBatch:
        batch = self.stream.next()
        # MXNet's users put descriptors of their own here; by default there are none.
        batch.provide_data = batch.provide_label = None
        self._current = batch
        return batch

    def iter_next(self) -> bool:
        try:
            self.next()
        except StopIteration:
            self._current = None
            return False
        return True

    def getdata(self) -> Any:
        return self._batch().data[0]

    def getlabel(self) -> Any:
        label = self._batch().label
        return label[0] if label else None

    def getindex(self) -> Any:
        return self._batch().index

    def getpad(self) -> int | None:
        return self._batch().pad

    def __len__(self) -> int:
        """Batches of the current epoch."""
        return len(self.stream)

    def state_dict(self) -> dict[str, Any]:
        """See ``Stream.state_dict``."""
        return self.stream.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See ``Stream.load_state_dict``."""
        self._current = None
        self.stream.load_state_dict(state)

    def close(self) -> None:
        self.stream.close()

    def _batch(self) -> DataBatch:
        if self._current is None:
            raise RuntimeError("there is no current batch: call next() or iter_next() first")
        return self._current


class _ServedIter(MXDataIter):
    """An iterator of the server's catalog. A subclass names it, and that is all."""

    served: ClassVar[str]

    def __init__(
        self,
        *args: Any,
        client: Client | None = None,
        url: str | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **parameters: Any,
    ) -> None:
        """
        Args:
            client: where to open the stream; by default ``headrace.connect(url)`` is asked for one.
            url: an address as ``headrace.connect`` takes it.
            data_name, label_name: names in ``provide_data`` and ``provide_label``.
            parameters: the iterator's own, as in MXNet. The server checks them: an unknown one is an error.
        """
        if args:
            raise TypeError(f"{self.served} can only accept keyword arguments")
        if client is None:
            client = connect(url)
        super().__init__(client.open(iterator=self.served, **parameters), data_name, label_name)


class ImageRecordIter(_ServedIter):
    """Images of RecordIO files, decoded and augmented, as ``float32`` unless ``dtype`` says otherwise."""

    served = "ImageRecordIter"


class ImageRecordUInt8Iter(_ServedIter):
    """As ``ImageRecordIter``, giving ``uint8`` without normalisation."""

    served = "ImageRecordUInt8Iter"


class ImageRecordInt8Iter(_ServedIter):
    """As ``ImageRecordIter``, giving ``int8``."""

    served = "ImageRecordInt8Iter"


class ImageRecordIter_v1(_ServedIter):
    """The older ``ImageRecordIter``, kept for its name."""

    served = "ImageRecordIter_v1"


class ImageRecordUInt8Iter_v1(_ServedIter):
    """The older ``ImageRecordUInt8Iter``, kept for its name."""

    served = "ImageRecordUInt8Iter_v1"


class CSVIter(_ServedIter):
    """Rows of numbers from text files, in the shape ``data_shape``."""

    served = "CSVIter"


class LibSVMIter(_ServedIter):
    """Sparse rows of numbers from text files: ``batch.data`` is a ``headrace.CSRArray``.

    So is ``batch.label`` with ``label_libsvm``; without, labels are an array of the data files' first numbers.
    """

    served = "LibSVMIter"


class MNISTIter(_ServedIter):
    """Small gray images and their labels from idx files."""

    served = "MNISTIter"


class ImageDetRecordIter(_ServedIter):
    """Images with objects from RecordIO files: images and boxes, augmented together.

    A label row is ``[channels, rows, columns, n, label 0, …, label n-1, pad value, …]``; rows and columns are those of
    the image in its sample.
    """

    served = "ImageDetRecordIter"


class RecordIter(_ServedIter):
    """Records of RecordIO files as bytes, for samples that are decoded here: text, audio, pickles.

    MXNet has no such iterator. ``batch.data`` is a ``uint8`` array with a record a row, filled up with zeros, and an
    ``int64`` array with the records' lengths; ``batch.label`` is empty unless ``header="strip"``.
    """

    served = "RecordIter"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The array of lengths is none of the data that the user may have named.
        self.provide_data[1:] = self.stream.provide_data[1:]

    @staticmethod
    def records_of(batch: DataBatch) -> list[bytes]:
        """The records of a batch's rows, those that count in ``pad`` left out."""
        data, lengths = map(np.asarray, batch.data)
        rows = len(lengths) - (batch.pad or 0)
        return [data[row, : lengths[row]].tobytes() for row in range(rows)]

    def records(self) -> Iterator[bytes]:
        """The records from here to the end of the epoch, one by one."""
        for batch in self:
            yield from self.records_of(batch)
