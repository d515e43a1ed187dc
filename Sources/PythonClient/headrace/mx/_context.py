"""Contexts: names of devices. Arrays are always in main memory, whatever the context."""

from __future__ import annotations

from typing import Any


class Context:
    """A device's name, which MXNet's functions take as ``ctx``. It has no effect here."""

    def __init__(self, device_type: Any, device_id: int = 0) -> None:
        if isinstance(device_type, Context):
            self.device_type: str = device_type.device_type
            self.device_id: int = device_type.device_id
        else:
            self.device_type, self.device_id = str(device_type), device_id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def cpu(device_id: int = 0) -> Context:
    """Main memory."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """A GPU by name; arrays stay in main memory, and the training framework takes them from there."""
    return Context("gpu", device_id)


def current_context() -> Context:
    """Where arrays are."""
    return cpu()


def num_gpus() -> int:
    """0: this package uses none."""
    return 0
