"""The page about recordio says what the code says, and its examples run."""

from __future__ import annotations

import inspect
import re

import pytest
from conftest import CHECKOUT

from headrace import recordio

PAGE = (CHECKOUT / "Sources" / "PythonClient" / "RECORDIO.md").read_text()


def test_the_examples_run_in_a_row(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(block, names)


@pytest.mark.parametrize("name", sorted(set(recordio.__all__) - {"HEADER", "RecordError"}))
def test_every_name_is_described_with_its_parameters(name):
    row = re.search(rf"^\| `({name}\(.*?\))` \|.*", PAGE, re.MULTILINE)
    assert row is not None
    called = re.findall(r"(\w+)(?:=([^,)]+))?(?=[,)])", row[1])
    found = inspect.signature(getattr(recordio, name)).parameters
    assert [parameter for parameter, _ in called] == list(found)
    for (_, default), parameter in zip(called, found.values(), strict=True):
        expected = "" if parameter.default is inspect.Parameter.empty else parameter.default
        assert default == (
            getattr(expected, "__name__", None) or (repr(expected).replace("'", '"') if expected != "" else "")
        )
