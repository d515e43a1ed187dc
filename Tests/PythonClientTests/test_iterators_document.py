"""The page about the client's iterators says what the code says."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
from conftest import CHECKOUT

from headrace import io, mx

PAGE = (CHECKOUT / "Sources" / "PythonClient" / "ITERATORS.md").read_text()


@pytest.mark.parametrize("name", ["NDArrayIter", "ResizeIter", "PrefetchingIter"])
def test_every_parameter_is_described(name):
    section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    described = {parameter for cell, _ in rows for parameter in re.findall(r"`(\w+)`", cell)}
    assert described == set(inspect.signature(getattr(io, name)).parameters)


def test_the_example_of_an_iterator_runs():
    block = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "class MultiIter" in block)
    names: dict[str, object] = {}
    exec(block, names)
    multi = names["MultiIter"]([io.NDArrayIter(np.zeros(2), data_name="a"), io.NDArrayIter(np.zeros(2))])
    iterator = io.PrefetchingIter(multi)
    assert [desc.name for desc in iterator.provide_data] == ["a", "data"]


def test_every_name_of_the_shim_is_described():
    section = PAGE.split("by changing the import alone")[1]
    assert "| `mx.image` | everything in [`headrace.image`](IMAGE.md), giving NDArrays |" in section
    for name in mx.nd.__all__:
        assert f"`{name}`" in section or name == "NDArray"
