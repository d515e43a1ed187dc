"""The daemon that a client starts for its own process: found, started, shared, restarted, ended, cleaned up."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

import headrace
from headrace import _endpoint, _private_daemon

HERE = Path(__file__).resolve().parent


@pytest.fixture(autouse=True)
def private(tmp_path, monkeypatch):
    """No other server, the stand-in as the daemon, and a temporary directory of the test's own."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setattr(_endpoint, "DEFAULT_SOCKET", str(tmp_path / "nobody.sock"))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("HEADRACED", str(HERE / "fake_headraced.py"))
    monkeypatch.setenv("FAKE_HEADRACED_LOG", str(tmp_path / "log"))
    monkeypatch.setattr(_private_daemon, "_running", None)
    yield tmp_path
    _private_daemon._stop_at_exit()
    assert list(temporary.iterdir()) == []


def started(private):
    log = private / "log"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def ended(pid):
    """Waits for the end of a process that is not a child of ours; False after ten seconds."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(10_000))
    finally:
        os.close(fd)


def test_one_daemon_serves_all_clients_of_a_process(private):
    first, second = headrace.connect(), headrace.connect()
    assert first.url == second.url and first.url.startswith(f"unix:{private}/t/headrace-private-")
    assert len(list(first.open("a"))) == len(list(second.open("b"))) == 5
    (pid,) = started(private)
    assert os.getsid(pid) == pid, "Ctrl-C at the terminal would reach the daemon"
    assert oct(os.stat(os.path.dirname(first.url[5:])).st_mode & 0o777) == "0o700"
    _private_daemon._stop_at_exit()
    assert ended(pid)


def test_a_server_at_the_default_place_is_preferred(private, server, monkeypatch):
    monkeypatch.setattr(_endpoint, "DEFAULT_SOCKET", server.path)
    assert headrace.connect().url == server.url
    assert started(private) == []


def test_a_daemon_that_died_is_started_again_and_the_stream_goes_on(private):
    stream = headrace.connect().open("train")
    assert stream.next().step == 0
    (first,) = started(private)
    os.kill(first, signal.SIGKILL)
    assert [batch.step for batch in stream] == [1, 2, 3, 4]
    assert len(started(private)) == 2


def test_a_daemon_that_dies_while_a_client_connects_is_replaced(private, monkeypatch):
    monkeypatch.setattr(_private_daemon, "_DEATH_SECONDS", 60)
    headrace.connect()
    (first,) = started(private)
    os.kill(first, signal.SIGSTOP)
    killer = threading.Timer(0.3, os.kill, (first, signal.SIGKILL))
    killer.start()
    # The kernel takes the connection for the stopped one, and drops it when it dies.
    stream = headrace.connect().open("train")
    killer.join()
    assert [batch.step for batch in stream] == [0, 1, 2, 3, 4]
    assert len(started(private)) == 2


def test_a_daemon_that_fails_is_reported_with_its_last_words(monkeypatch):
    monkeypatch.setenv("FAKE_HEADRACED", "fails")
    with pytest.raises(headrace.DaemonStartError, match="exit status 1") as caught:
        headrace.connect()
    assert "no memory for anything" in str(caught.value)


def test_a_daemon_that_is_never_ready_is_given_up(monkeypatch):
    monkeypatch.setenv("FAKE_HEADRACED", "silent")
    monkeypatch.setattr(_private_daemon, "_STOP_SECONDS", 0.1)
    with pytest.raises(headrace.DaemonStartError, match=r"not ready within 0\.3 s"):
        headrace.connect(timeout=0.3)


def test_a_program_that_is_something_else_is_noticed(monkeypatch):
    monkeypatch.setenv("FAKE_HEADRACED", "chatty")
    with pytest.raises(headrace.DaemonStartError, match="'hello"):
        headrace.connect()


def test_a_daemon_that_does_not_end_is_killed(private, monkeypatch):
    monkeypatch.setenv("FAKE_HEADRACED", "stubborn")
    monkeypatch.setattr(_private_daemon, "_STOP_SECONDS", 0.1)
    headrace.connect()
    (pid,) = started(private)
    _private_daemon._stop_at_exit()
    assert ended(pid)


@pytest.mark.parametrize("value", ["/nonexistent/headraced", __file__])
def test_a_named_binary_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("HEADRACED", value)
    with pytest.raises(headrace.DaemonStartError, match="HEADRACED"):
        headrace.connect()


def test_the_binary_is_found_on_the_path_then_in_the_checkout(private, monkeypatch):
    monkeypatch.delenv("HEADRACED")
    monkeypatch.setenv("PATH", str(private))
    shutil.copy("/bin/true", private / "headraced")
    assert _private_daemon.find_binary() == str(private / "headraced")
    (private / "headraced").unlink()
    monkeypatch.setattr(_private_daemon, "__file__", str(private / "Sources" / "PythonClient" / "headrace" / "x.py"))
    with pytest.raises(headrace.DaemonStartError, match="the PATH and the source checkout"):
        _private_daemon.find_binary()
    built = private / ".build" / "release" / "headraced"
    built.parent.mkdir(parents=True)
    shutil.copy("/bin/true", built)
    (private / "Package.swift").touch()
    assert _private_daemon.find_binary() == str(built)


def test_a_forked_child_starts_its_own_and_does_not_keep_the_parents_alive(private):
    stream = headrace.connect().open("train")
    assert stream.next().step == 0
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            assert [batch.step for batch in stream] == [1, 2, 3, 4]
            os.write(writing, str(started(private)[-1]).encode())
            stream.close()
            _private_daemon._stop_at_exit()
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    own = int(os.read(reading, 20))
    os.close(reading)
    first, second = started(private)
    assert own == second != first and ended(second)
    assert [batch.step for batch in stream] == [1, 2, 3, 4]


PROGRAM = """
    import os, signal, sys, tempfile
    sys.path[:0] = {paths!r}
    import headrace
    from headrace import _endpoint
    _endpoint.DEFAULT_SOCKET = "/nonexistent/data.sock"
    stream = headrace.connect().open("train")
    assert stream.next().step == 0
    if os.fork() == 0:
        # A child that outlives its parent must not keep the parent's daemon.
        signal.pause()
    print("started", os.getpid(), flush=True)
    {end}
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(0)", "raise ValueError('x')"])
def test_the_daemon_ends_with_its_process_however_that_ends(private, end):
    paths = [str(Path(headrace.__file__).parents[1])]
    program = textwrap.dedent(PROGRAM).format(paths=paths, end=end)
    environment = os.environ | {"TMPDIR": str(private / "t")}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline().startswith(b"started")
        process.wait(20)
        (pid,) = started(private)
        assert ended(pid)
        left = list((private / "t").iterdir())
        assert bool(left) == ("SIGKILL" in end)
        # What a killed process leaves behind, the next one clears away; not at once, for it could be just starting.
        _private_daemon._sweep()
        assert list((private / "t").iterdir()) == left
        for directory in left:
            os.utime(directory, (time.time() - 120,) * 2)
        _private_daemon._sweep()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()


def test_a_directory_in_use_is_not_cleared_away(private):
    client = headrace.connect()
    directory = Path(client.url[5:]).parent
    os.utime(directory, (time.time() - 120,) * 2)
    _private_daemon._sweep()
    assert directory.exists()
