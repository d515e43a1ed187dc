"""Who is let in from the network: TLS with real handshakes, client certificates, tokens and what they allow."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import hashlib
import json
import os
import secrets
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import headrace
import numpy as np
import pytest

from headrace._wire import FrameType, encode_frame

from certificates import Authority
from running_daemon import BASE, RunningDaemon, binary, make_records, photographs, wait_until

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


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_same_bytes_over_tls(tmp_path, authority, records, host):
    """A name and an address; TLS 1.3, and the bytes of the Unix socket."""
    pair = authority.issue("server")
    text, digest = token()
    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\n"
    with RunningDaemon(tmp_path, configuration(records, tls_part(pair), more)) as daemon:
        assert any(url.startswith("tls://127.0.0.1:") for url in daemon.page("/v1/status")["listeners"])
        with headrace.connect(daemon.url) as client:
            expected = digests(client)
        with headrace.connect(url(daemon, host), ca=authority.certificate, token=text) as client:
            assert client._spare._sock.version() == "TLSv1.3"
            assert digests(client) == expected
            assert digests(client) == expected


def test_a_batch_of_many_records_of_tls(tmp_path, authority, records):
    """Batches of megabytes, sent in slices; and arrays of megabytes the other way."""
    pair = authority.issue("server-large")
    text, digest = token()
    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\n"
    with RunningDaemon(tmp_path, configuration(records, tls_part(pair), more)) as daemon:
        parameters = dict(
            iterator="ImageRecordIter", path_imgrec=str(records), data_shape=(3, 700, 900), batch_size=8, resize=900,
            seed=3)
        with headrace.connect(url(daemon), ca=authority.certificate, token=text, checksum=True) as client:
            with client.open(**parameters) as stream:
                over_tls = [batch.data[0].copy() for batch in stream]
            rows = np.arange(3_000_000, dtype="float32").reshape(1000, 3000)
            with client.open(iterator="NDArrayIter", data=rows, batch_size=1000) as stream:
                assert (next(iter(stream)).data[0] == rows).all()
        with headrace.connect(daemon.url) as client, client.open(**parameters) as stream:
            for mine, batch in zip(over_tls, stream, strict=True):
                assert mine.nbytes > 40_000_000
                assert (mine == batch.data[0]).all()


def test_servers_that_are_not_trusted(tmp_path, authority, records):
    """Another authority, an expired certificate, one for another host, no TLS at the other end: errors in words."""
    other = Authority(tmp_path, "other")
    expired = authority.issue("expired", until="20210101000000Z")
    elsewhere = authority.issue("elsewhere", host="elsewhere.example.org")
    for pair, ca, reason in (
        (authority.issue("server-a"), other.certificate, "self.signed|issuer certificate|verify failed"),
        (authority.issue("server-b"), None, "self.signed|issuer certificate|verify failed"),
        (expired, authority.certificate, "expired"),
        (elsewhere, authority.certificate, "(?i)hostname mismatch"),
    ):
        folder = tmp_path / pair.certificate.stem
        folder.mkdir()
        with RunningDaemon(folder, configuration(records, tls_part(pair), insecure=True)) as daemon:
            with pytest.raises(headrace.HandshakeError, match=reason) as caught:
                headrace.connect(url(daemon), ca=ca)
            assert caught.value.code == "tls"
            assert not caught.value.retryable
            assert ("the TLS certificate has expired" in daemon.log.read_text()) == (pair is expired)
    plain = tmp_path / "plain"
    plain.mkdir()
    with RunningDaemon(plain, configuration(records, insecure=True)) as daemon:
        with pytest.raises(headrace.HeadraceError, match="TLS"):
            headrace.connect(url(daemon), ca=authority.certificate, timeout=5)


def test_client_files_that_are_of_no_use(tmp_path, authority, records):
    """Each is named, and nothing asks for a passphrase at the terminal."""
    pair = authority.issue("client-files")
    other = authority.issue("client-files-other")
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "pkey", "-in", pair.key, "-aes256", "-passout", "pass:x", "-out", locked], check=True,
        capture_output=True)
    with RunningDaemon(tmp_path, configuration(records, tls_part(pair), insecure=True)) as daemon:
        for files, name in (
            (dict(ca=tmp_path / "missing.pem"), "missing.pem"),
            (dict(ca=records), "train.rec"),
            (dict(ca=authority.certificate, certificate=pair.certificate, key=other.key), "client-files.pem"),
            (dict(ca=authority.certificate, certificate=pair.certificate, key=locked), "locked.key"),
        ):
            with pytest.raises(headrace.HandshakeError, match=name):
                headrace.connect(url(daemon), **files)


def test_client_certificates(tmp_path, authority, records):
    """With `client_ca` whoever shows no certificate of that authority is turned away, and the log says why."""
    clients = Authority(tmp_path, "clients")
    mine, foreign = clients.issue("mine"), authority.issue("foreign")
    old = clients.issue("old", until="20210101000000Z")
    server = authority.issue("server-mutual")
    with RunningDaemon(tmp_path, configuration(records, tls_part(server, clients.certificate))) as daemon:
        address = url(daemon)
        with headrace.connect(address, ca=authority.certificate, certificate=mine.certificate, key=mine.key) as client:
            assert len(digests(client)) == 2
        both = tmp_path / "both.pem"
        both.write_text(mine.certificate.read_text() + mine.key.read_text())
        with headrace.connect(address, ca=authority.certificate, certificate=both) as client:
            assert len(digests(client)) == 2
        for files in (
            {}, dict(certificate=foreign.certificate, key=foreign.key), dict(certificate=old.certificate, key=old.key),
        ):
            with pytest.raises(headrace.HeadraceError, match="certificate"):
                headrace.connect(address, ca=authority.certificate, timeout=10, **files)
        assert "no TLS: the client showed no certificate" in daemon.log.read_text()


def test_a_renewed_certificate_is_taken_and_streams_go_on(tmp_path, authority, records):
    """A reload with new files: connections from then on get them, and the open stream does not notice. Files that
    cannot be used are named and change nothing. A certificate that the reload took away lets nobody in any more."""
    first, second = authority.issue("first"), Authority(tmp_path, "second").issue("second")
    clients, others = Authority(tmp_path, "clients"), Authority(tmp_path, "others")
    mine, theirs = clients.issue("mine"), others.issue("theirs")
    files = {name: tmp_path / name for name in ("certificate.pem", "key.pem", "clients.pem")}

    def install(pair, authority_file) -> None:
        files["certificate.pem"].write_bytes(pair.certificate.read_bytes())
        files["key.pem"].write_bytes(pair.key.read_bytes())
        files["clients.pem"].write_bytes(authority_file.read_bytes())

    install(first, clients.certificate)
    tls = (f", tls: {{{{certificate: {files['certificate.pem']}, key: {files['key.pem']}, "
           f"client_ca: {files['clients.pem']}}}}}")
    with RunningDaemon(tmp_path, configuration(records, tls)) as daemon:
        address = url(daemon)

        def connect(pair, ca):
            return headrace.connect(address, ca=ca, certificate=pair.certificate, key=pair.key, timeout=10)

        with connect(mine, authority.certificate) as client, client.open("small", seed=5, shuffle=True) as stream:
            expected = digests(client)
            batches = iter(stream)
            found = [next(batches)]

            files["key.pem"].write_bytes(second.key.read_bytes())
            reload(daemon, "does not belong to the certificate")
            files["key.pem"].write_text("no key")
            reload(daemon, "has no usable private key")
            files["certificate.pem"].unlink()
            reload(daemon, "certificate.pem cannot be read")
            with connect(mine, authority.certificate) as again:
                assert digests(again) == expected

            install(second, others.certificate)
            reload(daemon, "configuration read again")
            with connect(theirs, tmp_path / "second" / "ca.pem") as again:
                assert digests(again) == expected
            with pytest.raises(headrace.HeadraceError, match="certificate"):
                connect(mine, tmp_path / "second" / "ca.pem")

            found += list(batches)
            assert [
                hashlib.sha256(b.data[0].tobytes() + b.label[0].tobytes()).hexdigest() for b in found] == expected
            assert stream._session.reconnections == 0


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


def test_the_environment_says_it_too(tmp_path, authority, records, monkeypatch):
    server, mine = authority.issue("server-environment"), authority.issue("mine-environment")
    text, digest = token()
    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\n"
    configured = configuration(records, tls_part(server, authority.certificate), more)
    with RunningDaemon(tmp_path, configured) as daemon:
        monkeypatch.setenv("HEADRACE_URL", url(daemon))
        monkeypatch.setenv("HEADRACE_CA", str(authority.certificate))
        monkeypatch.setenv("HEADRACE_CERTIFICATE", str(mine.certificate))
        monkeypatch.setenv("HEADRACE_KEY", str(mine.key))
        with pytest.raises(headrace.ForbiddenError):
            headrace.connect()
        monkeypatch.setenv("HEADRACE_TOKEN", text)
        with headrace.connect() as client:
            assert len(digests(client)) == 2
            assert text not in repr(client._credentials)


def test_the_swift_client(tmp_path, authority, records):
    """`headrace stream` over TLS, with and without what it needs."""
    program = binary("headrace", "HEADRACE")
    server, mine = authority.issue("server-swift"), authority.issue("mine-swift")
    elsewhere = Authority(tmp_path, "elsewhere")
    text, digest = token()
    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\n"
    configured = configuration(records, tls_part(server, authority.certificate), more)
    with RunningDaemon(tmp_path, configured) as daemon:
        good = {
            "HEADRACE_CA": str(authority.certificate), "HEADRACE_CERTIFICATE": str(mine.certificate),
            "HEADRACE_KEY": str(mine.key), "HEADRACE_TOKEN": text,
        }

        def run(host="localhost", **change):
            environment = {k: v for k, v in {**os.environ, **good, **change}.items() if v is not None}
            return subprocess.run(
                [program, "stream", url(daemon, host), "--dataset", "small", "--json"], env=environment,
                capture_output=True, text=True, timeout=60)

        for host in ("localhost", "127.0.0.1"):
            result = run(host)
            assert result.returncode == 0, result.stderr
            assert '"samples" : 8' in result.stdout
        for change, reason in (
            (dict(HEADRACE_CA=str(elsewhere.certificate)), "not of a trusted authority"),
            (dict(HEADRACE_CA=None), "not of a trusted authority"),
            (dict(HEADRACE_CA=str(tmp_path / "none.pem")), "none.pem cannot be read"),
            (dict(HEADRACE_CERTIFICATE=None, HEADRACE_KEY=None), "certificate|connection"),
            (dict(HEADRACE_KEY=str(server.key)), "does not belong to the certificate"),
            (dict(HEADRACE_TOKEN=None), "asks for a token"),
            (dict(HEADRACE_TOKEN="hrt_wrong"), "not one of this server's"),
        ):
            result = run(**change)
            assert result.returncode != 0
            assert any(part in result.stderr for part in reason.split("|")), (change, result.stderr)


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


@pytest.mark.parametrize(
    "tls, more, reason",
    [
        ("", "", "nothing is encrypted"),
        ("", "tokens: {{me: {{sha256: " + "0" * 64 + "}}}}\n", "tokens would travel unencrypted"),
        ("pair", "", "whoever reaches this port can read all the data"),
        ("missing", "tokens: {{me: {{sha256: " + "0" * 64 + "}}}}\n", "missing.pem cannot be read"),
        ("half", "", "'listen.tcp.tls.certificate' needs 'listen.tcp.tls.key' beside it"),
    ],
)
def test_it_does_not_listen_open_to_everybody(tmp_path, authority, records, tls, more, reason):
    pair = authority.issue("server-refused")
    part = {
        "": "", "pair": tls_part(pair), "half": f", tls: {{{{certificate: {pair.certificate}}}}}",
        "missing": tls_part(pair._replace(certificate=tmp_path / "missing.pem")),
    }[tls]
    file = tmp_path / "headraced.yaml"
    file.write_text(configuration(records, part, more).format(directory=tmp_path))
    for arguments in (["--check-config"], []):
        result = subprocess.run(
            [binary("headraced", "HEADRACED"), "--config", str(file), *arguments], capture_output=True, text=True,
            timeout=60)
        assert result.returncode == 78, result.stderr
        assert reason in result.stderr


def test_what_is_no_handshake(tmp_path, authority, records):
    """Plain frames, HTTP, rubbish, old TLS, a peer that says nothing: closed, and the next client is served."""
    pair = authority.issue("server-hostile")
    text, digest = token()
    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\ntimeouts: {{{{handshake: 5s}}}}\n"
    with RunningDaemon(tmp_path, configuration(records, tls_part(pair), more)) as daemon:
        files = daemon.open_files()
        beginnings = (b"HDR\x43" + bytes(28), b"GET / HTTP/1.1\r\n\r\n", os.urandom(4096), b"\x16\x03\x01", b"")
        with contextlib.ExitStack() as stack:
            peers = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port(daemon)), timeout=60)) for _ in beginnings
            ]
            for peer, first in zip(peers, beginnings, strict=True):
                peer.sendall(first)
            for peer in peers:
                with contextlib.suppress(ConnectionResetError):
                    while peer.recv(4096):
                        pass
        old = ssl.create_default_context(cafile=str(authority.certificate))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", port(daemon)), timeout=20) as peer:
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                old.wrap_socket(peer, server_hostname="localhost")
        # A peer that resets the connection in the middle of the handshake.
        peer = socket.create_connection(("127.0.0.1", port(daemon)), timeout=20)
        peer.sendall(b"\x16\x03\x01\x02\x00\x01")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with headrace.connect(url(daemon), ca=authority.certificate, token=text) as client:
            assert len(digests(client)) == 2
        deadline = time.monotonic() + 20
        while daemon.open_files() > files + 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_connection_that_is_reset_at_once_is_not_taken_for_a_local_one(tmp_path, records):
    """The address of a peer that is gone cannot be asked for, and clients of the Unix socket need no token."""
    text, digest = token()
    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\nlog: {{{{level: debug}}}}\n"
    hello = json.dumps({"major": 1, "minor": 2, "features": [], "max_frame": 1 << 32}).encode()
    frames = encode_frame(FrameType.HELLO, hello, sequence=0) + encode_frame(FrameType.OPEN, b'{"dataset":"small"}', sequence=1)
    with RunningDaemon(tmp_path, configuration(records, "", more, insecure=True)) as daemon:
        number = port(daemon)
        # So that it is reset before it is accepted.
        daemon.process.send_signal(signal.SIGSTOP)
        for _ in range(10):
            peer = socket.create_connection(("127.0.0.1", number), timeout=20)
            peer.sendall(frames)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
        daemon.process.send_signal(signal.SIGCONT)
        # Comes behind them.
        with headrace.connect(f"tcp://127.0.0.1:{number}", token=text) as client:
            assert len(digests(client)) == 2
        connections = [line for line in daemon.log.read_text().splitlines() if "client greeted" in line]
        assert connections and not any("peer=unix" in line for line in connections), connections


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


class HandedOver(RunningDaemon):
    """Gets a listening TCP socket as from a service manager, beside sockets of its own."""

    def __enter__(self) -> RunningDaemon:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            # The first handed over is number 3; whom they are for is known by the process's number.
            os.set_inheritable(listener.fileno(), True)
            command = 'exec 3<&"$1"; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=data exec "$2" --config "$3"'
            self.process = subprocess.Popen(
                ["bash", "-c", command, "-", str(listener.fileno()), binary("headraced", "HEADRACED"), str(self.config)],
                stdout=subprocess.DEVNULL, stderr=self.log.open("wb"), pass_fds=[listener.fileno()])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.admin.exists() and " ready" in self.log.read_text():
                return self
            time.sleep(0.02)
        raise AssertionError(f"headraced is not ready: {self.log.read_text()}")


def test_a_socket_that_is_handed_over_is_not_open_to_everybody(tmp_path, authority, records):
    """`listen.tcp.host` is not set, so nothing but the socket itself says that there is a network."""
    pair = authority.issue("server-handed")
    text, digest = token()

    def written(tls: str, more: str) -> str:
        return configuration(records, tls, more).replace("host: 127.0.0.1, port: 0, ", "")

    more = f"tokens: {{{{me: {{{{sha256: {digest}}}}}}}}}\n"
    for number, (tls, tokens) in enumerate((("", ""), (tls_part(pair), ""), ("", more))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(AssertionError, match="hands over a socket of the network"):
            with HandedOver(folder, written(tls, tokens)):
                pass
    with HandedOver(tmp_path, written(tls_part(pair), more)) as daemon:
        address = f"tls://localhost:{daemon.port}"
        with headrace.connect(address, ca=authority.certificate, token=text) as client:
            assert len(digests(client)) == 2
        # A reload that would ask nobody any more is refused, and changes nothing.
        daemon.config.write_text(written(tls_part(pair), "").format(directory=tmp_path))
        reload(daemon, "has handed over a socket of the network")
        with headrace.connect(address, ca=authority.certificate, token=text) as client:
            assert len(digests(client)) == 2
        with pytest.raises(headrace.ForbiddenError):
            headrace.connect(address, ca=authority.certificate)


def test_links_swapped_while_clients_open(tmp_path, records):
    """A folder beneath the roots that is a link out of them at other moments: what is delivered is never what lies
    outside, also when the change comes between the check and the opening."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    for folder, number in ((outside, 666), (root / "folder", 1)):
        folder.mkdir(parents=True)
        (folder / "data.csv").write_text(f"{number},{number}\n" * 4)
    (root / "other").symlink_to(outside)
    path = str(root / "folder" / "data.csv")
    stop = threading.Event()

    def exchange() -> None:
        names = [os.fsencode(root / name) for name in ("folder", "other")]
        assert ctypes.CDLL(None, use_errno=True).renameat2(-100, names[0], -100, names[1], 2) == 0, ctypes.get_errno()

    def swap() -> None:
        while not stop.is_set():
            exchange()

    with RunningDaemon(tmp_path, BASE.replace('["{directory}"]', '["{directory}/root"]')) as daemon:
        with headrace.connect(daemon.url) as client:

            def first(path: str) -> float:
                with client.open(iterator="CSVIter", data_csv=path, data_shape=2, batch_size=4) as stream:
                    (batch,) = stream
                    return float(batch.data[0].sum()) / 8

            swapper = threading.Thread(target=swap)
            swapper.start()
            outcomes: collections.Counter[str] = collections.Counter()
            try:
                while (count := outcomes.total()) < 300 or (len(outcomes) < 3 and count < 3000):
                    try:
                        assert first(path) == 1, "what lies outside was delivered"
                        outcomes["read"] += 1
                    except headrace.HeadraceError as error:
                        assert "666" not in str(error)
                        outcomes[error.code] += 1
            finally:
                stop.set()
                swapper.join()
            if (root / "folder").is_symlink():
                exchange()
            assert first(path) == 1
            print(dict(outcomes))
            # At rest: links out of the roots, dots, and the kernel's own links.
            (root / "link").symlink_to(outside)
            (root / "file.csv").symlink_to(outside / "data.csv")
            for trick in (root / "link" / "data.csv", root / "file.csv", root / ".." / "outside" / "data.csv",
                          f"{root}/folder/../../outside/data.csv", f"/proc/self/root{outside}/data.csv",
                          f"/proc/{os.getpid()}/root{root}/../outside/data.csv"):
                with pytest.raises(headrace.ForbiddenPathError):
                    first(str(trick))
            # One that stays beneath the roots is no trick.
            (root / "inside").symlink_to("folder")
            assert first(str(root / "inside" / "data.csv")) == 1
