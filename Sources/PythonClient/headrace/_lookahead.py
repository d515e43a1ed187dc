"""A thread that reads one batch ahead from an iterator."""

from __future__ import annotations

import queue
import threading
import weakref
from typing import Any

from ._batch import DataBatch
from .errors import DeadlineError


class Outcome:
    """What came of asking an iterator for its next batch: the batch, its end, or an exception."""

    __slots__ = ("batch", "error")

    def __init__(self, batch: DataBatch | None, error: BaseException | None) -> None:
        self.batch = batch
        self.error = error


class Lookahead:
    """Asks an iterator for batches on a thread of its own, one at a time.

    ``ask`` and ``wait`` alternate. The thread holds no reference to this object, so it ends with it.
    """

    def __init__(self, iterator: Any, name: str) -> None:
        self.name = name
        self._requests: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._asked = False
        self._outcome: Outcome | None = None
        self._thread = threading.Thread(
            target=_serve, args=(iterator, self._requests, self._outcomes), name=f"headrace {name}", daemon=True
        )
        self._thread.start()
        self._finalizer = weakref.finalize(self, self._requests.put, False)

    def ask(self) -> None:
        """Has the next batch read. Returns at once."""
        self._asked = True
        self._outcome = None
        self._requests.put(True)

    def wait(self, seconds: float) -> Outcome | None:
        """What was asked for; the same until the next ``ask``. None when nothing was asked for.

        Raises:
            DeadlineError: it takes longer. It can be waited for again.
        """
        if self._asked and self._outcome is None:
            try:
                self._outcome = self._outcomes.get(timeout=seconds)
            except queue.Empty:
                raise DeadlineError(
                    f"{self.name} gave no batch within {seconds:g} s", hint="deadline=… allows more", retryable=True
                ) from None
        return self._outcome

    def forget(self) -> None:
        """Drops what was waited for."""
        self._asked = False
        self._outcome = None

    def close(self) -> None:
        """Ends the thread, after the batch that it is reading."""
        self._finalizer()


def _serve(iterator: Any, requests: queue.SimpleQueue[bool], outcomes: queue.SimpleQueue[Outcome]) -> None:
    while requests.get():
        try:
            outcomes.put(Outcome(iterator.next(), None))
        except StopIteration:
            outcomes.put(Outcome(None, None))
        except BaseException as error:
            # Whatever it is belongs to whoever waits for the batch.
            outcomes.put(Outcome(None, error))
