"""The pages, actions and metrics of the admin socket, on a real daemon."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import threading

import pytest
from administered_daemon import curl, daemon, post, streams  # noqa: F401
from conftest import CHECKOUT
from running_daemon import make_records, photographs

import headrace


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
