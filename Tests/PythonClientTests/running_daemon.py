"""A real `headraced` with a configuration of the test's own, and small data sets to serve."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace import recordio


def binary(name: str, variable: str) -> str:
    """The program that `variable` names; skips, saying so, where there is none."""
    path = os.environ.get(variable)
    if not path:
        pytest.skip(f"${variable} does not name a built {name}")
    return path


def photographs() -> list[Path]:
    return sorted((Path(__file__).resolve().parents[1] / "Fixtures" / "photos").rglob("*.jpg"))


def make_records(path: Path, images: list[bytes], label=lambda i: float(i)) -> Path:
    """A .rec file with its .idx beside it."""
    writer = recordio.MXIndexedRecordIO(str(path.with_suffix(".idx")), str(path), "w")
    for i, image in enumerate(images):
        writer.write_idx(i, recordio.pack(recordio.IRHeader(0, label(i), i, 0), image))
    writer.close()
    return path


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 30) -> None:
    """Looks again and again: a daemon lets go of a connection, and of what it had, after its client has gone."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{seconds:g} s have passed without {what}"
        time.sleep(0.01)


# For every daemon of the tests: all their connections come from one user, and faster than the limits on that allow.
UNHURRIED = {
    "HEADRACE_LIMITS_CONNECTS_PER_SECOND": "1000000", "HEADRACE_LIMITS_CONNECTS_PER_SECOND_PER_CLIENT": "1000000"
}  # fmt: skip


class RunningDaemon:
    """Started by `with`; stopped with SIGTERM at its end, and killed when that takes too long."""

    def __init__(self, directory: Path, configuration: str = "", open_files: tuple[int, int] | None = None):
        """
        Args:
            open_files: its soft and hard limit of open files; None leaves it this process's.
        """
        self.directory = directory
        self.socket = directory / "data.sock"
        self.admin = directory / "admin.sock"
        self.state = directory / "state"
        self.state.mkdir(exist_ok=True)
        self.config = directory / "headraced.yaml"
        self.config.write_text(configuration.format(directory=directory))
        self.log = directory / "log"
        self.open_files_limit = open_files
        # A test of these limits has them in its configuration.
        sets_pace = "connects_per_second" in configuration
        self.environment = {key: value for key, value in os.environ.items() if not (sets_pace and key in UNHURRIED)}
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> RunningDaemon:
        self.process = subprocess.Popen(
            [binary("headraced", "HEADRACED"), "--config", str(self.config)],
            stdout=subprocess.DEVNULL, stderr=self.log.open("wb"), env=self.environment,
            preexec_fn=self.open_files_limit
            and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, self.open_files_limit)))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"headraced ended with {self.process.returncode}: {self.log.read_text()}")
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(str(self.admin))
                    probe.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
                    if b" 200 " in probe.recv(4096):
                        return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"headraced is not ready after 30 s: {self.log.read_text()}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("headraced did not stop within 30 s of SIGTERM")

    def page(self, path: str):
        """The JSON of an admin page."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.admin))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: headrace\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        head, body = answer.split(b"\r\n\r\n", 1)
        assert b" 200 " in head, answer
        return json.loads(body)

    @property
    def url(self) -> str:
        return f"unix:{self.socket}"

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


BASE = """
listen:
  unix: {{path: {directory}/data.sock}}
admin: {{path: {directory}/admin.sock}}
state_directory: {directory}/state
roots: ["{directory}"]
"""
