"""What can go wrong, as exceptions.

Every error of the package is a ``HeadraceError``. It carries the protocol's code for programs, a message and a hint for
people, and whether the same request may succeed later.
"""

from __future__ import annotations

from typing import Any


class HeadraceError(Exception):
    """Something failed, at the server or on the way to it.

    Attributes:
        code: stable name of what failed, such as ``bad_parameter``; ``protocol/SPEC.md`` lists those of the server.
        message: what, where and, when known, what to do.
        hint: what to do about it, or empty.
        scope: what is over: ``request`` (nothing else), ``stream`` or ``connection``.
        retryable: the same request may succeed later without any change.
    """

    code = "internal"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        scope: str = "request",
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code if code is not None else type(self).code
        self.hint = hint
        self.scope = scope
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process borders (multiprocessing, torch workers) by pickle, which would lose the keywords.
        return (_rebuild, (type(self), self.message, self.code, self.hint, self.scope, self.retryable))


def _rebuild(
    kind: type[HeadraceError], message: str, code: str, hint: str, scope: str, retryable: bool
) -> HeadraceError:
    return kind(message, code=code, hint=hint, scope=scope, retryable=retryable)


class BadParameterError(HeadraceError, ValueError):
    """An iterator's parameter is unknown, missing, ill-typed or in conflict with another."""

    code = "bad_parameter"


class UnknownNameError(HeadraceError, LookupError):
    """No data set, or no iterator, of that name."""

    code = "unknown_dataset"


class NotFoundError(HeadraceError, FileNotFoundError):
    """A file that the request names does not exist on the server's side."""

    code = "not_found"


class ForbiddenPathError(HeadraceError, PermissionError):
    """A path outside the directories that the server may read for clients."""

    code = "forbidden_path"


class ForbiddenError(HeadraceError, PermissionError):
    """The server asks for a token, does not know this one, or does not let its owner do this."""

    code = "forbidden"


class HandshakeError(HeadraceError):
    """No TLS with the server: a certificate that one side does not trust, or a file that cannot be used."""

    code = "tls"


class BadDataError(HeadraceError):
    """The data set cannot be read, or has a bad record and ``on_bad_record`` is ``error``."""

    code = "bad_data"


class StateMismatchError(HeadraceError, ValueError):
    """A saved state, or a position, belongs to other data, other parameters or lies beyond the data."""

    code = "state_mismatch"


class LimitError(HeadraceError):
    """A configured limit of the server stands in the way; the message has the arithmetic."""

    code = "over_limit"


class DeadlineError(HeadraceError, TimeoutError):
    """Nothing came in time; the message says what was awaited and for how long."""

    code = "timeout"


class ConnectionLostError(HeadraceError, ConnectionError):
    """No server, or the server went away and did not come back within the reconnection budget."""

    code = "connection_lost"


class ProtocolError(HeadraceError):
    """The other end does not speak the protocol: damaged, lying or of another version."""

    code = "bad_frame"


class DaemonStartError(HeadraceError):
    """The private daemon could not be found or did not start; the message has the end of its log."""

    code = "daemon_start"


class BadRecordWarning(UserWarning):
    """A record could not be used and was passed over or replaced, as ``on_bad_record`` says."""


_BY_CODE: dict[str, type[HeadraceError]] = {
    "bad_frame": ProtocolError,
    "version": ProtocolError,
    "bad_parameter": BadParameterError,
    "unknown_dataset": UnknownNameError,
    "unknown_iterator": UnknownNameError,
    "forbidden": ForbiddenError,
    "forbidden_path": ForbiddenPathError,
    "not_found": NotFoundError,
    "bad_data": BadDataError,
    "bad_record": BadDataError,
    "bad_position": StateMismatchError,
    "state_mismatch": StateMismatchError,
    "memory_limit": LimitError,
    "over_limit": LimitError,
    "timeout": DeadlineError,
}


_SCOPES = ("request", "stream", "connection")


def from_wire(fields: dict[str, Any]) -> HeadraceError:
    """The exception for an ERROR message's members; a ProtocolError when they are not what the message asks for."""
    code, message, scope = fields.get("code"), fields.get("message"), fields.get("scope")
    hint, retryable = fields.get("hint", ""), fields.get("retryable", False)
    if (
        not isinstance(code, str)
        or not isinstance(message, str)
        or not isinstance(hint, str)
        or not isinstance(retryable, bool)
        or scope not in _SCOPES
    ):
        return ProtocolError(
            f"the server sent an ERROR that cannot be understood: {fields!r:.300}",
            code="bad_request",
            scope="connection",
        )
    return _BY_CODE.get(code, HeadraceError)(message, code=code, hint=hint, scope=scope, retryable=retryable)
