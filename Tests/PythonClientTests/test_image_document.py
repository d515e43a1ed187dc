"""The page about headrace.image says what the code says, and its examples run."""

from __future__ import annotations

import inspect
import re
import shutil

import numpy as np
import pytest
from conftest import CHECKOUT
from running_daemon import photographs

from headrace import image

PAGE = (CHECKOUT / "Sources" / "PythonClient" / "IMAGE.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_name_is_described():
    described = set(re.findall(r"`(\w+)", PAGE))
    assert set(image.__all__) - described == set()


@pytest.mark.parametrize("name", ["ImageIter", "ImageDetIter"])
def test_every_parameter_of_an_iterator_is_described(name):
    section = PAGE.split("\n## Iterators\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    described = {parameter for cell in rows for parameter in re.findall(r"`(\w+)`", cell)}
    parameters = set(inspect.signature(getattr(image, name)).parameters)
    assert parameters - described == set()
    assert described - parameters <= {"label_width", "dtype"}


@pytest.mark.parametrize("name", [name for name in image.__all__ if name.endswith("Aug")])
def test_signatures_of_augmenters_are_those_of_the_page(name):
    (written,) = re.findall(rf"`{name}\(([^`]*)\)`", PAGE)
    parameters = inspect.signature(getattr(image, name)).parameters.values()
    shown = [
        parameter.name if parameter.default is parameter.empty else f"{parameter.name}={parameter.default!r}"
        for parameter in parameters
    ]
    assert written == ", ".join(shown)


@pytest.mark.parametrize(("name", "column"), [("CreateAugmenter", 2), ("CreateDetAugmenter", 3)])
def test_keywords_are_described_with_their_defaults(name, column):
    table = PAGE.split("| keyword |")[1].split("\n\n")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    written = {keyword: row[column].strip() for row in rows for keyword in re.findall(r"`(\w+)`", row[1])}
    parameters = list(inspect.signature(getattr(image, name)).parameters.values())[1:]
    assert {keyword: text for keyword, text in written.items() if text} == {
        parameter.name: f"`{parameter.default!r}`" for parameter in parameters
    }


def test_the_example_of_single_images(tmp_path, monkeypatch):
    try:
        import cv2  # noqa: F401
    except ImportError:
        pytest.importorskip("PIL", reason="neither OpenCV nor Pillow is installed")
    monkeypatch.chdir(tmp_path)
    shutil.copy(photographs()[0], "cat.jpg")
    names: dict[str, object] = {}
    exec(EXAMPLES[0], names)
    sample = names["sample"]
    assert isinstance(sample, np.ndarray) and sample.shape == (3, 224, 224) and sample.dtype == np.float32


def test_the_example_of_an_iterator(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADRACE_URL", client.url)
    chosen = photographs()[:20]
    (tmp_path / "photos").mkdir()
    for path in chosen:
        shutil.copy(path, "photos")
    lines = [f"{number}\t{number % 4}\t{path.name}\n" for number, path in enumerate(chosen)]
    (tmp_path / "photos.lst").write_text("".join(lines))
    names: dict[str, object] = {}
    exec(EXAMPLES[1], names)
    assert names["images"].shape == (8, 3, 64, 64) and names["labels"].shape == (8,)
    assert len(names["train"]) == 3 and names["train"].stream.epoch == 2
    names["train"].close()
