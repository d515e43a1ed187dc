"""Who may read the pages of the admin socket and who may act, on a real daemon."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
import subprocess
import sys

import pytest
from administered_daemon import post
from running_daemon import BASE, RunningDaemon, binary


def open_to_all(directory):
    """Other users may pass through the folders of a test's files."""
    for folder in [directory, *directory.parents]:
        if str(folder).startswith("/tmp/") and stat.S_IMODE(folder.stat().st_mode) & 0o011 != 0o011:
            folder.chmod(0o711)


# What the daemon of these tests runs as may do everything, so others ask.
ASK = """
import os, socket, sys
path, method, page, gid, *groups = sys.argv[1:]
os.setgroups([int(group) for group in groups]); os.setgid(int(gid)); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as s:
    s.connect(path)
    s.sendall(f"{method} {page} HTTP/1.0\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
    print(s.recv(4096).split()[1].decode())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as members of several groups")
def test_readers_read_administrators_act_and_strangers_do_neither(tmp_path):
    import grp

    names = {entry.gr_gid: entry.gr_name for entry in grp.getgrall() if 0 < entry.gr_gid < 1000}
    administrators, readers, others = sorted(names)[:3]
    groups = "admin: {{path: {directory}/admin.sock, group: ADMINS, readers: READERS}}\n"
    groups = groups.replace("ADMINS", names[administrators]).replace("READERS", names[readers])
    configuration = re.sub(r"admin: .*\n", lambda _: groups, BASE)
    open_to_all(tmp_path)
    with RunningDaemon(tmp_path, configuration) as daemon:
        assert stat.S_IMODE(daemon.admin.stat().st_mode) == 0o666

        def ask(method, page, *ids):
            done = subprocess.run(
                [sys.executable, "-c", ASK, str(daemon.admin), method, page, *map(str, ids)],
                capture_output=True, text=True, timeout=30)  # fmt: skip
            assert done.returncode == 0, done.stderr
            return int(done.stdout)

        reload = ("POST", "/v1/reload")
        read = ("GET", "/v1/status")
        assert (ask(*read, administrators), ask(*reload, administrators)) == (200, 200)
        assert (ask(*read, others, administrators), ask(*reload, others, administrators)) == (200, 200)
        assert (ask(*read, readers), ask(*reload, readers)) == (200, 403)
        assert (ask(*read, others, readers), ask(*reload, others, others, readers)) == (200, 403)
        assert (ask(*read, others), ask(*reload, others)) == (403, 403)
        assert (ask("GET", "/metrics", others), ask("GET", "/nothing", others)) == (403, 403)
        assert post(daemon, "/v1/reload")[0] == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as members of several groups")
@pytest.mark.parametrize("readers", [False, True])
def test_of_a_socket_that_systemd_opens_the_files_group_administers(tmp_path, readers):
    import grp

    names = {entry.gr_gid: entry.gr_name for entry in grp.getgrall() if 0 < entry.gr_gid < 1000}
    administrators, reading, others = sorted(names)[:3]
    open_to_all(tmp_path)
    path, config = tmp_path / "admin.sock", tmp_path / "h.yaml"
    config.write_text(BASE.replace("admin: {{path: {directory}/admin.sock}}\n", "").format(directory=tmp_path))
    if readers:
        config.write_text(config.read_text() + f"admin: {{readers: {names[reading]}}}\n")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        os.chown(path, -1, administrators)
        path.chmod(0o666)
        listening.listen()

        def hand_over():
            os.dup2(listening.fileno(), 3)
            os.set_inheritable(3, True)

        starter = 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=admin exec "$@"'
        daemon = subprocess.Popen(
            ["sh", "-c", starter, "sh", binary("headraced", "HEADRACED"), "--config", str(config)],
            preexec_fn=hand_over, close_fds=False, stderr=(tmp_path / "log").open("wb"))  # fmt: skip
    try:

        def ask(method, page, *ids):
            done = subprocess.run(
                [sys.executable, "-c", ASK, str(path), method, page, *map(str, ids)],
                capture_output=True, text=True, timeout=60)  # fmt: skip
            assert done.returncode == 0, done.stderr + (tmp_path / "log").read_text()
            return int(done.stdout)

        read, reload = ("GET", "/v1/status"), ("POST", "/v1/reload")
        assert (ask(*read, others, administrators), ask(*reload, administrators)) == (200, 200)
        assert (ask(*read, reading), ask(*reload, reading)) == ((200, 403) if readers else (403, 403))
        assert (ask(*read, others), ask(*reload, others)) == (403, 403)
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0


# Keeps what it can of 100 connections until its input ends.
HOG = """
import os, select, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
connections = [socket.socket(socket.AF_UNIX) for _ in range(100)]
for connection in connections:
    connection.connect(sys.argv[1])
while len(connections) > 64:
    for connection in select.select(connections, [], [])[0]:
        assert connection.recv(1) == b""
        connections.remove(connection)
print("full", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_strangers_do_not_keep_others_out(tmp_path):
    import grp

    group = "admin: {{path: {directory}/admin.sock, group: GROUP}}\n".replace("GROUP", grp.getgrgid(0).gr_name)
    open_to_all(tmp_path)
    with RunningDaemon(tmp_path, re.sub(r"admin: .*\n", lambda _: group, BASE)) as daemon:
        stranger = subprocess.Popen(
            [sys.executable, "-c", HOG, str(daemon.admin)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert stranger.stdout.readline() == "full\n"
        assert daemon.page("/v1/status")["state"] == "ready"
        stranger.communicate("")


def test_readers_over_tcp_do_not_keep_an_administrator_out(tmp_path):
    with contextlib.ExitStack() as stack, RunningDaemon(tmp_path, BASE + "http: {{host: 127.0.0.1, port: 0}}\n") as daemon:
        number = int(re.search(r"admin pages address=tcp://127\.0\.0\.1:(\d+)", daemon.log.read_text())[1])
        refused = 0
        for _ in range(64):
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", number), timeout=20))
            # Answered, and kept open; closed when there are too many.
            try:
                reader.sendall(b"GET /healthz HTTP/1.1\r\nHost: headrace\r\n\r\n")
                refused += reader.recv(1) == b""
            except ConnectionError:
                refused += 1
        assert 0 < refused < 64
        assert daemon.page("/v1/status")["state"] == "ready"


def test_a_group_that_is_not_there_keeps_the_daemon_from_starting(tmp_path):
    configuration = re.sub(r"admin: .*\n", "admin: {{path: {directory}/admin.sock, group: no-such-group}}\n", BASE)
    with pytest.raises(AssertionError, match="no group 'no-such-group', which 'admin.group' names"):
        RunningDaemon(tmp_path, configuration).__enter__()
