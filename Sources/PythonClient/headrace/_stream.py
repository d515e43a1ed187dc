"""A stream: epochs of batches from a server, resumable at any batch."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from . import _state
from ._batch import DataBatch, DataDesc, Payload
from ._connection import Connection
from ._deadline import Deadline
from ._handover import HandedArray
from ._memory import BufferPool
from ._normalise import DeferredBatch, Normalisation
from ._session import WARNINGS_GIVEN, EpochEnd, Options, Session
from ._wire import FrameType
from .errors import ProtocolError, StateMismatchError


class Stream:
    """Batches in the order of their addresses. Made by ``Client.open``.

    Iterating yields the rest of the current epoch; ``reset`` starts the next one. Iterating over a finished epoch
    yields nothing, as in MXNet. Several threads may use a stream, one call at a time. In a forked child it opens a
    connection of its own at the same place.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        request: dict[str, Any],
        options: Options,
        arrays: Sequence[HandedArray] = (),
    ) -> None:
        """``request`` holds the members of OPEN, ``parameters`` among them, and ``arrays`` those that they name."""
        if options.label is not None:
            request = {**request, "label": options.label}
        self._session = Session(connect, request, options, arrays)
        # The batch in use and the one before it.
        self._value_memory = BufferPool(2)
        self._batch_total = 0
        self._wait_seconds = 0.0
        self._session.exchange(lambda connection: None)
        for warning in self._session.opened.warnings[:WARNINGS_GIVEN]:
            warnings.warn(warning, UserWarning, stacklevel=3)

    @property
    def iterator(self) -> str:
        """The iterator's name, such as ``ImageRecordIter``."""
        return self._session.opened.iterator

    @property
    def provide_data(self) -> list[DataDesc]:
        """What each of a batch's data arrays is."""
        return self._session.opened.delivered_data

    @property
    def normalisation(self) -> Normalisation | None:
        """With ``wire="uint8"``, what makes ``batch.data`` of ``batch.raw``; None when the server does all."""
        return self._session.opened.normalisation

    @property
    def provide_label(self) -> list[DataDesc]:
        """What each of a batch's label arrays is."""
        return self._session.opened.provide_label

    @property
    def batch_size(self) -> int:
        return self._session.opened.batch_size

    @property
    def num_parts(self) -> int:
        """Parts that the data is split into; ``part_index`` says which of them this stream gives."""
        return self._session.opened.num_parts

    @property
    def part_index(self) -> int:
        return self._session.opened.part_index

    @property
    def records(self) -> int:
        """Samples of the whole data set; ``part_records`` are those of this part."""
        return self._session.opened.records

    @property
    def part_records(self) -> int:
        return self._session.opened.part_records

    @property
    def manifest(self) -> str:
        """Hash of the data: what the records are and where they lie."""
        return self._session.opened.manifest

    @property
    def spec(self) -> str:
        """Hash of the iterator and its parameters: all else that decides the bytes."""
        return self._session.opened.spec

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters in force, as the server understood them."""
        return self._session.opened.parameters

    @property
    def notices(self) -> deque[dict[str, Any]]:
        """The last 1000 NOTICE messages: bad records, with file, offset and reason."""
        return self._session.notices

    @property
    def epoch(self) -> int:
        """Epoch of the next batch."""
        return self._session.position.epoch

    @property
    def step(self) -> int:
        """Step of the next batch, counted from 0 in its epoch; at the epoch's end, the number of its batches."""
        return self._session.position.step

    def __len__(self) -> int:
        """Batches of the current epoch, those already used included."""
        return self._session.position.steps

    def __bool__(self) -> bool:
        """Always true: an epoch without batches does not make a stream nothing."""
        return True

    def __iter__(self) -> Iterator[DataBatch]:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def next(self, timeout: float | None = None) -> DataBatch:
        """The next batch. Its arrays are the caller's: writable, and never written to by the stream again.

        On the server's own machine they lie in memory that it shares, and it prepares further batches in that of batches
        which nothing refers to any more. Whoever keeps many batches gets copies.

        Args:
            timeout: seconds to wait, instead of those given to ``connect``.

        Raises:
            StopIteration: the epoch has ended; ``reset`` starts the next.
            DeadlineError: it did not come in time. The call may be repeated.
            BadDataError: a bad record under ``on_bad_record="error"``; ``reset`` or ``seek`` go on elsewhere.
            ConnectionLostError: the server is gone and did not come back.
        """
        started = time.monotonic()
        try:
            return self._session.exchange(lambda connection: self._next(connection, timeout))
        finally:
            self._wait_seconds += time.monotonic() - started

    def _next(self, connection: Connection, timeout: float | None) -> DataBatch:
        session = self._session
        at = session.position
        # The count is known beforehand, so the end needs no waiting; EPOCH_END is read, and passed over, with the
        # answer to RESET.
        if at.step >= at.steps:
            raise StopIteration
        deadline = Deadline(session.options.timeout if timeout is None else timeout)
        while session.failure is None:
            while not session.inbox:
                session.pump(connection, deadline, f"batch {at.step} of epoch {at.epoch}")
            event = session.inbox[0]
            if isinstance(event, Payload):
                return self._hand_over(connection, event)
            if isinstance(event, EpochEnd):
                raise ProtocolError(
                    f"the server ended epoch {at.epoch} after {at.step} of {at.steps} batches", scope="connection"
                )
            session.failure = event
        raise session.failure

    def _hand_over(self, connection: Connection, payload: Payload) -> DataBatch:
        session = self._session
        at = session.position
        if (payload.epoch, payload.step) != (at.epoch, at.step):
            raise ProtocolError(
                f"the server sent batch {payload.step} of epoch {payload.epoch} where batch {at.step} of epoch "
                f"{at.epoch} was due",
                scope="connection",
            )
        payload = session.for_user(connection, payload)
        make: Callable[..., DataBatch] = DataBatch
        if session.opened.normalisation is not None:
            make = partial(DeferredBatch, session.opened.normalisation, self._value_memory)
        batch = make(
            payload.data,
            payload.label,
            payload.pad,
            payload.ids,
            provide_data=session.opened.delivered_data,
            provide_label=session.opened.provide_label,
        )
        batch.epoch, batch.step, batch.part = payload.epoch, payload.step, payload.part
        self._batch_total += 1
        session.take(connection, payload)
        return batch

    def reset(self) -> None:
        """Starts the next epoch; in mid-epoch the rest of this one is left out.

        At the start of an epoch it does nothing, so that calling it before every epoch is as right as calling it after
        every epoch.
        """
        at = self._session.position
        if at.step > 0 or at.steps == 0 or self._session.failure is not None:
            self._session.exchange(lambda connection: self._session.move(connection, FrameType.RESET, {}))

    def seek(self, epoch: int, step: int = 0) -> None:
        """Goes to any batch of any epoch, at the same cost whichever it is.

        Raises:
            StateMismatchError: there is no such batch. The stream stays where it is.
        """
        if epoch < 0 or step < 0:
            raise StateMismatchError(f"there is no batch {step} of epoch {epoch}", code="bad_position")
        self._seek({"epoch": epoch, "step": step})

    def _seek(self, place: dict[str, Any]) -> None:
        self._session.exchange(lambda connection: self._session.move(connection, FrameType.SEEK, place))

    def state_dict(self) -> dict[str, Any]:
        """Where the stream is, for a checkpoint: a small dict of JSON values.

        It names the next batch that has not been used: batches that are only on their way do not count.
        """
        session = self._session
        return _state.save(session.opened, session.request["parameters"], session.position)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to the place that a state names.

        Raises:
            StateMismatchError: the state is of other data, of other parameters or of a later version; the message says
                what differs. The stream stays where it is.
        """
        _state.check(state)
        opened = self._session.opened
        if _state.fits(state, opened):
            self.seek(state["epoch"], state["step"])
            return
        reason = ""
        token = state.get("token")
        if isinstance(token, str):
            # The server may know that the difference does not matter, such as another number of parts.
            try:
                self._seek({"token": token})
                return
            except StateMismatchError as error:
                reason = f"; the server says: {error}"
        differing = _state.difference(state, opened, self._session.request["parameters"])
        raise StateMismatchError(f"the state does not fit this stream: {differing}{reason}")

    def stats(self) -> dict[str, Any]:
        """What the stream has done: the server's figures, and this side's under ``client_…`` names.

        ``client_wait_seconds`` is the time spent in ``next``: what the trainer lost to data.
        """
        session = self._session
        fields = session.exchange(lambda connection: session.question(connection, FrameType.STATE))
        fields["client_batches"] = self._batch_total
        fields["client_bytes"] = session.bytes_received
        fields["client_copied_batches"] = session.copied_batches
        fields["client_wait_seconds"] = self._wait_seconds
        fields["client_reconnections"] = session.reconnections
        fields["client_notices"] = session.notice_total
        return fields

    def close(self) -> None:
        """Ends the stream. Batches that were delivered stay valid."""
        self._session.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        session = getattr(self, "_session", None)
        if session is not None:
            with contextlib.suppress(Exception):
                session.close()
