"""A bare socket: as many bytes as the workload's batches have, from one process's memory into another's, and nothing else.

The least that a way over sockets can cost on this machine, in the same run. As in the real thing, batches lie in several blocks of
memory on both sides, which together are larger than the processor's caches.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

BLOCKS = 3
BATCHES_PER_EPOCH = 16


def _send(descriptor: int, size: int) -> None:
    """The other process: sends blocks in turn until nobody reads any more."""
    blocks = [memoryview(bytearray(os.urandom(1 << 16) * -(-size // (1 << 16)))[:size]) for _ in range(BLOCKS)]
    with socket.socket(fileno=descriptor) as connection:
        try:
            while True:
                for block in blocks:
                    connection.sendall(block)
        except (BrokenPipeError, ConnectionResetError):
            pass


def _tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    return ours, theirs


class BareSource:
    def __init__(self, shape: tuple[int, ...], dtype: str, transport: str):
        import numpy

        self._blocks = [numpy.zeros(shape, dtype) for _ in range(BLOCKS)]
        self._views = [memoryview(block).cast("B") for block in self._blocks]
        self._socket, theirs = _tcp_pair() if transport == "tcp" else socket.socketpair(socket.AF_UNIX)
        with theirs:
            command = [sys.executable, __file__, str(theirs.fileno()), str(self._blocks[0].nbytes)]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        self.processes = [self._process.pid]
        self.versions = {"numpy": numpy.__version__}

    def epoch(self) -> Iterator[tuple[Any, Any]]:
        for number in range(BATCHES_PER_EPOCH):
            place = number % BLOCKS
            view = self._views[place]
            # The kernel waits for the whole batch: fewer calls than a program has that waits for events.
            while len(view) > 0:
                count = self._socket.recv_into(view, 0, socket.MSG_WAITALL)
                if count == 0:
                    raise ConnectionError("the sending process ended")
                view = view[count:]
            yield self._blocks[place], None

    def reset(self) -> None:
        pass  # The next bytes are as good as the first.

    def close(self) -> None:
        self._socket.close()
        self._process.wait(30)


def open_source(workload: Any, contender: Any, prefix: str, threads: int) -> BareSource:
    from workloads import BATCH_SIZE, SIDE

    return BareSource((BATCH_SIZE, 3, SIDE, SIDE), workload.dtype, contender.transport)


if __name__ == "__main__":
    _send(int(sys.argv[1]), int(sys.argv[2]))
