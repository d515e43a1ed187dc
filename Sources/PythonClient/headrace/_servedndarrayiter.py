"""``NDArrayIter`` over a server: from files that the server reads, or from arrays that are handed over to it."""

from __future__ import annotations

from typing import Any

from . import _handover
from ._batch import DataBatch
from ._client import Client, connect
from ._dataiter import DataIter
from ._ndarrayiter import NDArrayIter
from .errors import BadParameterError


class ServedNDArrayIter(NDArrayIter):
    """What ``NDArrayIter`` becomes when it is given ``served``, ``client``, ``url`` or a path.

    Batches, names and ends of epochs are those of ``NDArrayIter``. What differs: the permutations of ``shuffle`` are
    the server's; with ``roll_over`` the rows that begin an epoch follow from its number, also after a reset in
    mid-epoch; and a position can be saved and loaded.
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str | None = "NCHW",
        *,
        seed: int = 0,
        float32: bool = False,
        carried_as_pad: bool = False,
        served: bool | None = None,
        client: Client | None = None,
        url: str | None = None,
        **parameters: Any,
    ) -> None:
        DataIter.__init__(self, batch_size)
        if client is None:
            client = connect(url)
        self.stream = client.open(
            iterator="NDArrayIter",
            data=data,
            label=label,
            batch_size=batch_size,
            shuffle=shuffle,
            last_batch_handle=last_batch_handle,
            data_name=data_name,
            label_name=label_name,
            layout=layout,
            seed=seed,
            float32=float32,
            **parameters,
        )
        self.num_data = self.stream.part_records
        self.last_batch_handle = last_batch_handle
        self.shuffle = bool(shuffle)
        self.layout = layout
        self._carried_as_pad = carried_as_pad
        self.provide_data = self.stream.provide_data
        self.provide_label = self.stream.provide_label
        self._current: DataBatch | None = None

    def _carried_into(self, epoch: int) -> int:
        """Rows that the epoch has from the one before."""
        if self.last_batch_handle != "roll_over":
            return 0
        if self.stream.parameters.get("partition") == "global":
            return epoch * self.stream.records % (self.batch_size * self.stream.num_parts)
        return epoch * self.stream.part_records % self.batch_size

    def reset(self) -> None:
        """Starts the next epoch, at any time. At the start of an epoch it does nothing."""
        self._current = None
        self.stream.reset()

    def hard_reset(self) -> None:
        """Goes to the next epoch that begins with the first row of the data."""
        self._current = None
        epoch = self.stream.epoch + (1 if self.stream.step > 0 else 0)
        while self._carried_into(epoch) > 0:
            epoch += 1
        self.stream.seek(epoch)

    def __len__(self) -> int:
        return len(self.stream)

    def next(self) -> DataBatch:
        batch = self.stream.next()
        # Both are as MXNet's iterator has them; the rows' numbers are in the batches of `stream`.
        batch.index = None
        if self._carried_as_pad and batch.step == 0 and batch.epoch is not None:
            batch.pad = self._carried_into(batch.epoch) or batch.pad
        self._current = batch
        return batch

    def iter_next(self) -> bool:
        try:
            self.next()
        except StopIteration:
            self._current = None
            return False
        return True

    def getdata(self) -> list[Any]:
        return list(self._batch().data)

    def getlabel(self) -> list[Any]:
        return list(self._batch().label or [])

    def getpad(self) -> int:
        return self._batch().pad or 0

    def _batch(self) -> DataBatch:
        if self._current is None:
            raise RuntimeError("there is no current batch: call next() or iter_next() first, after the end reset()")
        return self._current

    def state_dict(self) -> dict[str, Any]:
        """See ``Stream.state_dict``."""
        return self.stream.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See ``Stream.load_state_dict``."""
        self._current = None
        self.stream.load_state_dict(state)

    def close(self) -> None:
        """Ends the stream. Batches that were delivered stay valid."""
        self.stream.close()


def is_asked_for(data: Any, label: Any, served: bool | None, client: Client | None, url: str | None) -> bool:
    """Whether a server is to make the batches.

    Raises:
        BadParameterError: the parameters contradict each other.
    """
    has_path = _handover.is_path(data) or _handover.is_path(label)
    if served is False and (has_path or client is not None or url is not None):
        raise BadParameterError("served is False, but a path, client or url is given, which only a server can use")
    return bool(served) or has_path or client is not None or url is not None
