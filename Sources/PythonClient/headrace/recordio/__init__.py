"""RecordIO files and image records in pure Python; no server is involved.

The format, byte for byte, and the classes are those of MXNet 1.9.1 (``python/mxnet/recordio.py`` and dmlc-core's
``recordio``). ``MmapReader``, which MXNet has not, reads records without copying them.
"""

from ._format import RecordError
from ._imagerecord import HEADER, IRHeader, pack, pack_img, unpack, unpack_img
from ._indexed import MXIndexedRecordIO
from ._mapped import MmapReader
from ._sequential import MXRecordIO

__all__ = [
    "HEADER",
    "IRHeader",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "MmapReader",
    "RecordError",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]
