"""What a client shows of itself, and whom it trusts: certificates for ``tls://`` and a token."""

from __future__ import annotations

import os
import socket
import ssl
from typing import NamedTuple

from .errors import ConnectionLostError, DeadlineError, HandshakeError, HeadraceError


class Credentials(NamedTuple):
    """Paths of PEM files, and the token's text; None where there is none."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    token: str | None = None

    def __repr__(self) -> str:
        """Without the token, which must not be seen in tracebacks and logs."""
        shown = None if self.token is None else "…"
        return f"Credentials(ca={self.ca!r}, certificate={self.certificate!r}, key={self.key!r}, token={shown})"

    @classmethod
    def gather(
        cls,
        ca: str | os.PathLike[str] | None,
        certificate: str | os.PathLike[str] | None,
        key: str | os.PathLike[str] | None,
        token: str | None,
    ) -> Credentials:
        """What was given, else what the environment says: ``$HEADRACE_CA``, ``_CERTIFICATE``, ``_KEY``, ``_TOKEN``."""

        def path(given: str | os.PathLike[str] | None, variable: str) -> str | None:
            return os.fspath(given) if given is not None else os.environ.get(variable) or None

        return cls(
            path(ca, "HEADRACE_CA"),
            path(certificate, "HEADRACE_CERTIFICATE"),
            path(key, "HEADRACE_KEY"),
            token if token is not None else os.environ.get("HEADRACE_TOKEN") or None,
        )

    def context(self) -> ssl.SSLContext:
        """TLS 1.3, the server's certificate checked against its host name.

        Raises:
            HandshakeError: a file cannot be used.
        """
        file = self.ca
        try:
            # Files are read anew for each connection, so that renewed ones are taken.
            context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=self.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            if self.certificate is not None:
                file = f"{self.certificate} with {self.key}" if self.key else self.certificate
                context.load_cert_chain(self.certificate, self.key, password=_no_passphrase)
        except (OSError, ValueError) as error:
            raise HandshakeError(
                f"{file} cannot be used for TLS: {_reason(error)}",
                hint="it must be there, readable and PEM; a key must belong to its certificate, without a passphrase",
                scope="connection",
            ) from None
        return context


def _no_passphrase() -> str:
    # Without this the library would ask at the terminal.
    raise ValueError("the key has a passphrase")


def secure(
    sock: socket.socket, host: str, credentials: Credentials, name: str, timeout: float
) -> ssl.SSLSocket:
    """Puts TLS on a connected socket; it is closed when that fails.

    Args:
        name: the server's address, for messages.
        timeout: seconds that the handshake may take.

    Raises:
        HandshakeError: one side does not trust the other, or there is no TLS at the other end.
        DeadlineError: the handshake was not done in time.
        ConnectionLostError: the server went away in it.
    """
    try:
        sock.settimeout(max(timeout, 0.001))
        return credentials.context().wrap_socket(sock, server_hostname=host)
    except TimeoutError:
        sock.close()
        raise DeadlineError(
            f"{name}: the TLS handshake took longer than {timeout:g} s", scope="connection", retryable=True
        ) from None
    except ssl.SSLError as error:
        sock.close()
        raise failed(name, error) from None
    except OSError as error:
        sock.close()
        raise ConnectionLostError(
            f"{name}: the connection was lost in the TLS handshake: {_reason(error)}",
            hint="does the server speak TLS at this port?",
            scope="connection",
            retryable=True,
        ) from error
    except HeadraceError:
        sock.close()
        raise


_MEANINGS = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS at this port",
    "UNEXPECTED_EOF_WHILE_READING": "the server ended the connection in the handshake",
    "CERTIFICATE_REQUIRED": "the server asks for a client certificate",
    "UNKNOWN_CA": "the server does not trust this client's certificate",
    "CERTIFICATE_EXPIRED": "this client's certificate has expired",
    "BAD_CERTIFICATE": "the server refuses this client's certificate",
    "CERTIFICATE_UNKNOWN": "the server refuses this client's certificate",
    "PROTOCOL_VERSION": "the server does not speak TLS 1.3",
}


def failed(name: str, error: ssl.SSLError) -> HandshakeError:
    """TLS failed with the server ``name``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return HandshakeError(
            f"{name}: the server's certificate is not accepted: {error.verify_message}",
            hint="connect with ca=… (or HEADRACE_CA), the authority that issued it, and by the name that it is for",
            scope="connection",
        )
    reason = error.reason or ""
    meaning = next((text for mark, text in _MEANINGS.items() if mark in reason), None)
    return HandshakeError(
        f"{name}: there is no TLS with the server: {meaning or _reason(error)}",
        hint="connect with certificate=… and key=… if it asks for them; its log says more",
        scope="connection",
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return str(error.reason).lower().replace("_", " ")
    return getattr(error, "strerror", None) or str(error)
