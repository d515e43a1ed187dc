"""What the tests of arrays that are handed over have in common: a daemon with a limit, and connections to it."""

from __future__ import annotations

import headrace
import pytest
from running_daemon import BASE, RunningDaemon

LIMIT = 8 << 20


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    configuration = BASE.replace("admin:", "  tcp: {{host: 127.0.0.1, port: 0, insecure: true}}\nadmin:")
    configuration += f"limits: {{{{max_arrays: {LIMIT}}}}}\n"
    with RunningDaemon(tmp_path_factory.mktemp("arrays"), configuration) as running:
        yield running


def address(daemon, road):
    if road == "descriptor":
        return daemon.url
    return next(url for url in daemon.page("/v1/status")["listeners"] if url.startswith("tcp"))


@pytest.fixture(params=["descriptor", "frames"])
def connected(daemon, request):
    with headrace.connect(address(daemon, request.param)) as client:
        yield client
