"""MXNet's ``DataDesc`` and ``DataBatch``, and the batch payload they are read from (``protocol/SPEC.md``, BATCH)."""

from __future__ import annotations

import json
import struct
from collections import namedtuple
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ._csr import CSRArray
from ._wire import CONTROL_PAYLOAD_LIMIT, decode_json
from .errors import ProtocolError

Array = npt.NDArray[Any]

_DTYPES: dict[str, str] = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "I64": "int64",
    "U64": "uint64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}
# NumPy supports at most 64 axes, 32 before version 2.
_RANK_LIMIT = 32


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The dtype for an element type's name on the wire.

    ``bfloat16`` is ml_dtypes' type when that package is installed, else ``uint16`` with the same bits, since NumPy has
    no such type of its own.
    """
    if name not in _DTYPES.values():
        raise ProtocolError(f"the server names an element type {name!r} that this client does not know")
    if name == "bfloat16":
        try:
            import ml_dtypes  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            return np.dtype("<u2")
        bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return bfloat16
    dtype: np.dtype[Any] = np.dtype(name).newbyteorder("<")
    return dtype


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """Name and shape of a tensor, with its dtype and layout.

    It is the tuple ``(name, shape)``: equality, hash, length and unpacking are those of the tuple, and ``dtype`` and
    ``layout`` are attributes beside it. Follows MXNet 1.9.1 ``python/mxnet/io/io.py``.
    """

    name: str
    shape: tuple[int, ...]
    dtype: Any
    layout: str

    def __new__(cls, name: str, shape: tuple[int, ...], dtype: Any = np.float32, layout: str = "NCHW") -> DataDesc:
        self = super().__new__(cls, name, shape)
        self.dtype = dtype
        self.layout = layout
        return self

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return (DataDesc, (self.name, self.shape, self.dtype, self.layout))

    @property
    def batch_axis(self) -> int:
        """The axis that counts the rows.

        A layout describes the data; a tensor with fewer axes, such as labels, has its rows along the first.
        """
        axis = self.get_batch_axis(self.layout)
        return axis if 0 <= axis < len(self.shape) else 0

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """The index of the axis ``N``; 0 without a layout, -1 when the layout has no such axis."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(
        shapes: Sequence[tuple[str, tuple[int, ...]]], types: Sequence[tuple[str, Any]] | None
    ) -> list[DataDesc]:
        """Descriptors from ``(name, shape)`` pairs and, unless None, ``(name, dtype)`` pairs.

        Raises:
            KeyError: when ``types`` lacks a name.
        """
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        by_name = dict(types)
        return [DataDesc(name, shape, by_name[name]) for name, shape in shapes]


class SparseDesc(DataDesc):
    """The descriptor of a sparse matrix: ``shape`` is the matrix's, ``capacity`` how many elements a batch has room for."""

    capacity: int

    def __new__(  # type: ignore[override,unused-ignore]
        cls, name: str, shape: tuple[int, ...], dtype: Any, layout: str, capacity: int
    ) -> SparseDesc:
        self = super().__new__(cls, name, shape, dtype, layout)
        assert isinstance(self, SparseDesc)
        self.capacity = capacity
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (SparseDesc, (self.name, self.shape, self.dtype, self.layout, self.capacity))

    def members(self) -> list[DataDesc]:
        """The tensors that a batch has for it: values, indices and indptr."""
        int64 = np.dtype("<i8")
        return [
            DataDesc(self.name, (self.capacity,), self.dtype, self.layout),
            DataDesc(self.name + "_indices", (self.capacity,), int64, ""),
            DataDesc(self.name + "_indptr", (self.shape[0] + 1,), int64, ""),
        ]


class DataBatch:
    """One batch: data and label arrays, batch axis first unless the layout says otherwise.

    Attributes:
        data, label: lists of arrays; of ``CSRArray`` for sparse ones.
        pad: rows along the batch axis, at the end that are not data of this epoch.
        index: the id in each row's record header as ``uint64``, 2**64 - 1 for a row that holds no record.
        bucket_key, provide_data, provide_label: as in MXNet.
        epoch, step: the batch's address in its run; None for a batch that no stream delivered.
        part: the part of the data, ``part_index``, that it comes from.
    """

    def __init__(
        self,
        data: Sequence[Any],
        label: Sequence[Any] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Sequence[DataDesc] | None = None,
        provide_label: Sequence[DataDesc] | None = None,
    ) -> None:
        if data is not None:
            assert isinstance(data, (list, tuple)), "Data must be list of NDArrays"
        if label is not None:
            assert isinstance(label, (list, tuple)), "Label must be list of NDArrays"
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label
        self.epoch: int | None = None
        self.step: int | None = None
        self.part: int | None = None

    def __str__(self) -> str:
        data = [array.shape for array in self.data] if self.data else None
        label = [array.shape for array in self.label] if self.label else None
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label}"


class Payload(NamedTuple):
    """A decoded BATCH. The arrays are views of the payload's memory."""

    epoch: int
    step: int
    part: int
    steps: int
    pad: int
    token: str
    data: list[Any]
    label: list[Any]
    ids: Array | None
    # The whole payload, which the arrays are views of, and whether it lies in a slot of the server's.
    memory: npt.NDArray[np.uint8]
    is_slot: bool


class _Tensor(NamedTuple):
    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _refuse(reason: str) -> ProtocolError:
    return ProtocolError(f"bad batch: {reason}", scope="connection")


def decode_batch(
    payload: npt.NDArray[np.uint8], data: Sequence[DataDesc], label: Sequence[DataDesc], *, is_slot: bool = False
) -> Payload:
    """Reads a BATCH payload, trusting nothing in it.

    Args:
        payload: the whole payload; its start is a multiple of 64 in memory.
        data, label: what OPENED promised. The batch must hold exactly these tensors.
        is_slot: whether the payload lies in a slot.

    Raises:
        ProtocolError: when the payload is not a batch of this stream.
    """
    total = payload.size
    if total < 8:
        raise _refuse(f"{total} bytes are too few for the length of the table")
    (length,) = struct.unpack("<Q", payload[:8].tobytes())
    if length > min(total - 8, CONTROL_PAYLOAD_LIMIT):
        raise _refuse(f"the table claims {length:,} bytes of a payload of {total:,}")
    start = 8 + length
    if start % 64 != 0:
        raise _refuse(f"tensors start at byte {start}, not at a multiple of 64")
    table = decode_json(payload[8:start].tobytes(), "the batch's table", code="bad_frame")
    metadata = table.pop("__metadata__", None)
    if not isinstance(metadata, dict):
        raise _refuse("__metadata__ is missing")
    tensors = {name: _tensor(name, entry, total - start) for name, entry in table.items()}
    end = 0
    for tensor in sorted(tensors.values(), key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != end:
            raise _refuse(f"tensor {tensor.name!r} begins at byte {tensor.begin}, where {end} was due")
        end = tensor.end

    def array(desc: DataDesc) -> Array:
        tensor = tensors.get(desc.name)
        if tensor is None:
            raise _refuse(f"tensor {desc.name!r} is missing")
        dtype = numpy_dtype(tensor.dtype)
        if tensor.shape != desc.shape or dtype != desc.dtype:
            raise _refuse(
                f"tensor {desc.name!r} is {tensor.dtype} {tensor.shape}, the stream promised {desc.dtype} {desc.shape}"
            )
        if tensor.begin % 64 != 0:
            raise _refuse(f"tensor {desc.name!r} begins at byte {tensor.begin}, not at a multiple of 64")
        return payload[start + tensor.begin : start + tensor.end].view(dtype).reshape(tensor.shape)

    def tensor_of(desc: DataDesc) -> Any:
        if not isinstance(desc, SparseDesc):
            return array(desc)
        values, indices, indptr = map(array, desc.members())
        return _sparse(desc, values, indices, indptr)

    known = {"index"}
    for desc in (*data, *label):
        known.update(member.name for member in (desc.members() if isinstance(desc, SparseDesc) else [desc]))
    for name in tensors:
        if name not in known and not name.startswith(".gap"):
            raise _refuse(f"tensor {name!r} is neither data nor label")
    for role, descs in (("data", data), ("label", label)):
        names = _names(metadata, role)
        if names != [desc.name for desc in descs]:
            raise _refuse(f"its {role} tensors are {names}, the stream promised {[desc.name for desc in descs]}")
    columns = {desc.name: str(desc.shape[1]) for desc in (*data, *label) if isinstance(desc, SparseDesc)}
    if _columns(metadata) != columns:
        raise _refuse(f"csr is {metadata.get('csr')!r:.60}, the stream promised {columns}")
    rows = data[0].shape[data[0].batch_axis] if data and data[0].shape else 0
    pad = _number(metadata, "pad")
    if pad > rows:
        raise _refuse(f"pad is {pad} in a batch of {rows} rows")
    token = metadata.get("token")
    if not isinstance(token, str) or len(token) > 160:
        raise _refuse("the resume token is missing or too long")
    ids = None
    if "index" in tensors:
        ids = array(DataDesc("index", (rows,), np.dtype("<u8"), "N"))
    return Payload(
        epoch=_number(metadata, "epoch"),
        step=_number(metadata, "step"),
        part=_number(metadata, "part"),
        steps=_number(metadata, "steps"),
        pad=pad,
        token=token,
        data=[tensor_of(desc) for desc in data],
        label=[tensor_of(desc) for desc in label],
        ids=ids,
        memory=payload,
        is_slot=is_slot,
    )


def _sparse(desc: SparseDesc, values: Array, indices: Array, indptr: Array) -> CSRArray:
    """Checks the members of a sparse matrix down to their elements: who follows them in C must not leave the matrix."""
    count = int(indptr[-1])
    if indptr[0] != 0 or (np.diff(indptr) < 0).any() or count > desc.capacity:
        raise _refuse(f"the rows of {desc.name!r} begin at impossible places")
    used = indices[:count]
    if count > 0 and (used.min() < 0 or used.max() >= desc.shape[1]):
        raise _refuse(f"{desc.name!r} has an element outside its {desc.shape[1]} columns")
    return CSRArray(values[:count], used, indptr, (desc.shape[0], desc.shape[1]))


def _columns(metadata: dict[str, Any]) -> Any:
    """What the batch says of its sparse matrices: nothing when it has none."""
    text = metadata.get("csr", "{}")
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _tensor(name: str, entry: Any, available: int) -> _Tensor:
    """Checks one entry of the table: known element type, offsets within the payload, size equal to the shape's."""
    if not isinstance(entry, dict):
        raise _refuse(f"entry {name!r} is not an object")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise _refuse(f"tensor {name!r} has the unknown element type {dtype!r}")
    if not isinstance(shape, list) or len(shape) > _RANK_LIMIT or not all(map(_is_count, shape)):
        raise _refuse(f"tensor {name!r} has the impossible shape {shape!r:.100}")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_is_count, offsets)):
        raise _refuse(f"tensor {name!r} has the impossible offsets {offsets!r:.100}")
    begin, end = offsets
    size = 2 if dtype == "BF16" else np.dtype(_DTYPES[dtype]).itemsize
    for extent in shape:
        size *= extent
    if not begin <= end <= available:
        raise _refuse(f"tensor {name!r} spans bytes {begin} to {end} of {available} that are there")
    if end - begin != size:
        raise _refuse(f"tensor {name!r} has {end - begin} bytes where its shape {shape} needs {size}")
    return _Tensor(name, _DTYPES[dtype], tuple(shape), begin, end)


def _number(metadata: dict[str, Any], key: str) -> int:
    text = metadata.get(key)
    if not isinstance(text, str) or len(text) > 19 or not text.isascii() or not text.isdigit():
        raise _refuse(f"{key} is {text!r:.60}, not a decimal number")
    return int(text)


def _names(metadata: dict[str, Any], key: str) -> list[str]:
    text = metadata.get(key)
    try:
        names = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _refuse(f"{key} is {text!r:.60}, not a list of names")
    return names
