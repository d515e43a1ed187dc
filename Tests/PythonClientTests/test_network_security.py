"""What the network does not get at: ports open to everybody, local rights, files outside the roots."""

from __future__ import annotations

import collections
import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import headrace
import pytest

from headrace._wire import FrameType, encode_frame

from running_daemon import BASE, RunningDaemon, binary
from secured_daemon import authority, configuration, digests, port, records, reload, tls_part, token  # noqa: F401


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
