"""How long a call may take."""

from __future__ import annotations

import time


class Deadline:
    """A point in time, and how long it was away when it was set."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        return max(0.0, self._end - time.monotonic())
