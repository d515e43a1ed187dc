"""Image encoding and decoding in this process: by OpenCV if it is installed, else Pillow, else PNG alone."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _png

_MISSING = "images other than PNG need OpenCV or Pillow: pip install opencv-python-headless, or pip install pillow"
_PNG_LEVEL_LIMIT = 9


def encode(image: npt.NDArray[Any], quality: int, suffix: str) -> bytes:
    """Encodes a BGR, BGRA or gray image in the format of a file name's suffix.

    Raises:
        ImportError, ValueError: as ``recordio.pack_img``.
    """
    cv2 = _opencv()
    if cv2 is None:
        return _encode_with_pillow(image, quality, suffix)
    kind = suffix.lower()
    settings: list[int] = []
    if kind in (".jpg", ".jpeg"):
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    elif kind == ".png":
        settings = [cv2.IMWRITE_PNG_COMPRESSION, min(quality, _PNG_LEVEL_LIMIT)]
    try:
        done, data = cv2.imencode(suffix, image, settings)
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot encode {_describe(image)} as {suffix!r}: {error}") from error
    if not done:
        raise ValueError(f"OpenCV failed to encode {_describe(image)} as {suffix!r}")
    return bytes(data.tobytes())


def decode(data: bytes | memoryview, iscolor: int) -> npt.NDArray[Any] | None:
    """Decodes to BGR; None when the data are no image."""
    cv2 = _opencv()
    if cv2 is None:
        return _decode_with_pillow(data, iscolor)
    if not data:
        return None
    image: npt.NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), iscolor)
    return image


def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        return None
    return cv2


def _describe(image: npt.NDArray[Any]) -> str:
    return f"an image of shape {np.shape(image)}, {getattr(image, 'dtype', type(image).__name__)},"


def _encode_with_pillow(image: npt.NDArray[Any], quality: int, suffix: str) -> bytes:
    kind = suffix.lower()
    try:
        from PIL import Image
    except ImportError:
        if kind != ".png":
            raise ImportError(_MISSING) from None
        return _png.encode(image, min(quality, _PNG_LEVEL_LIMIT))
    # Pillow finds formats by suffix only in file names; a suffix without a dot is not one.
    format_name = Image.registered_extensions().get(kind)
    if format_name is None:
        raise ValueError(f"Pillow knows no format for {suffix!r}")
    array = np.asarray(image)
    if array.ndim == 3:
        array = array[:, :, 0] if array.shape[2] == 1 else array[:, :, [2, 1, 0, 3][: array.shape[2]]]
    settings: dict[str, Any] = {}
    if format_name == "JPEG":
        settings = {"quality": quality, "subsampling": "4:2:0"}
    elif format_name == "PNG":
        settings = {"compress_level": min(quality, _PNG_LEVEL_LIMIT)}
    out = io.BytesIO()
    try:
        Image.fromarray(np.ascontiguousarray(array)).save(out, format_name, **settings)
    except (TypeError, OSError, ValueError) as error:
        raise ValueError(f"Pillow cannot encode {_describe(image)} as {suffix!r}: {error}") from error
    return out.getvalue()


def _decode_with_pillow(data: bytes | memoryview, iscolor: int) -> npt.NDArray[Any] | None:
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        if not _png.is_png(data):
            raise ImportError(_MISSING) from None
        return _png.decode(data, iscolor)
    try:
        image: Any = Image.open(io.BytesIO(data))
        if iscolor == 0:
            # A JPEG's own luma, not one computed from its colours.
            image.draft("L", None)
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        return None
    if iscolor >= 0:
        image = ImageOps.exif_transpose(image)
        image = image.convert("RGB" if iscolor else "L")
    elif image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode not in ("L", "RGB", "RGBA", "I;16"):
        image = image.convert("RGB")
    array = np.asarray(image)
    if array.ndim == 3:
        array = array[:, :, [2, 1, 0, 3][: array.shape[2]]]
    return np.ascontiguousarray(array)
