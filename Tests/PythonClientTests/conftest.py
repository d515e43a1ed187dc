"""Shared by all tests: the package from the checkout, a scripted server, the reference set."""

from __future__ import annotations

import json
import os
import sys
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
FIXTURES = CHECKOUT / "Tests" / "Fixtures"
sys.path.insert(0, str(CHECKOUT / "Sources" / "PythonClient"))
sys.path.insert(0, str(HERE))

import headrace  # noqa: E402
from running_daemon import UNHURRIED  # noqa: E402
from scripted_server import ScriptedServer  # noqa: E402

os.environ.update(UNHURRIED)


@pytest.fixture
def server(tmp_path):
    """A well-behaved server unless the test tells it otherwise."""
    with ScriptedServer(tmp_path / "data.sock") as running:
        yield running


@pytest.fixture(autouse=True)
def no_ambient_server(monkeypatch):
    """Tests name their server; the user's own must not be found by accident."""
    monkeypatch.delenv("HEADRACE_URL", raising=False)


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """The directory of the reference set: `$HEADRACE_GOLDEN`, or the archive among the fixtures, unpacked."""
    named = os.environ.get("HEADRACE_GOLDEN")
    if named:
        return Path(named)
    archive = FIXTURES / "golden.tar.xz"
    if not archive.exists():
        pytest.skip("no reference set: neither $HEADRACE_GOLDEN nor Tests/Fixtures/golden.tar.xz is there")
    target = tmp_path_factory.mktemp("reference")
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    found = next(target.rglob("cases.json"))
    return found.parent


@pytest.fixture(scope="session")
def cases(reference):
    return json.loads((reference / "cases.json").read_text())["cases"]


@pytest.fixture(scope="module")
def client():
    """A client of one private daemon for the tests of a module."""
    if not os.environ.get("HEADRACED"):
        pytest.skip("no daemon to test: $HEADRACED is not set")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HEADRACE_URL", raising=False)
        patch.setattr("headrace._endpoint.DEFAULT_SOCKET", "/nonexistent/data.sock")
        with headrace.connect() as connected:
            yield connected
