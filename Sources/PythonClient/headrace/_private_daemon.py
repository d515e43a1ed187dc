"""A daemon of this process's own, started when no server is named and none listens at the default place.

It serves one Unix socket in a temporary directory. Its standard input is a pipe whose other end only this process
holds, so it ends when this process does, however that happens.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .errors import DaemonStartError

_PREFIX = "headrace-private-"
_LOCK_NAME = "lock"
_STOP_SECONDS = 5.0
# What the kernel may need to take a killed process apart; its sockets go first.
_DEATH_SECONDS = 1.0
# sockaddr_un holds 108 bytes with the final zero.
_SOCKET_PATH_LIMIT = 107

_lock = threading.Lock()
_running: PrivateDaemon | None = None


def ensure(timeout: float) -> str:
    """The socket path of this process's private daemon, which is started when there is none or when it has died.

    Raises:
        DaemonStartError: when there is no binary, or it is not ready within ``timeout`` seconds.
    """
    global _running
    with _lock:
        if _running is not None and not _running.alive:
            _running.stop()
            _running = None
        if _running is None:
            _running = PrivateDaemon(timeout)
        return _running.socket_path


def is_dead(socket_path: str | None) -> bool:
    """Whether the daemon of that socket, which has dropped a connection, has ended or does so within a moment."""
    daemon = _running
    return daemon is None or daemon.socket_path != socket_path or daemon.ends_within(_DEATH_SECONDS)


def log_tail() -> str:
    """The end of the private daemon's log, or nothing."""
    daemon = _running
    return "" if daemon is None else daemon.log_tail()


def find_binary() -> str:
    """``$HEADRACED``, then ``headraced`` on the PATH, then the release build of the checkout this file lies in."""
    named = os.environ.get("HEADRACED")
    if named:
        if not os.access(named, os.X_OK):
            raise DaemonStartError(f"$HEADRACED is {named!r}, which is not an executable file")
        return named
    found = shutil.which("headraced")
    if found:
        return found
    checkout = Path(__file__).resolve().parents[3]
    built = checkout / ".build" / "release" / "headraced"
    if (checkout / "Package.swift").is_file() and os.access(built, os.X_OK):
        return str(built)
    raise DaemonStartError(
        "no server: $HEADRACE_URL is not set, nothing listens at /run/headrace/data.sock, and there is no headraced to "
        "start (looked at $HEADRACED, the PATH and the source checkout)",
        hint="install headraced, or give the address of a running one",
    )


class PrivateDaemon:
    """The child process, its directory and the pipe that keeps it alive."""

    def __init__(self, timeout: float) -> None:
        binary = find_binary()
        _sweep()
        self.directory = _make_directory()
        self.socket_path = os.path.join(self.directory, "data.sock")
        self._pid = os.getpid()
        self._log_path = os.path.join(self.directory, "headraced.log")
        # Held as long as this process lives; tells the sweep of a later process that the directory is in use.
        self._lock_fd = os.open(os.path.join(self.directory, _LOCK_NAME), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            with open(self._log_path, "wb") as log:
                self._process = subprocess.Popen(
                    [binary, "--private", "--socket", self.socket_path, "--exit-with-stdin"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    # Ctrl-C at the terminal is meant for the trainer.
                    start_new_session=True,
                )
        except BaseException as error:
            self._remove_directory()
            if isinstance(error, OSError):
                raise DaemonStartError(f"cannot start {binary}: {error.strerror}") from error
            raise
        try:
            self._wait_ready(binary, timeout)
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Running, and started by this very process rather than by the parent it was forked from."""
        return self._pid == os.getpid() and self._process.poll() is None

    def ends_within(self, seconds: float) -> bool:
        if self.alive:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        return not self.alive

    def _wait_ready(self, binary: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        stdout = self._process.stdout
        assert stdout is not None
        poll = select.poll()
        poll.register(stdout, select.POLLIN)
        line = b""
        while b"\n" not in line:
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise DaemonStartError(f"{binary} was not ready within {timeout:g} s{self._log_text()}")
            if not poll.poll(int(remaining * 1000) + 1):
                continue
            chunk = os.read(stdout.fileno(), 4096)
            if not chunk:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_STOP_SECONDS)
                raise DaemonStartError(
                    f"{binary} ended before it was ready, exit status {self._process.returncode}{self._log_text()}"
                )
            line = (line + chunk)[-65536:]
        if not line.startswith(b"ready"):
            raise DaemonStartError(f"{binary} said {line[:200]!r} where 'ready' was due{self._log_text()}")

    def log_tail(self) -> str:
        try:
            with open(self._log_path, "rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - 2000))
                return log.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def _log_text(self) -> str:
        tail = self.log_tail()
        return f"; the end of its log:\n{tail}" if tail else "; it logged nothing"

    def stop(self) -> None:
        """Ends the daemon and removes its directory. In a forked child it only lets go of the parent's daemon."""
        if self._pid != os.getpid():
            self.let_go()
            return
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._remove_directory()

    def _remove_directory(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock_fd)

    def let_go(self) -> None:
        """For a forked child: closes its copies of what keeps the parent's daemon alive and its directory in use."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(OSError):
            os.close(self._lock_fd)
        # Popen's destructor must not take the parent's child for its own.
        self._process.returncode = 0


def _make_directory() -> str:
    """A fresh directory that only this user can enter, whose path leaves room for a socket's name."""
    base = tempfile.gettempdir()
    if len(os.path.join(base, _PREFIX + "xxxxxxxx", "data.sock")) > _SOCKET_PATH_LIMIT:
        base = "/tmp"
    return tempfile.mkdtemp(prefix=_PREFIX, dir=base)


def _sweep() -> None:
    """Removes directories whose process was killed before it could: those whose lock nobody holds."""
    base = tempfile.gettempdir()
    for name in os.listdir(base):
        directory = os.path.join(base, name)
        if not name.startswith(_PREFIX):
            continue
        with contextlib.suppress(OSError):
            # Only directories of our own user; a young one may not have locked its file yet.
            status = os.lstat(directory)
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < 60:
                continue
            fd = os.open(os.path.join(directory, _LOCK_NAME), os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
            finally:
                os.close(fd)


def _forget_parent() -> None:
    global _running, _lock
    _lock = threading.Lock()
    daemon, _running = _running, None
    if daemon is not None:
        daemon.let_go()


def _stop_at_exit() -> None:
    daemon = _running
    if daemon is not None:
        daemon.stop()


atexit.register(_stop_at_exit)
os.register_at_fork(after_in_child=_forget_parent)
