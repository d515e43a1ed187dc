"""Headrace: a daemon of the measurement's own and the Python client, over each transport."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from accounting import is_in_memory_file
from workloads import Contender, Workload

from . import Unavailable

REPOSITORY = Path(__file__).resolve().parents[3]
# The argument of `headrace.connect` with which a client on the daemon's machine declines shared memory.
SHARED_MEMORY_OPTION = "shared_memory"


def program(name: str, variable: str) -> str:
    """The path of a built program: what the environment says, else the checkout's release build."""
    path = os.environ.get(variable) or str(REPOSITORY / ".build" / "release" / name)
    if not os.access(path, os.X_OK):
        raise Unavailable(f"{path} is missing; build it with: swift build -c release, or name it in ${variable}")
    return path


class Daemon:
    """A `headraced` that serves a Unix socket and a TCP port, and ends with this process.

    `state` is a folder in which it remembers what scans find out; without it, what it remembers goes with it.
    `limits` are those of its configuration.
    """

    def __init__(self, threads: int, root: str, state: str | None = None, limits: dict[str, int] | None = None):
        binary = program("headraced", "HEADRACED")
        self._folder = tempfile.TemporaryDirectory(prefix="headrace-benchmark-")
        folder = self._folder.name
        configuration = {
            "listen": {
                "unix": {"path": f"{folder}/data.sock"},
                "tcp": {"host": "127.0.0.1", "port": 0, "insecure": True},
            },
            "admin": {"path": f"{folder}/admin.sock"},
            "state_directory": state or f"{folder}/state",
            "roots": [root],
            "threads": threads,
            "limits": limits or {},
            "log": {"format": "json"},
        }
        # JSON is YAML.
        Path(f"{folder}/headraced.yaml").write_text(json.dumps(configuration))
        self._process = subprocess.Popen(
            [binary, "--config", f"{folder}/headraced.yaml", "--exit-with-stdin"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.unix = f"unix:{folder}/data.sock"
        self.tcp = self._wait_until_ready()
        # A full pipe would stop the daemon.
        threading.Thread(target=self._process.stderr.read, daemon=True).start()

    def _wait_until_ready(self) -> str:
        """The TCP address, which the daemon logs, as the port is its choice."""
        tcp, lines = "", []
        for line in self._process.stderr:
            lines.append(line)
            if "tcp://" in line:
                tcp = "tcp://" + line.partition("tcp://")[2].split('"')[0].split(",")[0]
            if '"ready"' in line:
                return tcp
        raise Unavailable(f"headraced ended before it was ready: {' '.join(lines[-3:]).strip()}")

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._folder.cleanup()


class HeadraceSource:
    def __init__(self, workload: Workload, contender: Contender, prefix: str, threads: int):
        sys.path.insert(0, str(REPOSITORY / "Sources" / "PythonClient"))
        import headrace
        import numpy

        self._daemon = Daemon(threads, os.path.dirname(os.path.abspath(prefix)))
        self._transport = contender.transport
        options: dict[str, Any] = {}
        if self._transport == "unix" and SHARED_MEMORY_OPTION in inspect.signature(headrace.connect).parameters:
            options[SHARED_MEMORY_OPTION] = False
        url = self._daemon.tcp if self._transport == "tcp" else self._daemon.unix
        self._client = headrace.connect(url, **options)
        try:
            self._stream = self._client.open(
                iterator=workload.iterator, **workload.arguments(prefix, threads), **contender.extra)
        except headrace.errors.BadParameterError as error:
            # A workload's own parameters are all known.
            if not contender.extra:
                raise
            raise Unavailable(str(error).splitlines()[0]) from error
        self.processes = [self._daemon.pid]
        self.versions = {"headrace": headrace.__version__, "numpy": numpy.__version__}

    def epoch(self) -> Iterator[tuple[Any, Any]]:
        for batch in self._stream:
            self._check(batch.data[0])
            yield batch.data[0], batch.label[0]

    def _check(self, array: Any) -> None:
        """That the first batch came on the way that is to be measured."""
        wanted = {"memfd": True, "unix": False, "tcp": False}.get(self._transport)
        self._transport = ""
        if wanted is not None and is_in_memory_file(array.ctypes.data) != wanted:
            raise Unavailable("batches do not come in shared memory" if wanted else "shared memory cannot be declined")

    def reset(self) -> None:
        self._stream.reset()

    def close(self) -> None:
        self._client.close()
        self._daemon.close()


def open_source(workload: Workload, contender: Contender, prefix: str, threads: int) -> HeadraceSource:
    return HeadraceSource(workload, contender, prefix, threads)
