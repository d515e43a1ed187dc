"""Streams that are read at the same time, each batch compared with what it must be; and what their daemon uses meanwhile."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from accounting import process_cpu_seconds

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Sources" / "PythonClient"))
import headrace  # noqa: E402  the repository's own client, found through the line above


class Usage(NamedTuple):
    """What a process uses now."""

    cpu_seconds: float
    resident_bytes: int
    peak_bytes: int
    # The daemon's own: what it starts, it names.
    threads: int
    # Of the concurrency runtime, which starts and ends them as it likes.
    runtime_threads: int
    # Open descriptors but for those of memory files.
    files: int
    memory_files: int

    @classmethod
    def of(cls, process: int) -> Usage:
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
        files = {True: 0, False: 0}
        for name in os.listdir(f"/proc/{process}/fd"):
            with contextlib.suppress(FileNotFoundError):
                files["memfd:" in os.readlink(f"/proc/{process}/fd/{name}")] += 1
        threads = {True: 0, False: 0}
        for name in os.listdir(f"/proc/{process}/task"):
            # The kernel says ENOENT or ESRCH of a thread that has just ended.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                threads["-qos" in Path(f"/proc/{process}/task/{name}/comm").read_text()] += 1
        return cls(
            process_cpu_seconds(process), int(fields["VmRSS"].split()[0]) * 1024, int(fields["VmHWM"].split()[0]) * 1024,
            threads[False], threads[True], files[False], files[True])  # fmt: skip


class Readers:
    """So many streams of the same data, a thread each, from their opening to the end of the block."""

    def __init__(self, url: str, count: int, **opening: object) -> None:
        """
        Args:
            opening: what ``Client.open`` takes. Every epoch must be the same: no shuffling, no random augmentation.
        """
        self.url = url
        self.opening = opening
        self.batches = [0] * count
        self.images = [0] * count
        self._failure: BaseException | None = None
        self._goal = [0] * count
        self._ended = False
        self._changed = threading.Condition()
        with headrace.connect(url, timeout=60, open_timeout=60) as client, client.open(**opening) as stream:
            self._expected = [(batch.data[0].copy(), batch.label[0].copy(), batch.pad) for batch in stream]
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(count)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        for thread in self._threads:
            thread.join()

    def _read(self, number: int) -> None:
        try:
            with headrace.connect(self.url, timeout=60, open_timeout=60, reconnect=0) as client:
                stream = client.open(**self.opening)
                while not self._ended:
                    for batch in stream:
                        data, label, pad = self._expected[batch.step]
                        if batch.pad != pad or not (
                            np.array_equal(batch.data[0], data) and np.array_equal(batch.label[0], label)
                        ):
                            raise AssertionError(f"stream {number}: batch {batch.step} of epoch {batch.epoch} is wrong")
                        with self._changed:
                            self.batches[number] += 1
                            self.images[number] += len(label) - pad
                            if self.batches[number] == self._goal[number]:
                                self._changed.notify_all()
                        if self._ended:
                            break
                    else:
                        stream.reset()
                stream.close()
        except BaseException as error:  # whatever it is, it belongs to the thread that waits
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def advance(self, batches: int, seconds: float = 60) -> None:
        """Waits until every stream has delivered so many more batches.

        Raises:
            AssertionError: a batch was wrong, a stream failed, or they did not get so far in ``seconds``.
        """
        with self._changed:
            self._goal = goal = [count + batches for count in self.batches]
            is_there = self._changed.wait_for(
                lambda: self._failure or all(map(int.__ge__, self.batches, goal)), timeout=seconds)
        if self._failure:
            raise AssertionError(f"a stream failed: {self._failure!r}") from self._failure
        behind = [number for number, count in enumerate(self.batches) if count < goal[number]]
        assert is_there, f"after {seconds} s these streams have not delivered {batches} batches: {behind}"

    def measure(self, process: int, batches: int) -> dict:
        """What the daemon uses while every stream delivers so many batches."""
        images, before, start = sum(self.images), Usage.of(process), time.monotonic()
        self.advance(batches)
        after, end = Usage.of(process), time.monotonic()
        images = sum(self.images) - images
        return {
            "images": images,
            "images_per_second": images / (end - start),
            "cpu_ms_per_image": (after.cpu_seconds - before.cpu_seconds) * 1000 / images,
            "cpu_seconds": after.cpu_seconds - before.cpu_seconds,
            "seconds": end - start,
        }
