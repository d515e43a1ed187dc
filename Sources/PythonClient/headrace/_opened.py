"""What OPENED says of a stream, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._batch import DataDesc, SparseDesc, numpy_dtype
from ._normalise import FORMULAS, Normalisation
from .errors import ProtocolError


@dataclass(frozen=True)
class Opened:
    """A stream's facts. ``epoch``, ``step`` and ``steps`` are those at the time of opening."""

    iterator: str
    batch_size: int
    num_parts: int
    part_index: int
    provide_data: list[DataDesc]
    provide_label: list[DataDesc]
    # What is left to do to the one data array, if anything; `provide_data` is before that.
    normalisation: Normalisation | None
    records: int
    part_records: int
    epoch: int
    step: int
    steps: int
    manifest: str
    spec: str
    batch_bytes: int
    # Slots that batches may lie in; 0 when they come as bytes.
    slots: int
    parameters: dict[str, Any]
    warnings: list[str]

    @property
    def delivered_data(self) -> list[DataDesc]:
        """`provide_data` as the user gets it."""
        if self.normalisation is None:
            return self.provide_data
        return [self.normalisation.described(desc) for desc in self.provide_data]


def parse_opened(fields: dict[str, Any]) -> Opened:
    """Raises ProtocolError when a member is missing or of another type."""
    warnings = fields.get("warnings", [])
    parameters = fields.get("parameters", {})
    provide_data = _descs(fields, "provide_data")
    return Opened(
        iterator=_text(fields, "iterator"),
        batch_size=count(fields, "batch_size", "OPENED"),
        num_parts=count(fields, "num_parts", "OPENED"),
        part_index=count(fields, "part_index", "OPENED"),
        provide_data=provide_data,
        provide_label=_descs(fields, "provide_label"),
        normalisation=_normalisation(fields.get("normalise"), provide_data),
        records=count(fields, "records", "OPENED"),
        part_records=count(fields, "part_records", "OPENED"),
        epoch=count(fields, "epoch", "OPENED"),
        step=count(fields, "step", "OPENED"),
        steps=count(fields, "steps", "OPENED"),
        manifest=_text(fields, "manifest"),
        spec=_text(fields, "spec"),
        batch_bytes=count(fields, "batch_bytes", "OPENED"),
        slots=count(fields, "slots", "OPENED") if "slots" in fields else 0,
        parameters=parameters if isinstance(parameters, dict) else {},
        warnings=[str(warning) for warning in warnings] if isinstance(warnings, list) else [],
    )


def count(fields: dict[str, Any], name: str, message: str) -> int:
    """A member that must be a number of things."""
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise ProtocolError(f"{message}: {name} is {value!r:.60}, not a count", code="bad_request", scope="connection")
    return value


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"OPENED: {name} is {value!r:.60}, not text", code="bad_request", scope="connection")
    return value


def _descs(fields: dict[str, Any], name: str) -> list[DataDesc]:
    entries = fields.get(name)
    if not isinstance(entries, list):
        raise ProtocolError(f"OPENED: {name} is missing", code="bad_request", scope="connection")
    descs = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("shape"), list):
            raise ProtocolError(f"OPENED: {name} has the entry {entry!r:.100}", code="bad_request", scope="connection")
        shape = tuple(count({"extent": extent}, "extent", f"OPENED, {name}") for extent in entry["shape"])
        dtype, layout = entry.get("dtype"), entry.get("layout")
        if not isinstance(entry.get("name"), str) or not isinstance(dtype, str) or not isinstance(layout, str):
            raise ProtocolError(f"OPENED: {name} has the entry {entry!r:.100}", code="bad_request", scope="connection")
        descs.append(_desc(entry, shape, numpy_dtype(dtype)))
    return descs


def _desc(entry: dict[str, Any], shape: tuple[int, ...], dtype: Any) -> DataDesc:
    storage = entry.get("storage")
    if storage is None:
        return DataDesc(entry["name"], shape, dtype, entry["layout"])
    if storage != "csr" or len(shape) != 2:
        raise ProtocolError(
            f"OPENED: {entry['name']!r:.60} has the unknown storage {storage!r:.60}", code="bad_request", scope="connection"
        )
    capacity = count(entry, "capacity", "OPENED")
    return SparseDesc(entry["name"], shape, dtype, entry["layout"], capacity)


def _normalisation(fields: Any, data: list[DataDesc]) -> Normalisation | None:
    """What OPENED leaves to the client; ``data`` is ``provide_data``."""
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise _refused(fields)
    desc = data[0] if len(data) == 1 else None
    dtype, formula = fields.get("dtype"), fields.get("formula")
    if desc is None or desc.dtype != "uint8" or sorted(desc.layout) != sorted("NCHW") or desc.layout[0] != "N":
        raise _refused(fields)
    if len(desc.shape) != 4 or dtype not in ("float16", "float32", "float64") or formula not in FORMULAS:
        raise _refused(fields)
    channels = desc.shape[desc.layout.index("C")]
    mean, std, scale = fields.get("mean"), fields.get("std"), fields.get("scale")
    if not isinstance(mean, list) or not isinstance(std, list) or len(mean) != channels or len(std) != channels:
        raise _refused(fields)
    if not all(map(_is_number, (*mean, *std, scale))) or min(std) <= 0:
        raise _refused(fields)
    return Normalisation(numpy_dtype(dtype), desc.layout, tuple(mean), tuple(std), float(fields["scale"]), formula)


def _is_number(value: Any) -> bool:
    """Whether it is a number that float32 has room for."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 3e38


def _refused(fields: Any) -> ProtocolError:
    return ProtocolError(
        f"OPENED leaves the client arithmetic that it does not know: normalise is {fields!r:.200}",
        code="bad_request",
        scope="connection",
    )
