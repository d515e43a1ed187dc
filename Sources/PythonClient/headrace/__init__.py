"""Headrace: MXNet's data loading API, served by ``headraced``, without MXNet.

client = headrace.connect()
stream = client.open(iterator="ImageRecordIter", path_imgrec="train.rec", data_shape=(3, 224, 224), batch_size=128)
for batch in stream:
    train(batch.data[0], batch.label[0])
stream.reset()
"""

from . import image, io, recordio
from ._batch import DataBatch, DataDesc
from ._client import Client, connect
from ._csr import CSRArray
from ._stream import Stream
from ._version import __version__
from .errors import (
    BadDataError,
    BadParameterError,
    BadRecordWarning,
    ConnectionLostError,
    DaemonStartError,
    DeadlineError,
    ForbiddenError,
    ForbiddenPathError,
    HandshakeError,
    HeadraceError,
    LimitError,
    NotFoundError,
    ProtocolError,
    StateMismatchError,
    UnknownNameError,
)

__all__ = [
    "BadDataError",
    "BadParameterError",
    "BadRecordWarning",
    "CSRArray",
    "Client",
    "ConnectionLostError",
    "DaemonStartError",
    "DataBatch",
    "DataDesc",
    "DeadlineError",
    "ForbiddenError",
    "ForbiddenPathError",
    "HandshakeError",
    "HeadraceError",
    "LimitError",
    "NotFoundError",
    "ProtocolError",
    "StateMismatchError",
    "Stream",
    "UnknownNameError",
    "__version__",
    "connect",
    "image",
    "io",
    "recordio",
]
