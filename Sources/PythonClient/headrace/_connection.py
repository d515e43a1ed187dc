"""One connection: frames in and out of a non-blocking socket, every wait with a deadline."""

from __future__ import annotations

import os
import select
import socket
import ssl
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _credentials, _endpoint, _greeting, _sidechannel
from ._credentials import Credentials
from ._deadline import Deadline
from ._endpoint import Endpoint
from ._handover import HandedArray
from ._lowwater import PATIENCE_SECONDS, LowWater
from ._memory import BufferPool
from ._opened import count
from ._sending import Sender
from ._sidechannel import SideChannel
from ._slots import Slots
from ._wire import (
    CONTROL_PAYLOAD_LIMIT,
    HEADER_BYTES,
    Frame,
    FrameType,
    Header,
    check_payload,
    decode_header,
    decode_json,
)
from .errors import ConnectionLostError, DeadlineError, HeadraceError, ProtocolError

# Other threads may leave something to be sent meanwhile.
_LONGEST_POLL_SECONDS = 1.0


class BatchFrame:
    """A batch whose payload lies in pooled memory, or in a slot of the server's."""

    __slots__ = ("is_slot", "payload")

    def __init__(self, payload: npt.NDArray[np.uint8], *, is_slot: bool) -> None:
        self.payload = payload
        self.is_slot = is_slot


class Connection(Sender):
    """A greeted connection.

    A wait that ends early, by its deadline or by Ctrl-C, leaves the frame that was under way where it was; the next
    call continues it. An interruption in the few instructions between a system call and its bookkeeping cannot be
    undone; it is noticed (``usable`` turns false) and costs a reconnection instead of a wrong byte.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        sock: socket.socket,
        *,
        checksum: bool,
        shared_memory: bool,
        buffers: BufferPool,
        credentials: Credentials | None = None,
    ) -> None:
        super().__init__(sock)
        self.endpoint = endpoint
        self._credentials = credentials or Credentials()
        self.server: dict[str, Any] = {}
        # What is in effect of the protocol's features.
        self.features: frozenset[str] = frozenset()
        # The largest BATCH payload that may come: none, until OPENED says how big they are.
        self.max_batch = 0
        self.goaway: dict[str, Any] | None = None
        self.bytes_received = 0
        self._low_water = LowWater(sock)
        self._pid = os.getpid()
        self._checksum = checksum
        self._shared_memory = shared_memory
        self.buffers = buffers
        self._torn = False
        self._side_channel: SideChannel | None = None
        # The side channel comes with the server's first bytes, and nothing of that kind later.
        self._is_greeting = False
        # TLS may have to write before it can go on reading.
        self._read_wants_room = False
        self._slot_frame: BatchFrame | None = None
        self._received = 0
        self._head = bytearray(HEADER_BYTES)
        self._head_view = memoryview(self._head)
        self._filled = 0
        self._header: Header | None = None
        self._target: bytearray | npt.NDArray[np.uint8] | None = None
        self._target_view: memoryview | None = None

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        timeout: float,
        *,
        checksum: bool,
        shared_memory: bool,
        buffers: BufferPool,
        credentials: Credentials | None = None,
    ) -> Connection:
        """Connects and exchanges HELLO within ``timeout`` seconds."""
        deadline = Deadline(timeout)
        connection = cls(
            endpoint,
            _endpoint.connect(endpoint, timeout, credentials),
            checksum=checksum,
            shared_memory=shared_memory,
            buffers=buffers,
            credentials=credentials,
        )
        try:
            connection._greet(deadline)
        except BaseException:
            connection.close()
            raise
        return connection

    def _greet(self, deadline: Deadline) -> None:
        self._is_greeting = True
        hello = _greeting.offer(
            self.endpoint, checksum=self._checksum, shared_memory=self._shared_memory, token=self._credentials.token
        )
        self.post(FrameType.HELLO, hello)
        frame = self.receive(deadline, "HELLO")
        self.release()
        self._is_greeting = False
        if isinstance(frame, BatchFrame):
            raise ProtocolError("the server sent BATCH where HELLO was due", scope="connection")
        self.server, self.features = _greeting.parse(frame)
        if "slots" in self.features and self._side_channel is not None:
            self.slots = Slots(self._side_channel, self._send_releases)

    @property
    def goaway_seconds(self) -> float:
        """How long a server that is going away serves those that stay."""
        seconds = (self.goaway or {}).get("deadline_seconds")
        return float(seconds) if isinstance(seconds, (int, float)) and 0 <= seconds < 1e9 else 0.0

    @property
    def usable(self) -> bool:
        """False in a forked child, after a loss, and after an interruption at the one bad moment."""
        return not self._closed and not self._torn and not self._send_is_torn and self._pid == os.getpid()

    def post_array(self, array: HandedArray, deadline: Deadline) -> None:
        """Sends ATTACH and the array's elements; the answer, ATTACHED or an ERROR, is the caller's to read.

        Raises:
            HeadraceError: the server takes no arrays.
            DeadlineError: the server took no more bytes; the connection is of no use then.
        """
        if "arrays" not in self.features:
            raise HeadraceError(
                f"{self.endpoint}: this server takes no arrays",
                code="bad_request",
                hint="update headraced, or open the data from a .npy file",
            )
        file = array.file() if self._side_channel is not None else None
        if file is not None and self._side_channel is not None and self._side_channel.send(file, array.name):
            self.post(FrameType.ATTACH, array.message("descriptor"))
            return
        self.post(FrameType.ATTACH, array.message("frames"))
        rest = array.elements()
        while rest and not self._has_answer():
            chunk, rest = rest[:CONTROL_PAYLOAD_LIMIT], rest[CONTROL_PAYLOAD_LIMIT:]
            self._post_bytes(FrameType.DATA, chunk)
            while self._outgoing and not self._has_answer():
                self._wait(deadline, f"room for the array {array.name!r}", or_sent=True)

    def _has_answer(self) -> bool:
        """Whether a frame that means something to the caller has come, which then is the current one."""
        try:
            while True:
                frame = self._read_frame(Deadline(0), "a frame")
                if isinstance(frame, BatchFrame) or frame.header.type not in (FrameType.PING, FrameType.PONG):
                    return True
                self.release()
                if frame.header.type == FrameType.PING:
                    self._post_bytes(FrameType.PONG, frame.payload)
        except DeadlineError:
            return False

    def receive(self, deadline: Deadline, awaited: str) -> Frame | BatchFrame:
        """The next frame that means something to the caller; PING is answered and GOAWAY noted on the way.

        The frame stays the current one until ``release``: a caller that is interrupted gets it again.

        Args:
            awaited: what the caller waits for, for the message when it does not come.

        Raises:
            DeadlineError: nothing was lost, the call may be repeated.
            ConnectionLostError: the server closed the connection or died.
            ProtocolError: the frame is damaged or lies.
        """
        while True:
            frame = self._read_frame(deadline, awaited)
            if isinstance(frame, BatchFrame):
                return frame
            kind = frame.header.type
            if kind == FrameType.PING:
                self._post_bytes(FrameType.PONG, frame.payload)
            elif kind == FrameType.GOAWAY:
                self.goaway = decode_json(frame.payload, "GOAWAY")
            elif kind == FrameType.SLOT:
                return self._slot(frame)
            elif kind != FrameType.PONG and kind < 0x80:
                return frame
            self.release()

    def _slot(self, frame: Frame) -> BatchFrame:
        """The batch that SLOT names. As every frame it is the current one, and the same, until ``release``."""
        if self._slot_frame is None:
            # Interrupted in between, nobody could say whether the slot was released.
            self._torn = True
            fields = decode_json(frame.payload, "SLOT")
            number, size = count(fields, "slot", "SLOT"), count(fields, "bytes", "SLOT")
            if self.slots is None or size > self.max_batch:
                raise ProtocolError(
                    f"the server sent a slot of {size:,} bytes, which was not agreed on",
                    scope="connection",
                )
            payload = self.slots.take(number, size)
            if "checksum" in self.features:
                promised, found = count(fields, "checksum", "SLOT"), zlib.crc32(payload)
                if promised != found:
                    raise ProtocolError(
                        f"bad slot: its checksum is {found:#010x}, SLOT says {promised:#010x}", scope="connection"
                    )
            self._slot_frame = BatchFrame(payload, is_slot=True)
            self._torn = False
        return self._slot_frame

    def _read_frame(self, deadline: Deadline, awaited: str) -> Frame | BatchFrame:
        if self._header is None:
            self._fill(self._head_view, deadline, awaited)
            header = decode_header(self._head, expected_sequence=self._received, max_batch=self.max_batch)
            self._torn = True
            if header.type == FrameType.BATCH:
                array = self.buffers.take(header.length)
                self._target, self._target_view = array, array.data
            else:
                self._target = bytearray(header.length)
                self._target_view = memoryview(self._target)
            self._header = header
            self._received += 1
            self._filled = 0
            self._torn = False
        header = self._header
        target, view = self._target, self._target_view
        assert target is not None and view is not None
        self._fill(view, deadline, awaited)
        check_payload(header, view)
        if isinstance(target, bytearray):
            return Frame(header, bytes(target))
        return BatchFrame(target, is_slot=False)

    def release(self) -> None:
        """Done with the current frame."""
        self._torn = True
        self._header = None
        self._slot_frame = None
        self._target = None
        self._target_view = None
        self._filled = 0
        self._torn = False

    def _fill(self, view: memoryview, deadline: Deadline, awaited: str) -> None:
        size = len(view)
        while self._filled < size:
            self._torn = True
            try:
                if self._is_greeting and self.endpoint.path is not None:
                    count, side_channel = _sidechannel.receive(self._sock, view[self._filled :])
                    self._side_channel = side_channel or self._side_channel
                else:
                    count = self._sock.recv_into(view[self._filled :])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                self._read_wants_room = isinstance(error, ssl.SSLWantWriteError)
                self._torn = False
                self._low_water.expect(size - self._filled)
                self._wait(deadline, awaited)
                continue
            except ssl.SSLError as error:
                self.close()
                # In TLS 1.3 a server refuses the client's certificate when the client's handshake is already done.
                if self._is_greeting:
                    raise _credentials.failed(str(self.endpoint), error) from None
                raise self._lost(awaited, error.reason or str(error)) from error
            except OSError as error:
                raise self._lost(awaited, error.strerror or str(error)) from error
            self._filled += count
            self.bytes_received += count
            self._torn = False
            if count == 0:
                raise self._lost(awaited, "the server closed the connection")

    def _wait(self, deadline: Deadline, awaited: str, *, or_sent: bool = False) -> None:
        """Returns when there may be something to read; sends what is pending meanwhile.

        With ``or_sent`` it also returns when some of that has gone.
        """
        poll = select.poll()
        if or_sent:
            self._low_water.expect(1)
        while True:
            # What was to go with the next message, and what interruptions have kept back.
            if not or_sent and (self._outgoing or (self.slots is not None and self.slots.has_released)):
                self._flush()
            wants_room = self._read_wants_room or (self._outgoing and not self._send_wants_bytes)
            poll.register(self._sock, select.POLLIN | (select.POLLOUT if wants_room else 0))
            longest = PATIENCE_SECONDS if self._low_water.is_raised else _LONGEST_POLL_SECONDS
            remaining = min(deadline.remaining, longest)
            # Rounded up: a poll of 0 ms would spin through the last millisecond.
            events = poll.poll(int(remaining * 1000) + 1 if remaining > 0 else 0)
            if not events:
                self._low_water.expect(1)
                if deadline.remaining > 0:
                    continue
                raise DeadlineError(
                    f"{self.endpoint}: no {awaited} within {deadline.seconds:g} s",
                    hint="the connection stands; the call may be repeated, or given a longer timeout",
                    scope="request",
                    retryable=True,
                )
            may_read = events[0][1] & ~select.POLLOUT or self._read_wants_room
            self._send_wants_bytes = self._read_wants_room = False
            if may_read:
                return
            self._flush()
            if or_sent:
                return

    def _lost(self, awaited: str, reason: str) -> ConnectionLostError:
        self.close()
        drained = ""
        if self.goaway is not None:
            drained = f" (it had said that it was going away: {self.goaway.get('reason', 'no reason given')!r:.60})"
        return ConnectionLostError(
            f"{self.endpoint}: connection lost while waiting for {awaited}: {reason}{drained}",
            hint="does it accept this client's certificate?" if self.endpoint.tls and self._is_greeting else "",
            scope="connection",
            retryable=True,
        )

    def close(self) -> None:
        """Closes this process's end. The connection of a parent process is not disturbed by its forked child."""
        self._closed = True
        self._sock.close()
        if self._side_channel is not None:
            self._side_channel.close()
        if self.slots is not None:
            self.slots.close()

    def say_goodbye(self) -> None:
        """Sends CLOSE if the socket takes it, then closes."""
        if self.usable:
            self.post(FrameType.CLOSE, {})
        self.close()
