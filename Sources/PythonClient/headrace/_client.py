"""``connect`` and the client it returns."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Callable
from typing import Any

from . import _endpoint, _handover, _parameters, _private_daemon
from ._connection import Connection
from ._credentials import Credentials
from ._endpoint import Endpoint
from ._handover import HandedArray
from ._memory import BufferPool
from ._session import Options
from ._stream import Stream
from .errors import ConnectionLostError, DeadlineError, HeadraceError

# One in the trainer's hands, one coming in, one to spare.
_SPARE_BLOCKS = 3


def connect(
    url: str | None = None,
    *,
    timeout: float = 60.0,
    open_timeout: float = 300.0,
    reconnect: float = 30.0,
    window: int = 2,
    checksum: bool = False,
    shared_memory: bool = True,
    label: str | None = None,
    on_notice: Callable[[dict[str, Any]], None] | None = None,
    ca: str | os.PathLike[str] | None = None,
    certificate: str | os.PathLike[str] | None = None,
    key: str | os.PathLike[str] | None = None,
    token: str | None = None,
) -> Client:
    """Connects to a server.

    Args:
        url: ``unix:/path``, ``tcp://host:port`` or ``tls://host:port``. None takes ``$HEADRACE_URL``, else the socket
            ``/run/headrace/data.sock`` if something listens there, else starts a daemon for this process alone, which
            ends with it.
        timeout: seconds that connecting, a batch or any other answer may take.
        open_timeout: seconds that opening a stream may take; the server may have to scan the data.
        reconnect: seconds to keep trying when the server goes away. The stream then continues at the very next batch.
            0 gives up at once.
        window: batches that may be on their way ahead of the one in use, 1 to 65,536.
        checksum: have every batch checked end to end.
        shared_memory: map the server's memory instead of receiving bytes, where both are on the same machine.
        label: a name for status pages, at most 128 bytes.
        on_notice: called with each NOTICE, such as a bad record, instead of a warning.
        ca: for ``tls://``, a PEM file of the authorities that the server's certificate may come from. None takes
            ``$HEADRACE_CA``, else the system's.
        certificate: for servers that ask for it, a PEM file of this client's certificate; None takes
            ``$HEADRACE_CERTIFICATE``.
        key: its private key, None when it is in the same file; None takes ``$HEADRACE_KEY``.
        token: for servers that ask for one; None takes ``$HEADRACE_TOKEN``. It is not sent to another machine without TLS.

    Raises:
        ConnectionLostError: nobody listens there.
        DeadlineError: nobody answers.
        HandshakeError: there is no TLS with the server: a certificate is not trusted, or a file is of no use.
        ForbiddenError: the server wants a token, or another one.
        DaemonStartError: no private daemon can be started.
    """
    if not 1 <= window <= 65_536:
        raise ValueError(f"window is {window}, it must be 1 to 65,536")
    if label is not None and len(label.encode()) > 128:
        raise ValueError(f"label has {len(label.encode())} bytes, at most 128 are allowed")
    options = Options(
        timeout=timeout,
        open_timeout=open_timeout,
        reconnect=reconnect,
        window=window,
        label=label,
        on_notice=on_notice,
    )
    credentials = Credentials.gather(ca, certificate, key, token)
    return Client(url, options, credentials=credentials, checksum=checksum, shared_memory=shared_memory)


class Client:
    """Opens streams at one server. Use ``headrace.connect`` to make one; it is a context manager."""

    def __init__(
        self, url: str | None, options: Options, *, credentials: Credentials, checksum: bool, shared_memory: bool
    ) -> None:
        self._options = options
        self._credentials = credentials
        self._checksum = checksum
        self._shared_memory = shared_memory
        self._endpoint = _resolve(url)
        if credentials.token is not None and self._endpoint is not None and self._endpoint.is_exposed:
            raise HeadraceError(
                f"{self._endpoint}: a token goes over TLS or stays on the machine; here anybody on the way could read it",
                code="bad_url",
                hint=f"connect to tls://{self._endpoint.host}, or without the token (and without HEADRACE_TOKEN)",
            )
        self._streams: weakref.WeakSet[Stream] = weakref.WeakSet()
        self._closed = False
        # Connecting now rather than at the first `open` finds a wrong address where it was written.
        self._spare: Connection | None = self._connect()

    @property
    def url(self) -> str:
        """The server's address; for a private daemon, that of its socket."""
        return str(self._address())

    def open(self, dataset: str | None = None, *, iterator: str | None = None, **parameters: Any) -> Stream:
        """Starts a stream, of a data set that the server's configuration names or of an iterator.

        Args:
            dataset: a configured data set's name; ``parameters`` override its own.
            iterator: an iterator's name, such as ``ImageRecordIter``; relative paths are taken from this process's
                working directory.
            parameters: names and values as in MXNet. Arrays given to NDArrayIter, and a long ``imglist``, are handed
                over to the server: in memory that both map on the same machine, over the connection otherwise.

        Raises:
            BadParameterError: a parameter is unknown, missing or wrong; the message names it and suggests the nearest.
            UnknownNameError, NotFoundError, ForbiddenPathError, BadDataError, LimitError: as they say.
            DeadlineError: the server did not open the stream within ``open_timeout``.
        """
        if self._closed:
            raise HeadraceError("the client is closed", code="closed")
        if (dataset is None) == (iterator is None):
            raise TypeError("open takes either a data set's name or iterator=…, and not both")
        inputs: dict[str, Any] = {}
        arrays: list[HandedArray] = []
        if iterator == "NDArrayIter":
            inputs, arrays = _handover.take(parameters)
        values = _parameters.to_wire(parameters, absolute_paths=iterator is not None)
        arrays += _handover.take_long_list(values)
        request: dict[str, Any] = {"parameters": {**values, **inputs}}
        if dataset is not None:
            request["dataset"] = dataset
        else:
            request["iterator"] = iterator
        stream = Stream(self._take_connection, request, self._options, arrays)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        """Closes the client and its streams. Batches that were delivered stay valid."""
        self._closed = True
        for stream in list(self._streams):
            stream.close()
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        spare = getattr(self, "_spare", None)
        if spare is not None:
            with contextlib.suppress(Exception):
                spare.close()

    def _address(self) -> Endpoint:
        if self._endpoint is not None:
            return self._endpoint
        return Endpoint(_private_daemon.ensure(self._options.timeout), "", 0)

    def _connect(self) -> Connection:
        address = self._address()
        try:
            return self._greeted(address)
        except ConnectionLostError:
            # A private daemon that was killed may have been dying yet when it was looked at.
            if self._endpoint is not None or not _private_daemon.is_dead(address.path):
                raise
        return self._greeted(self._address())

    def _greeted(self, address: Endpoint) -> Connection:
        buffers = BufferPool(self._options.window + _SPARE_BLOCKS)
        return Connection.open(
            address,
            self._options.timeout,
            credentials=self._credentials,
            checksum=self._checksum,
            shared_memory=self._shared_memory,
            buffers=buffers,
        )

    def _take_connection(self) -> Connection:
        """A greeted connection of the caller's own."""
        spare, self._spare = self._spare, None
        if spare is not None:
            if spare.usable:
                return spare
            spare.close()
        return self._connect()


def _resolve(url: str | None) -> Endpoint | None:
    """The address that ``url`` means; None for the private daemon."""
    if url is None:
        url = os.environ.get("HEADRACE_URL") or None
    if url is not None:
        return _endpoint.parse(url)
    shared = Endpoint(_endpoint.DEFAULT_SOCKET, "", 0)
    try:
        _endpoint.connect(shared, 1.0).close()
    except (ConnectionLostError, DeadlineError):
        return None
    return shared
