"""Tokens: what they allow, the command that makes them, and where they are not sent."""

from __future__ import annotations

import hashlib
import socket
import subprocess

import headrace
import pytest

from running_daemon import BASE, RunningDaemon, binary, wait_until
from secured_daemon import SHAPE, authority, configuration, digests, records, reload, tls_part, token, url  # noqa: F401


def test_tokens(tmp_path, authority, records):
    """None, a wrong one, one without the data set, limits, and what is never shown."""
    server = authority.issue("server-tokens")
    mine, mine_hash = token()
    narrow, narrow_hash = token()
    tight, tight_hash = token()
    more = f"""tokens:
  mine: {{{{sha256: {mine_hash}}}}}
  narrow: {{{{sha256: {narrow_hash.upper()}, datasets: [small], streams: 1}}}}
  tight: {{{{sha256: {tight_hash}, memory: 1MiB}}}}
"""
    with RunningDaemon(tmp_path, configuration(records, tls_part(server), more)) as daemon:
        address = url(daemon)

        def connect(text):
            return headrace.connect(address, ca=authority.certificate, token=text, timeout=10)

        for text, reason in (
            (None, "asks for a token"), ("", "asks for a token|not one of"), ("hrt_wrong", "not one of"),
            (mine[:-1], "not one of"), (mine + "0", "not one of"), ("x" * 100_000, "not one of"),
            (mine_hash, "not one of"),
        ):
            with pytest.raises(headrace.ForbiddenError, match=reason) as caught:
                connect(text)
            assert caught.value.scope == "connection"
            assert not caught.value.retryable
        with connect(mine) as client:
            assert len(digests(client)) == 2
            assert len(digests(client, "other")) == 4
            with client.open(
                iterator="ImageRecordIter", path_imgrec=str(records), data_shape=SHAPE, batch_size=4) as stream:
                assert len(list(stream)) == 2
        with connect(narrow) as client:
            for request in (dict(dataset="other"), dict(dataset="nowhere"),
                            dict(iterator="ImageRecordIter", path_imgrec=str(records), data_shape=SHAPE, batch_size=4)):
                with pytest.raises(headrace.ForbiddenError, match="it may open small, as tokens.narrow.datasets says"):
                    client.open(**request)
            with client.open("small") as stream:
                with pytest.raises(headrace.LimitError, match="tokens.narrow.streams"):
                    client.open("small")
                assert len(list(stream)) == 2
            wait_until("the stream's end", lambda: not daemon.page("/v1/streams")["streams"])
            assert len(digests(client)) == 2
        with connect(tight) as client:
            with pytest.raises(headrace.LimitError, match="tokens.tight.memory"):
                client.open("small", batch_size=64)
        # Over the Unix socket nobody is asked, and a token that is shown counts.
        with headrace.connect(daemon.url) as client:
            assert len(digests(client, "other")) == 4
        with headrace.connect(daemon.url, token=narrow) as client:
            with pytest.raises(headrace.ForbiddenError):
                client.open("other")
        with pytest.raises(headrace.ForbiddenError):
            headrace.connect(daemon.url, token="hrt_wrong")

        daemon.config.write_text(daemon.config.read_text().replace("  narrow:", "  renamed:"))
        with connect(narrow) as client:
            reload(daemon, "configuration read again")
            with pytest.raises(headrace.ForbiddenError, match="not valid any more"):
                client.open("small")
        with connect(narrow) as client:
            assert len(digests(client)) == 2
        with connect(narrow) as client:
            # Another token under the same name: what the client has shown is no longer it.
            daemon.config.write_text(daemon.config.read_text().replace(narrow_hash.upper(), token()[1]))
            reload(daemon, "configuration read again")
            with pytest.raises(headrace.ForbiddenError, match="not valid any more"):
                client.open("small")
        pages = [str(daemon.page(f"/v1/{page}")) for page in ("status", "clients", "streams", "config")]
        seen = daemon.log.read_text() + "".join(pages)
        for text in (mine, narrow, tight, "hrt_wrong"):
            assert text not in seen


def test_token_command(tmp_path):
    """What `headrace token` prints is what the configuration takes and the client shows."""
    program = binary("headrace", "HEADRACE")
    lines = subprocess.run([program, "token", "alice"], capture_output=True, text=True, check=True).stdout
    text = next(line for line in lines.splitlines() if line.startswith("hrt_"))
    assert len(text) == 68
    snippet = lines[lines.index("tokens:"):]
    assert hashlib.sha256(text.encode()).hexdigest() in snippet
    with RunningDaemon(tmp_path, BASE + snippet) as daemon:
        with headrace.connect(daemon.url, token=text):
            pass
        with pytest.raises(headrace.ForbiddenError):
            headrace.connect(daemon.url, token=text[::-1])
    again = subprocess.run([program, "token", "alice"], capture_output=True, text=True, check=True).stdout
    assert text not in again


@pytest.mark.parametrize("url", ["tcp://loader.example", "tcp://10.0.0.1:1", "tcp://127.0.0.1.example", "tcp://[fe80::1]"])
def test_a_token_is_not_sent_to_another_machine_in_clear(monkeypatch, url):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it connected"))
    with pytest.raises(headrace.errors.HeadraceError, match="tls://") as caught:
        headrace.connect(url, token="hrt_secret")
    assert caught.value.code == "bad_url" and "hrt_secret" not in str(caught.value)
    monkeypatch.setenv("HEADRACE_TOKEN", "hrt_secret")
    with pytest.raises(headrace.errors.HeadraceError, match="tls://"):
        headrace.connect(url)


@pytest.mark.parametrize("name", ["a b", "a: {}", "", "-", "x" * 129])
def test_no_token_has_a_name_that_the_configuration_refuses(name):
    done = subprocess.run([binary("headrace", "HEADRACE"), "token", "--", name], capture_output=True, text=True, timeout=30)
    assert done.returncode == 64 and "no name" in done.stderr and "hrt_" not in done.stdout
