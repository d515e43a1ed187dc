"""A daemon that listens on the network with TLS and tokens, and what connects to it."""

from __future__ import annotations

import hashlib
import secrets
import signal
import time

import pytest

from certificates import Authority
from running_daemon import BASE, make_records, photographs

SHAPE = (3, 64, 64)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return make_records(folder / "train.rec", [path.read_bytes() for path in photographs()[:8]])


def token() -> tuple[str, str]:
    """A token and its SHA-256."""
    text = "hrt_" + secrets.token_hex(32)
    return text, hashlib.sha256(text.encode()).hexdigest()


def configuration(records, tls: str = "", more: str = "", insecure: bool = False) -> str:
    tcp = f"  tcp: {{{{host: 127.0.0.1, port: 0, insecure: {str(insecure).lower()}{tls}}}}}\nadmin:"
    data = f"""
datasets:
  small: {{{{iterator: ImageRecordIter, path_imgrec: {records}, data_shape: [3, 64, 64], batch_size: 4, resize: 80}}}}
  other: {{{{iterator: ImageRecordIter, path_imgrec: {records}, data_shape: [3, 64, 64], batch_size: 2, resize: 80}}}}
"""
    return BASE.replace("admin:", tcp).replace('roots: ["{directory}"]', f'roots: ["{records.parent}"]') + more + data


def tls_part(pair, client_ca=None) -> str:
    more = f", client_ca: {client_ca}" if client_ca else ""
    return f", tls: {{{{certificate: {pair.certificate}, key: {pair.key}{more}}}}}"


def port(daemon) -> int:
    listeners = daemon.page("/v1/status")["listeners"]
    return int(next(url for url in listeners if not url.startswith("unix")).rsplit(":", 1)[1])


def url(daemon, host: str = "localhost") -> str:
    return f"tls://{host}:{port(daemon)}"


def digests(client, dataset: str = "small") -> list[str]:
    with client.open(dataset, seed=5, shuffle=True) as stream:
        return [hashlib.sha256(batch.data[0].tobytes() + batch.label[0].tobytes()).hexdigest() for batch in stream]


def reload(daemon, expect: str) -> None:
    """SIGHUP, and the line that the daemon logs behind it."""
    before = daemon.log.read_text().count(expect)
    daemon.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while daemon.log.read_text().count(expect) == before:
        assert time.monotonic() < deadline, f"'{expect}' was not logged: {daemon.log.read_text()}"
        time.sleep(0.02)
