"""What the README promises is there: its files, and a row for every deliberate deviation."""

from __future__ import annotations

import json
import re

import pytest
from conftest import CHECKOUT, FIXTURES

README = (CHECKOUT / "README.md").read_text()
DEVIATIONS = json.loads((FIXTURES / "deviations.json").read_text())["deviations"]


@pytest.mark.parametrize("entry", DEVIATIONS, ids=lambda entry: entry["cases"][0])
def test_every_deviation_has_its_row(entry):
    assert f"| {entry['mxnet']} | {entry['headrace']} | {entry['reason']} |" in README


def test_every_file_it_links_to_exists():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert len(links) > 5
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
