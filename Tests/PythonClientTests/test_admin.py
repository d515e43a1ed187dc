"""The admin socket and the commands that use it, on a real daemon."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest
from conftest import CHECKOUT
from running_daemon import BASE, RunningDaemon, binary, make_records, photographs

import headrace

DATASET = """
datasets:
  photos:
    {{iterator: ImageRecordIter, path_imgrec: {directory}/p.rec, data_shape: [3, 32, 32], batch_size: 2, resize: 40}}
"""


@pytest.fixture
def daemon(tmp_path):
    make_records(tmp_path / "p.rec", [path.read_bytes() for path in photographs()][:8])
    with RunningDaemon(tmp_path, BASE + DATASET) as running:
        yield running


def tool(daemon, *arguments):
    """Exit status, output and errors of a command of `headrace`."""
    done = subprocess.run(
        [binary("headrace", "HEADRACE"), *arguments, "--socket", str(daemon.admin)],
        capture_output=True, text=True, timeout=30)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def curl(daemon, *arguments):
    """Status and body of a request."""
    done = subprocess.run(
        ["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "--unix-socket", str(daemon.admin), *arguments],
        capture_output=True, text=True, timeout=30)  # fmt: skip
    assert done.returncode == 0, done.stderr
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), body


def eventually(read, is_there):
    """What `read` gives once it is as it should be: an action is answered when it has begun."""
    deadline = time.monotonic() + 20
    while not is_there(found := read()):
        assert time.monotonic() < deadline, found
    return found


def streams(daemon, is_there):
    return eventually(lambda: daemon.page("/v1/streams")["streams"], is_there)


def post(daemon, path, *arguments):
    return curl(daemon, "-X", "POST", *arguments, "http://h" + path)


def test_a_stopped_stream_tells_its_client_and_the_next_one_opens(daemon):
    with headrace.connect(daemon.url) as client:
        stream = client.open("photos")
        next(iter(stream))
        (listed,) = daemon.page("/v1/streams")["streams"]
        assert (listed["dataset"], listed["paused"]) == ("photos", False)
        assert post(daemon, f"/v1/streams/{listed['id']}/stop")[0] == 202
        with pytest.raises(headrace.HeadraceError, match="administrator has stopped this stream") as caught:
            for _ in range(100):
                for _ in stream:
                    pass
                stream.reset()
        assert caught.value.code == "stopped"
        assert streams(daemon, lambda found: not found) == []
        stream.close()
        again = client.open("photos")
        assert len(list(again)) == 4
        assert post(daemon, f"/v1/streams/{listed['id']}/stop")[0] == 404


def test_a_paused_stream_waits_and_goes_on_with_the_same_batches(daemon):
    with headrace.connect(daemon.url) as client:
        reference = [batch.data[0].copy() for batch in client.open("photos", batch_size=1)]
    with headrace.connect(daemon.url, window=1) as client:
        stream = client.open("photos", batch_size=1)
        # The one before is gone when the daemon gets to it.
        (listed,) = streams(daemon, lambda found: len(found) == 1)
        assert post(daemon, f"/v1/streams/{listed['id']}/pause")[0] == 202
        (paused,) = streams(daemon, lambda found: found[0]["paused"])
        assert paused["waiting_for"] == "pause"
        got = []
        reader = threading.Thread(target=lambda: got.extend(batch.data[0].copy() for batch in stream))
        reader.start()
        assert post(daemon, f"/v1/streams/{listed['id']}/resume")[0] == 202
        reader.join(60)
        assert not reader.is_alive()
        assert [a.tobytes() for a in got] == [a.tobytes() for a in reference]
        (after,) = streams(daemon, lambda found: not found[0]["paused"])
        assert after["waited_seconds"]["pause"] > 0


def test_a_label_does_nothing_to_a_terminal(daemon):
    label = "\x1b]0;mine\x07\x1b[31mred\n\x9b2J"
    with headrace.connect(daemon.url, label=label) as client, client.open("photos"):
        assert [stream["label"] for stream in daemon.page("/v1/streams")["streams"]] == ["]0;mine[31mred2J"]


def test_a_disconnected_client_is_told(daemon):
    with headrace.connect(daemon.url) as client:
        stream = client.open("photos")
        (listed,) = daemon.page("/v1/clients")["clients"]
        assert post(daemon, f"/v1/clients/{listed['id']}/disconnect")[0] == 202
        with pytest.raises(headrace.HeadraceError, match="administrator has closed this connection"):
            for _ in range(100):
                for _ in stream:
                    pass
                stream.reset()


def test_data_sets_show_what_was_served(daemon):
    (before,) = daemon.page("/v1/datasets")["datasets"]
    assert "manifest" not in before and before["samples"] == 0
    with headrace.connect(daemon.url) as client:
        stream = client.open("photos")
        assert len(list(stream)) == 4
        manifest = daemon.page("/v1/streams")["streams"][0]["manifest"]
    (after,) = daemon.page("/v1/datasets")["datasets"]
    assert (after["manifest"], after["records"], after["bad_records"]) == (manifest, 8, 0)
    # Prepared batches of the epoch count when they are taken.
    assert after["samples"] >= 8 and after["batches"] >= 4


def test_the_configuration_shows_where_each_value_is_from(daemon):
    page = daemon.page("/v1/config")
    settings = {setting["key"]: setting for setting in page["settings"]}
    assert page["file"] == str(daemon.config)
    assert settings["state_directory"]["value"] == str(daemon.state)
    assert settings["state_directory"]["origin"].startswith(f"{daemon.config}:")
    assert settings["admin.mode"] == {"key": "admin.mode", "value": "0600", "origin": "default", "reloadable": False}
    assert "value" not in settings["listen.tcp.host"]
    assert settings["log.level"]["reloadable"]


def test_the_log_level_is_set_until_the_next_reload(daemon):
    assert json.loads(curl(daemon, "http://h/v1/log-level")[1]) == {"level": "info"}
    assert post(daemon, "/v1/log-level", "-d", '{"level":"debug"}')[0] == 200
    with headrace.connect(daemon.url):
        pass
    assert json.loads(curl(daemon, "http://h/v1/log-level")[1]) == {"level": "debug"}
    assert "client greeted" in daemon.log.read_text()
    assert post(daemon, "/v1/reload")[0] == 200
    assert json.loads(curl(daemon, "http://h/v1/log-level")[1]) == {"level": "info"}
    status, body = post(daemon, "/v1/log-level", "-d", '{"level":"loud"}')
    assert status == 422 and json.loads(body)["title"] == "Unprocessable Content"


def metrics(text):
    """Series by name and labels, as a strict reader of the format takes them."""
    series, kinds, helped = {}, {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if match := re.fullmatch(r"# HELP ([a-z_]+) (\S.*)", line):
            assert match[1] not in helped
            helped.add(match[1])
        elif match := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge|histogram|summary)", line):
            assert match[1] in helped and match[1] not in kinds
            kinds[match[1]] = match[2]
        else:
            match = re.fullmatch(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)+\})? (\S+)', line)
            assert match, line
            family = next(f for f in (match[1], re.sub("_(bucket|sum|count)$", "", match[1])) if f in kinds)
            assert (kinds[family] == "histogram") == (family != match[1])
            assert (kinds[family] == "counter") == match[1].endswith("_total")
            assert match[1] + (match[2] or "") not in series
            series[match[1] + (match[2] or "")] = float(match[3])
    return series


def test_metrics_count_stages_stalls_and_data_sets(daemon):
    with headrace.connect(daemon.url) as client:
        stream = client.open("photos")
        assert len(list(stream)) == 4
        text = curl(daemon, "http://h/metrics")[1]
        series = metrics(text)
    for stage in ("read", "decode", "augment", "send"):
        counts = [value for name, value in series.items() if f'_bucket{{stage="{stage}"' in name]
        assert counts == sorted(counts)
        assert counts[-1] == series[f'headrace_stage_seconds_count{{stage="{stage}"}}'] >= 4
    assert series['headrace_stage_seconds_sum{stage="decode"}'] > 0
    assert {name for name in series if name.startswith("headrace_stall_seconds_total")} == {
        f'headrace_stall_seconds_total{{cause="{cause}"}}'
        for cause in ("credit", "storage", "decode", "network", "pause", "reset")
    }
    assert sum(value for name, value in series.items() if name.startswith("headrace_streams_waiting")) == 1
    assert series['headrace_streams{dataset="photos"}'] == 1
    assert series["headrace_memory_bytes"] <= series["headrace_memory_limit_bytes"]
    assert len(series) < 200
    if promtool := os.environ.get("PROMTOOL") or shutil.which("promtool"):
        check = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        assert check.returncode == 0, check.stdout + check.stderr


def test_alerts_and_dashboard_ask_for_what_there_is(daemon):
    """Names and labels of every expression under deploy/monitoring."""
    yaml = pytest.importorskip("yaml")
    folder = CHECKOUT / "deploy" / "monitoring"
    rules = yaml.safe_load((folder / "alerts.yaml").read_text())["groups"][0]["rules"]
    board = json.loads((folder / "grafana-dashboard.json").read_text())
    expressions = [rule["expr"] for rule in rules]
    expressions += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(rules) >= 3 and len(expressions) > len(rules) + 8
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    # A bad record and a refused stream, so that every family has a series.
    make_records(daemon.directory / "bad.rec", [b"no image", photographs()[0].read_bytes()])
    with headrace.connect(daemon.url) as client:
        list(client.open("photos"))
        skipping = {"data_shape": (3, 32, 32), "batch_size": 1, "on_bad_record": "skip"}
        list(client.open(iterator="ImageRecordIter", path_imgrec=str(daemon.directory / "bad.rec"), **skipping))
        with pytest.raises(headrace.errors.HeadraceError):
            client.open("no such data set")
        stream = client.open("photos")
        next(stream)
        series = metrics(curl(daemon, "http://h/metrics")[1])
    names = {name.partition("{")[0] for name in series}
    labels = {match for name in series for match in re.findall(r'([a-z_]+)="', name)} | {"instance"}
    for expression in expressions:
        wanted = re.findall(r"headrace_[a-z_]+", expression)
        assert wanted and set(wanted) <= names, expression
        grouped = re.findall(r"(?:by|ignoring) \(([a-z_, ]+)\)", expression)
        matched = re.findall(r"([a-z_]+)=~?\"", expression)
        assert {label for text in grouped for label in text.split(", ")} | set(matched) <= labels, expression
    if promtool := os.environ.get("PROMTOOL") or shutil.which("promtool"):
        check = subprocess.run([promtool, "check", "rules", folder / "alerts.yaml"], capture_output=True, text=True, timeout=60)
        assert check.returncode == 0, check.stdout + check.stderr


def test_counters_never_go_back(daemon):
    old = {}
    with headrace.connect(daemon.url) as client:
        stream = client.open("photos")
        for _ in range(5):
            for _ in stream:
                new = metrics(curl(daemon, "http://h/metrics")[1])
                assert all(new[name] >= old.get(name, 0) for name in new if "_total" in name or "_bucket" in name)
                assert old.keys() <= new.keys()
                old = new
            stream.reset()


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


COLUMNS = {
    "streams": "STREAM CLIENT NAME EPOCH STEP QUEUE CREDITS WAITING FOR SAMPLES BAD CACHED",
    "clients": "CLIENT PEER PID UID STREAM STATE CONNECTED SENT MIB SOFTWARE",
    "datasets": "DATASET ITERATOR STREAMS RECORDS SAMPLES SENT BAD MANIFEST",
    "config": "KEY VALUE FROM",
}


@pytest.mark.parametrize("page", ["status", *COLUMNS])
def test_every_page_is_a_table_with_the_same_columns_or_json(daemon, page):
    with headrace.connect(daemon.url) as client, client.open("photos"):
        status, output, errors = tool(daemon, page)
        assert (status, errors) == (0, "")
        if page != "status":
            assert " ".join(output.splitlines()[0].split()) == COLUMNS[page]
        shown = {"config": str(daemon.state), "datasets": "photos", "clients": str(os.getpid())}
        assert shown.get(page, "photos") in output
        status, output, _ = tool(daemon, page, "--json")
        assert status == 0 and json.loads(output).keys() == daemon.page(f"/v1/{page}").keys()


def test_commands_act(daemon):
    with headrace.connect(daemon.url) as client, client.open("photos"):
        (stream,), (listed,) = daemon.page("/v1/streams")["streams"], daemon.page("/v1/clients")["clients"]
        assert tool(daemon, "pause", str(stream["id"]))[0] == 0
        streams(daemon, lambda found: found[0]["paused"])
        assert tool(daemon, "resume", str(stream["id"]))[0] == 0
        streams(daemon, lambda found: not found[0]["paused"])
        assert tool(daemon, "stop", str(stream["id"]))[0] == 0
        streams(daemon, lambda found: not found)
        status, _, errors = tool(daemon, "stop", str(stream["id"]))
        assert status == 1 and f"there is no stream '{stream['id']}'" in errors
        assert tool(daemon, "disconnect", str(listed["id"]))[0] == 0
    assert tool(daemon, "log-level", "debug")[:2] == (0, "debug\n")
    assert tool(daemon, "reload")[:2] == (0, "changed: nothing\n")
    daemon.config.write_text(daemon.config.read_text() + "\nthredas: 1\n")
    status, _, errors = tool(daemon, "reload")
    assert status == 1 and "thredas" in errors
    assert tool(daemon, "drain")[0] == 0
    assert daemon.process.wait(30) == 0


def test_a_daemon_that_is_not_there_is_status_69(tmp_path):
    class Nowhere:
        admin = tmp_path / "admin.sock"

    for page in ("status", "streams", "top", "reload"):
        status, _, errors = tool(Nowhere, page)
        assert status == 69 and "is headraced running?" in errors
    assert tool(Nowhere, "stop", "x")[0] == 64


def test_top_prints_lines_where_there_is_no_terminal(daemon):
    with headrace.connect(daemon.url) as client, client.open("photos"):
        status, output, errors = tool(daemon, "top", "--interval", "0.1", "--count", "2", "--sort", "cpu")
    assert (status, errors) == (0, "")
    first, second, end = output.split("\n\n")
    assert end == ""
    for block in (first, second):
        heading, columns, row = block.splitlines()
        assert heading.startswith("headraced ") and ", by cpu: " in heading
        assert columns.split() == "STREAM CLIENT NAME SAMPLES/S QUEUE STALLED BY CPU EPOCH STEP".split()
        assert f"pid {os.getpid()}" in row and "photos" in row and " %" in row


def test_top_on_a_terminal_sorts_pauses_and_quits_by_key(daemon):
    import pty

    with headrace.connect(daemon.url) as client, client.open("photos"):
        command = [binary("headrace", "HEADRACE"), "top", "--interval", "0.1", "--socket", str(daemon.admin)]
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        seen = b""

        def read_until(text):
            nonlocal seen
            while text not in seen:
                assert select.select([terminal], [], [], 20)[0], seen
                seen += os.read(terminal, 65536)
            seen = seen[seen.index(text) + len(text) :]

        read_until(b"by samples")
        os.write(terminal, b"s")
        read_until(b"by cpu")
        os.write(terminal, b"p")
        read_until(b"pause stream 1: done")
        read_until(b"paused")
        os.write(terminal, b"x")
        read_until(b"y or n")
        os.write(terminal, b"n")
        read_until(b"q quit")
        assert len(daemon.page("/v1/streams")["streams"]) == 1
        os.write(terminal, b"x")
        read_until(b"y or n")
        os.write(terminal, b"y")
        read_until(b"stop stream 1: done")
        streams(daemon, lambda found: not found)
        os.write(terminal, b"q")
        read_until(b"\x1b[?1049l")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        os.close(terminal)


def findings(daemon, *arguments):
    status, output, _ = tool(daemon, "doctor", "--json", *arguments)
    return status, json.loads(output)["findings"]


def test_the_doctor_finds_nothing_wrong_with_a_daemon_that_is_well(daemon):
    status, found = findings(daemon)
    assert status == 0 and [f for f in found if f["state"] == "problem"] == []
    assert {"daemon", "socket", "limits", "files", "libraries"} <= {f["check"] for f in found}
    assert all(("mend" in f) == (f["state"] != "ok") for f in found)
    libraries = next(f["text"] for f in found if f["check"] == "libraries")
    assert "libjpeg.so" in libraries and "Linux" in libraries


def test_the_doctor_names_missing_files_and_stale_indexes_with_their_mend(daemon):
    index = daemon.directory / "p.idx"
    os.utime(index, (1, 1))
    status, found = findings(daemon)
    (stale,) = [f for f in found if f["check"] == "index"]
    assert status == 0 and stale["state"] == "warning" and "headrace rec index" in stale["mend"]
    (daemon.directory / "p.rec").unlink()
    status, found = findings(daemon)
    (missing,) = [f for f in found if f["check"] == "files"]
    assert status == 1 and missing["state"] == "problem" and "p.rec" in missing["text"]


def test_the_doctor_measures_the_disk_and_looks_for_groups(tmp_path):
    import grp

    make_records(tmp_path / "p.rec", [path.read_bytes() for path in photographs()][:2])
    os.truncate(tmp_path / "p.rec", 16 << 20)
    os.utime(tmp_path / "p.idx")
    group = grp.getgrgid(os.getegid()).gr_name
    listen = "  unix: {{path: {directory}/data.sock, group: " + group + "}}\n"
    with RunningDaemon(tmp_path, re.sub("  unix: .*\n", lambda _: listen, BASE) + DATASET) as daemon:
        status, found = findings(daemon)
    assert status == 0
    by_check = {finding["check"]: finding for finding in found}
    assert re.search(r"p\.rec': \d+ MB/s over its first 16 MiB", by_check["disk"]["text"])
    assert by_check["groups"]["state"] == "ok" and f"'{group}'" in by_check["groups"]["text"]
    assert "index" not in by_check


def test_the_doctor_looks_at_the_configuration_when_no_daemon_answers(tmp_path):
    class Nowhere:
        admin = tmp_path / "admin.sock"

    (tmp_path / "h.yaml").write_text(
        f"datasets:\n  a: {{iterator: ImageRecordIter, path_imgrec: {tmp_path}/none.rec}}\n"
    )
    status, found = findings(Nowhere, "--config", str(tmp_path / "h.yaml"))
    assert status == 1 and {f["check"] for f in found} == {"daemon", "configuration", "files", "libraries"}
    (tmp_path / "h.yaml").write_text("thredas: 1\n")
    status, found = findings(Nowhere, "--config", str(tmp_path / "h.yaml"))
    assert [f["mend"] for f in found if f["check"] == "configuration"][0].startswith("correct it")


EXAMPLES = re.findall(
    r"(?:^|`)(curl --unix-socket /run/headrace/admin\.sock [^`#\n]+)", (CHECKOUT / "README.md").read_text(), re.MULTILINE
)


def test_every_curl_example_of_the_readme_runs(daemon):
    assert len(EXAMPLES) >= 9
    with headrace.connect(daemon.url) as client, client.open("photos"):
        for example in EXAMPLES:
            command = shlex.split(example.replace("/run/headrace/admin.sock", str(daemon.admin)))
            done = subprocess.run([*command, "-sS", "--fail"], capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, (example, done.stderr)
            if "/metrics" not in example:
                json.loads(done.stdout)
