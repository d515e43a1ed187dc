"""An authority of the test's own, and certificates that it issues: made with the `openssl` command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {alternative}
[ca]
default_ca = this
[this]
dir = {folder}
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Pair(NamedTuple):
    """A certificate and its key, both PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates that are valid from 2020 on."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        if shutil.which("openssl") is None:
            pytest.skip("the openssl command is not here to make certificates with")
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("1000")
        self.certificate = self.folder / "ca.pem"
        self._key = self.folder / "ca.key"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
            "-extensions", "authority", "-config", self._configuration(name, "DNS:none"), "-keyout", self._key,
            "-out", self.certificate)

    def issue(self, name: str, *, host: str = "localhost", until: str = "20450101000000Z") -> Pair:
        """A certificate for `host` and 127.0.0.1, valid from 2020 to `until`."""
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        addresses = ", IP:127.0.0.1" if host == "localhost" else ""
        configuration = self._configuration(name, f"DNS:{host}{addresses}")
        request = self.folder / f"{name}.csr"
        self._openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", configuration,
            "-keyout", pair.key, "-out", request)
        self._openssl(
            "ca", "-batch", "-notext", "-config", configuration, "-extensions", "leaf", "-cert", self.certificate,
            "-keyfile", self._key, "-startdate", "20200101000000Z", "-enddate", until, "-in", request,
            "-out", pair.certificate)
        return pair

    def _configuration(self, name: str, alternative: str) -> Path:
        file = self.folder / f"{name}.cnf"
        file.write_text(_CONFIGURATION.format(name=name, alternative=alternative, folder=self.folder))
        return file

    @staticmethod
    def _openssl(*arguments: str | Path) -> None:
        result = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
