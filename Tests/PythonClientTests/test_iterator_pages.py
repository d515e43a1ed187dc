"""The examples on the pages of the iterators run, against a real daemon where they need one."""

from __future__ import annotations

import gc
import gzip
import re
import struct

import numpy as np
import pytest
from conftest import CHECKOUT
from running_daemon import BASE, RunningDaemon, make_records

from headrace import _png, recordio

FOLDER = CHECKOUT / "Sources" / "Iterators"
PAGES = sorted(page.relative_to(FOLDER).as_posix() for page in FOLDER.rglob("*.md"))


def examples(page):
    return re.findall(r"```python\n(.*?)```", (FOLDER / page).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with the files that the pages name."""
    folder = tmp_path_factory.mktemp("pages")
    pictures = [_png.encode(np.full((30 + i, 40, 3), 9 * i, np.uint8), 1) for i in range(10)]
    make_records(folder / "images.rec", pictures)
    with recordio.MXRecordIO(folder / "objects.rec", "w") as writer:
        for number, picture in enumerate(pictures):
            labels = [2, 5, *([number, 0.1, 0.2, 0.6, 0.8] * (1 + number % 3))]
            writer.write(recordio.pack(recordio.IRHeader(0, labels, number, 0), picture))
    (folder / "corpus").mkdir()
    for name in "ab":
        with recordio.MXRecordIO(folder / "corpus" / f"{name}.rec", "w") as writer:
            for number in range(9):
                writer.write(b"text " * number + name.encode())
    pixels = np.arange(35 * 28 * 28, dtype=np.uint8)
    images = struct.pack(">4I", 2051, 35, 28, 28) + pixels.tobytes()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(struct.pack(">2I", 2049, 35) + bytes(35)))
    (folder / "rows.csv").write_text("".join(f"{row}\n" for row in range(23)))
    with RunningDaemon(folder, BASE) as daemon:
        yield daemon


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_in_a_row(data, monkeypatch, page):
    monkeypatch.chdir(data.directory)
    monkeypatch.setenv("HEADRACE_URL", data.url)
    # What is no program by itself does not import anything.
    blocks = [block for block in examples(page) if "import" in block]
    assert blocks, f"{page} has no example"
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    # Functions and their globals hold each other, and with them open streams, which the daemon would wait for.
    names.clear()
    gc.collect()
