"""PNG without an image library: what libraries write is read, what is written they read, and damage is None."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from conftest import FIXTURES

from headrace import _png, _pngfilters, recordio

SHAPES = [(1, 1), (5, 7), (20, 30, 3), (13, 200, 4), (300, 11, 3), (257, 1, 3), (128, 64, 1)]


def picture(shape, dtype=np.uint8):
    """Half of it smooth, so that every filter is the best one somewhere."""
    generator = np.random.default_rng(4)
    noise = generator.integers(0, 1 + np.iinfo(dtype).max, shape)
    noise[: shape[0] // 2] = np.cumsum(noise[: shape[0] // 2] % 5, axis=1)
    return noise.astype(dtype)


@pytest.fixture
def no_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.setitem(sys.modules, "PIL", None)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_packed_is_unpacked(no_library, shape, dtype):
    image = picture(shape, dtype)
    header, found = recordio.unpack_img(recordio.pack_img((0, 1, 2, 3), image, quality=3, img_fmt=".png"))
    assert header == (0, 1, 2, 3) and found.dtype == dtype
    np.testing.assert_array_equal(found, image[:, :, 0] if shape[2:] == (1,) else image)


@pytest.mark.parametrize("shape", SHAPES)
def test_libraries_read_what_is_written(shape):
    image = picture(shape)
    data = _png.encode(image, 6)
    read = 0
    try:
        import cv2

        np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), -1).reshape(shape), image)
        read += 1
    except ImportError:
        pass
    try:
        from PIL import Image

        found = np.asarray(Image.open(io.BytesIO(data)))
        np.testing.assert_array_equal(
            (found[..., [2, 1, 0, 3][: shape[2]]] if found.ndim == 3 else found).reshape(shape), image
        )
        read += 1
    except ImportError:
        pass
    if not read:
        pytest.skip("neither OpenCV nor Pillow is installed")


@pytest.mark.parametrize("flag", [0, 1])
def test_pictures_of_the_reference_set_decode_to_mxnets_pixels(no_library, cases, reference, flag):
    checked = 0
    for case in cases:
        parameters = case["params"]
        if case["iterator"] != "image.imdecode" or not parameters["file"].endswith(".png"):
            continue
        if parameters.get("flag", 1) != flag or "array" not in case["expect"]:
            continue
        expected = case["expect"]["array"]
        found = _png.decode((reference / parameters["file"]).read_bytes(), flag)
        assert found is not None, case["name"]
        if "file" in expected:
            values = np.load(reference / expected["file"])
            values = values[expected["row"]] if "row" in expected else values
        elif "values" in expected:
            values = np.array(expected["values"]).reshape(expected["shape"])
        else:
            continue
        if flag == 1 and parameters.get("to_rgb", True):
            found = found[:, :, ::-1]
        # MXNet's library rounds 16 bits otherwise when it makes gray of colours.
        difference = np.abs(found.reshape(values.shape).astype(int) - values).max()
        assert difference <= (1 if "p48" in parameters["file"] and flag == 0 else 0), case["name"]
        checked += 1
    assert checked >= 3


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def file(width, height, depth, colour, rows, *, interlaced=0, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("depth", "row", "expected"),
    [
        (1, b"\xa0", [255, 0, 255]),
        (2, b"\x1b", [0, 85, 170]),
        (4, b"\x0f\x50", [0, 255, 85]),
        (8, b"\x01\x02\x03", [1, 2, 3]),
    ],
)
def test_gray_of_every_depth(depth, row, expected):
    assert _png.decode(file(3, 1, depth, 0, b"\0" + row), -1).tolist() == [expected]


def test_a_palette_with_and_without_transparency():
    colours = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60]))
    assert _png.decode(file(2, 1, 1, 3, b"\0\x40", extra=colours), -1).tolist() == [[[30, 20, 10], [60, 50, 40]]]
    clear = _png.decode(file(2, 1, 1, 3, b"\0\x40", extra=colours + chunk(b"tRNS", b"\x07")), -1)
    assert clear.tolist() == [[[30, 20, 10, 7], [60, 50, 40, 255]]]


def test_interlaced_images_are_put_together():
    image = picture((19, 13))
    rows = b""
    for x, y, dx, dy in _png._INTERLACED_PASSES:
        part = np.ascontiguousarray(image[y::dy, x::dx])
        rows += _pngfilters.apply(part, 1) if part.size else b""
    np.testing.assert_array_equal(_png.decode(file(13, 19, 8, 0, rows, interlaced=1), -1), image)


def test_an_image_that_only_claims_to_be_large_takes_no_memory():
    assert _png.decode(file(8000, 8000, 8, 2, b"\0" * 100), -1) is None
    assert _png.decode(file(1 << 31, 1 << 31, 16, 6, b""), -1) is None


def test_no_change_of_any_byte_does_more_than_damage():
    whole = bytearray(_png.encode(picture((9, 8, 3)), 6))
    for position in range(len(whole)):
        for bits in (0x01, 0x20, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= bits
            found = _png.decode(bytes(damaged), 1)
            assert found is None or found.dtype == np.uint8
    for size in range(len(whole)):
        assert _png.decode(bytes(whole[:size]), 1) is None


def test_no_samples_however_wrong_do_more_than_damage():
    """Damage behind the checksums: headers, palettes and samples are random and their checksums right."""
    generator = np.random.default_rng(5)
    decoded = 0
    for _ in range(2000):
        width, height = generator.integers(0, 12, 2)
        depth, colour = generator.choice([1, 2, 4, 8, 16]), generator.integers(0, 7)
        rows = generator.integers(0, 256, generator.integers(0, 400), dtype=np.uint8)
        rows[generator.random(rows.size) < 0.8] %= 5
        extra = chunk(b"PLTE", generator.bytes(generator.integers(0, 9) * 3)) if generator.random() < 0.7 else b""
        extra += chunk(b"tRNS", generator.bytes(3)) if generator.random() < 0.2 else b""
        data = file(width, height, depth, colour, rows.tobytes(), interlaced=generator.integers(0, 2), extra=extra)
        for flag in (-1, 0, 1):
            found = _png.decode(data, flag)
            decoded += found is not None
            assert found is None or found.shape[:2] == (height, width)
    assert decoded > 100


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8), np.zeros(4, np.uint8), 7],
)
def test_what_is_no_image_is_refused(no_library, image):
    with pytest.raises(ValueError, match="cannot be encoded"):
        recordio.pack_img((0, 1, 2, 3), image, 3, ".png")


def test_other_formats_say_what_to_install(no_library):
    image = np.zeros((4, 4, 3), np.uint8)
    photo = next((FIXTURES / "photos").rglob("*.jpg")).read_bytes()
    for call in (
        lambda: recordio.pack_img((0, 1, 2, 3), image),
        lambda: recordio.unpack_img(recordio.pack((0, 1, 2, 3), photo)),
    ):
        with pytest.raises(ImportError, match="other than PNG need OpenCV or Pillow: pip install"):
            call()
