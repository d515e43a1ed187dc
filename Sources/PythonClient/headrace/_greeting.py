"""The first message of each side: what the client offers, and what the server makes of it."""

from __future__ import annotations

import os
from typing import Any

from ._endpoint import Endpoint
from ._version import __version__
from ._wire import Frame, FrameType, decode_json
from .errors import ProtocolError, from_wire

MAX_FRAME = 1 << 32


def offer(endpoint: Endpoint, *, checksum: bool, shared_memory: bool, token: str | None) -> dict[str, Any]:
    """The members of the client's HELLO."""
    features = ["arrays"]
    if checksum:
        features.append("checksum")
    if endpoint.path is not None:
        features.append("descriptors")
        if shared_memory:
            features.append("slots")
    hello: dict[str, Any] = {
        "major": 1,
        "minor": 2,
        "features": features,
        "client": f"headrace-python/{__version__}",
        "pid": os.getpid(),
        "max_frame": MAX_FRAME,
    }
    if token is not None:
        hello["token"] = token
    return hello


def parse(frame: Frame) -> tuple[dict[str, Any], frozenset[str]]:
    """The members of the server's HELLO, and the features that are in effect.

    Raises:
        HeadraceError: the server refuses this client; it says why.
        ProtocolError: it is something else, or of another version.
    """
    if frame.header.type == FrameType.ERROR:
        raise from_wire(decode_json(frame.payload, "ERROR"))
    if frame.header.type != FrameType.HELLO:
        raise ProtocolError(
            f"the server sent {FrameType(frame.header.type).name} where HELLO was due", scope="connection"
        )
    hello = decode_json(frame.payload, "HELLO")
    if hello.get("major") != 1:
        raise ProtocolError(
            f"the server speaks version {hello.get('major')!r:.20} of the protocol, this client version 1",
            code="version",
            scope="connection",
        )
    agreed = hello.get("features")
    return hello, frozenset(name for name in agreed if isinstance(name, str)) if isinstance(
        agreed, list
    ) else frozenset()
