"""One module for each program that is measured. Each has `open_source(workload, contender, prefix, threads)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class Unavailable(Exception):
    """What was to be measured is not there; the message says what is missing."""


class Source(Protocol):
    """An opened iterator, in the process that measures it."""

    # Other processes that work for it.
    processes: list[int]
    # What was measured: names and versions.
    versions: dict[str, str]

    def epoch(self) -> Iterator[tuple[Any, Any]]:
        """Batches of one epoch: data and labels, as NumPy arrays that are valid until the next is asked for."""
        ...

    def reset(self) -> None:
        """Makes the next epoch ready to be read."""
        ...

    def close(self) -> None: ...
