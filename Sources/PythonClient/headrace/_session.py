"""A stream's life over connections that come and go: one exchange at a time, recovery, and what has arrived."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ._batch import Payload, decode_batch
from ._connection import BatchFrame, Connection
from ._deadline import Deadline
from ._greeting import MAX_FRAME
from ._handover import HandedArray
from ._opened import Opened, count, parse_opened
from ._wire import FrameType, decode_json
from .errors import (
    BadRecordWarning,
    ConnectionLostError,
    DeadlineError,
    HeadraceError,
    ProtocolError,
    StateMismatchError,
    from_wire,
)

_NOTICES_KEPT = 1000
WARNINGS_GIVEN = 10
# Connections lost in a row without an answer between: the request itself seems to bring the server down.
_LOSSES_IN_A_ROW = 5
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
_LONGEST_DRAIN_SECONDS = 600.0

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Options:
    """What ``headrace.connect`` was told; times in seconds."""

    timeout: float
    open_timeout: float
    reconnect: float
    window: int
    label: str | None
    on_notice: Callable[[dict[str, Any]], None] | None


class Position(NamedTuple):
    """The next batch to be used; ``token`` names the same place to the server, when one is known."""

    epoch: int
    step: int
    steps: int
    token: str | None


class EpochEnd(NamedTuple):
    """EPOCH_END came."""


# What a stream delivers, in order: a batch, the epoch's end, or the error that ended it.
Event = Payload | EpochEnd | HeadraceError


class Session:
    """The connection of a stream, and everything that is known of the stream without it.

    ``position`` is the truth. Whenever the connection is lost, belongs to the parent process, or was interrupted in
    the middle of something, it is given up and a new one is opened at ``position``.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        request: dict[str, Any],
        options: Options,
        arrays: Sequence[HandedArray] = (),
    ) -> None:
        """
        Args:
            request: the members of OPEN. Nothing is sent before the first ``exchange``.
            arrays: those that its parameters name.
        """
        self.options = options
        self.request = request
        self._arrays = list(arrays)
        self.notices: deque[dict[str, Any]] = deque(maxlen=_NOTICES_KEPT)
        self.notice_total = 0
        self.reconnections = 0
        self.bytes_received = 0
        self.copied_batches = 0
        self.inbox: deque[Event] = deque()
        # The error that ended the epoch; it stands until the position changes.
        self.failure: HeadraceError | None = None
        self._connect = connect
        self._connection: Connection | None = None
        self._opened: Opened | None = None
        self._position: Position | None = None
        self._closed = False
        # True while something is half done. Found true at the start of an exchange, it means that the last one was
        # interrupted, by Ctrl-C or a deadline, and that only a new connection surely stands at `position`.
        self._torn = False
        self._lock = threading.RLock()
        self._pid = os.getpid()

    @property
    def opened(self) -> Opened:
        assert self._opened is not None
        return self._opened

    @property
    def position(self) -> Position:
        assert self._position is not None
        return self._position

    def exchange(self, operation: Callable[[Connection], _Answer]) -> _Answer:
        """Runs an operation, again on a new connection when the server goes away under it."""
        if self._pid != os.getpid():
            # A forked child: a thread of the parent may have held the lock.
            self._lock = threading.RLock()
            self._pid = os.getpid()
        with self._lock:
            losses = 0
            while True:
                if self._closed:
                    raise HeadraceError("the stream is closed", code="closed")
                connection = self._standing()
                try:
                    return operation(connection)
                except HeadraceError as error:
                    if error.scope != "connection":
                        raise
                    self.drop()
                    losses += 1
                    if not _is_passing(error) or self.options.reconnect <= 0 or losses > _LOSSES_IN_A_ROW:
                        raise

    def move(self, connection: Connection, kind: FrameType, request: dict[str, Any]) -> None:
        """Sends RESET or SEEK and takes the new position; what was under way is dropped."""
        self._torn = True
        connection.post(kind, request)
        try:
            fields = self.ask(connection, FrameType.POSITION, self.options.timeout, f"the answer to {kind.name}")
        except HeadraceError as error:
            # Refused: nothing has changed, and batches that came meanwhile are in the inbox.
            if error.scope == "request" and not isinstance(error, DeadlineError):
                self._torn = False
            raise
        epoch, step, steps = (count(fields, name, "POSITION") for name in ("epoch", "step", "steps"))
        self._position = Position(epoch, step, steps, None)
        self._begin(connection)

    def question(self, connection: Connection, kind: FrameType) -> dict[str, Any]:
        """Sends an empty message and returns its answer, which has the same type."""
        self._torn = True
        connection.post(kind, {})
        fields = self.ask(connection, kind, self.options.timeout, f"the answer to {kind.name}")
        self._torn = False
        return fields

    def for_user(self, connection: Connection, payload: Payload) -> Payload:
        """The first event of the inbox as the user gets it: a copy, when too many slots would be in the user's hands."""
        slots = connection.slots
        if not payload.is_slot or slots is None:
            return payload
        waiting = sum(1 for event in self.inbox if isinstance(event, Payload) and event.is_slot)
        if slots.in_use - waiting < slots.most_held(self.opened.slots):
            return payload
        self.copied_batches += 1
        copy = connection.buffers.take(payload.memory.size)
        copy[:] = payload.memory
        return self._decode(copy, is_slot=False)

    def _decode(self, payload: npt.NDArray[np.uint8], *, is_slot: bool) -> Payload:
        return decode_batch(payload, self.opened.provide_data, self.opened.provide_label, is_slot=is_slot)

    def take(self, connection: Connection, payload: Payload) -> None:
        """The first event of the inbox is in use now: the server may send another, and the position moves on."""
        self._torn = True
        self.inbox.popleft()
        if payload.is_slot:
            # The release of the last batch's slot follows at once, as a rule.
            connection.post_with_next(FrameType.CREDIT, {"batches": 1})
        else:
            connection.post(FrameType.CREDIT, {"batches": 1})
        self._position = Position(payload.epoch, payload.step + 1, payload.steps, payload.token)
        self._torn = False

    def close(self) -> None:
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.say_goodbye()
        for array in self._arrays:
            array.close()

    def drop(self) -> None:
        """Gives up the connection and what came over it; the next exchange opens another at ``position``."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self.inbox.clear()
        self.failure = None
        self._torn = False

    def _standing(self) -> Connection:
        """The connection, made anew when there is none or when it cannot be trusted."""
        connection = self._connection
        budget = self.options.reconnect
        if connection is not None and not self._torn and connection.usable:
            if connection.goaway is None or self.inbox or budget <= 0:
                return connection
            # The server would serve on until its deadline. Leaving now lets it end, and its successor start, at once;
            # other clients may take the whole time.
            budget += min(connection.goaway_seconds, _LONGEST_DRAIN_SECONDS)
        self.drop()
        if self._position is not None:
            self.reconnections += 1
        end = time.monotonic() + budget
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return self._open()
            except HeadraceError as error:
                self.drop()
                # At the first opening an answer of the server is an answer to the user.
                is_answer = self._position is None and error.scope != "connection"
                if is_answer or not _is_passing(error) or time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _open(self) -> Connection:
        """Opens the stream on a new connection, at ``position`` unless this is the first time."""
        connection = self._connect()
        self._torn = True
        self._connection = connection
        request = dict(self.request)
        at = self._position
        if at is not None and at.token is not None:
            request["token"] = at.token
        for array in self._arrays:
            connection.post_array(array, Deadline(self.options.open_timeout))
            self.ask(connection, FrameType.ATTACHED, self.options.open_timeout, f"the array {array.name!r}'s ATTACHED")
        connection.post(FrameType.OPEN, request)
        opened = parse_opened(self.ask(connection, FrameType.OPENED, self.options.open_timeout, "OPENED"))
        connection.max_batch = min(opened.batch_bytes, MAX_FRAME)
        if at is None or self._opened is None:
            self._opened = opened
            self._position = Position(opened.epoch, opened.step, opened.steps, None)
        else:
            self._check_same(opened)
            if (opened.epoch, opened.step) != (at.epoch, at.step):
                self.move(connection, FrameType.SEEK, {"epoch": at.epoch, "step": at.step})
                return connection
        self._begin(connection)
        return connection

    def _check_same(self, opened: Opened) -> None:
        """After a reconnection: the data must still be what they were, or the run would silently go astray."""
        for name in ("manifest", "spec", "provide_data", "provide_label", "normalisation"):
            before, now = getattr(self.opened, name), getattr(opened, name)
            if before != now:
                raise StateMismatchError(
                    f"{name} changed while the connection was away: it was {before}, it is {now}",
                    hint="open a new stream to use the new data",
                )

    def _begin(self, connection: Connection) -> None:
        """At a new position: nothing has come yet, and the server may send as much as the window allows."""
        self.inbox.clear()
        self.failure = None
        connection.post(FrameType.CREDIT, {"batches": self.options.window})
        self._torn = False

    def ask(self, connection: Connection, answer: FrameType, timeout: float, awaited: str) -> dict[str, Any]:
        """Reads frames up to the answer; batches that come before it go into the inbox."""
        deadline = Deadline(timeout)
        while True:
            fields = self.pump(connection, deadline, awaited, answer)
            if fields is not None:
                return fields

    def pump(
        self, connection: Connection, deadline: Deadline, awaited: str, answer: FrameType | None = None
    ) -> dict[str, Any] | None:
        """Reads one frame. Returns the members of the answer if it is that, else puts an event into the inbox."""
        frame = connection.receive(deadline, awaited)
        if isinstance(frame, BatchFrame):
            self.bytes_received += frame.payload.size
            self._deliver(connection, self._decode(frame.payload, is_slot=frame.is_slot))
            return None
        kind = FrameType(frame.header.type)
        fields = decode_json(frame.payload, kind.name)
        if kind == FrameType.EPOCH_END:
            self._deliver(connection, EpochEnd())
            return None
        if kind == FrameType.ERROR:
            error = from_wire(fields)
            if error.scope == "stream":
                self._deliver(connection, error)
                return None
            connection.release()
            raise error
        connection.release()
        if kind == answer:
            return fields
        if kind != FrameType.NOTICE:
            raise ProtocolError(f"the server sent {kind.name} while {awaited} was due", scope="connection")
        self._note(fields)
        return None

    def _deliver(self, connection: Connection, event: Event) -> None:
        """Moves the connection's current frame into the inbox.

        An interruption between the two would leave it in both or in none, so it counts as torn.
        """
        if len(self.inbox) > self.options.window + 2:
            raise ProtocolError("the server sends more than it was asked for", scope="connection")
        torn, self._torn = self._torn, True
        self.inbox.append(event)
        connection.release()
        self._torn = torn

    def _note(self, notice: dict[str, Any]) -> None:
        self.notice_total += 1
        self.notices.append(notice)
        if self.options.on_notice is not None:
            self.options.on_notice(notice)
        elif self.notice_total <= WARNINGS_GIVEN:
            where = f"{notice.get('file', 'data')}, record {notice.get('record')}, offset {notice.get('offset')}"
            what = f"{notice.get('message', notice.get('code'))} ({notice.get('action', 'reported')})"
            last = "; further ones are only counted" if self.notice_total == WARNINGS_GIVEN else ""
            warnings.warn(f"{where}: {what}{last}", BadRecordWarning, stacklevel=2)


def _is_passing(error: HeadraceError) -> bool:
    """Whether trying again may help: the server is away, restarting, or closed an idle connection."""
    return isinstance(error, ConnectionLostError) or error.retryable or error.code in ("draining", "timeout")
