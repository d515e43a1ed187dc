"""TLS with real handshakes: server and client certificates, their renewal, and what is no handshake."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import time

import headrace
import numpy as np
import pytest

from certificates import Authority
from running_daemon import RunningDaemon, binary
from secured_daemon import authority, configuration, digests, port, records, reload, tls_part, token, url  # noqa: F401


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
