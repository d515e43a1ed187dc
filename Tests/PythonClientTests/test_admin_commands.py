"""The commands of `headrace` that use the admin socket, on a real daemon."""

from __future__ import annotations

import json
import os
import re
import select

import pytest
from administered_daemon import DATASET, daemon, streams, tool  # noqa: F401
from running_daemon import BASE, RunningDaemon, binary, make_records, photographs

import headrace

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
