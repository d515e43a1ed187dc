"""What OPENED says of a stream, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._batch import DataDesc, SparseDesc, numpy_dtype
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


def parse_opened(fields: dict[str, Any]) -> Opened:
    """Raises ProtocolError when a member is missing or of another type."""
    warnings = fields.get("warnings", [])
    parameters = fields.get("parameters", {})
    return Opened(
        iterator=_text(fields, "iterator"),
        batch_size=count(fields, "batch_size", "OPENED"),
        num_parts=count(fields, "num_parts", "OPENED"),
        part_index=count(fields, "part_index", "OPENED"),
        provide_data=_descs(fields, "provide_data"),
        provide_label=_descs(fields, "provide_label"),
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
