#!/usr/bin/env python3
"""Makes photos/: 48 small JPEGs in four class folders, cropped from free photographs that scikit-image ships.

    python -m pip install scikit-image==0.26.0 pillow
    python Tests/Fixtures/make_photos.py [FOLDER]      (default: photos/ beside this file)

The result is in the repository, so nobody needs to run this; it is here to say how the pictures came about. The same
versions of scikit-image and Pillow give the same bytes.
"""

import random
import shutil
import sys
from pathlib import Path

import skimage.data
from PIL import Image, ImageEnhance, ImageOps

# Class folder -> source photographs. Licences are listed in README.md; all are CC0 or in the public domain.
SOURCES = {
    "cats": ["chelsea.png"],
    "coffee": ["coffee.png"],
    "people": ["astronaut.png", "camera.png"],
    "space": ["hubble_deep_field.jpg", "rocket.jpg"],
}
PICTURES_PER_CLASS = 12
# Width / height. Real collections mix landscape, portrait and square.
ASPECTS = [4 / 3, 3 / 4, 3 / 2, 2 / 3, 1.0, 16 / 9]
LONG_SIDE_PIXELS = (256, 400)
# A crop is never enlarged by more than this, which would show as blur.
LARGEST_ENLARGEMENT = 1.2
FILE_BYTES = (13_000, 30_000)


def crop(source: Image.Image, aspect: float, rng: random.Random) -> Image.Image:
    """A random part of `source` with the given width / height, scaled to a long side within LONG_SIDE_PIXELS."""
    largest_width = min(source.width, source.height * aspect)
    long_per_width = max(1.0, 1 / aspect)
    smallest_width = LONG_SIDE_PIXELS[0] / LARGEST_ENLARGEMENT / long_per_width
    width = rng.uniform(min(max(smallest_width, largest_width * 0.55), largest_width), largest_width)
    height = width / aspect
    left = rng.uniform(0, source.width - width)
    top = rng.uniform(0, source.height - height)
    longest = min(LONG_SIDE_PIXELS[1], width * long_per_width * LARGEST_ENLARGEMENT)
    long_side = rng.uniform(LONG_SIDE_PIXELS[0], max(longest, LONG_SIDE_PIXELS[0] + 1))
    size = (round(long_side * min(1.0, aspect)), round(long_side * min(1.0, 1 / aspect)))
    return source.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))


def save(picture: Image.Image, path: Path, subsampling: str) -> None:
    """Writes a JPEG whose size lies within FILE_BYTES where some quality from 60 to 96 allows it."""
    for quality in (90, 93, 96, 86, 80, 72, 60):
        if picture.mode == "L":
            picture.save(path, quality=quality, optimize=True)
        else:
            picture.save(path, quality=quality, optimize=True, subsampling=subsampling)
        size = path.stat().st_size
        if FILE_BYTES[0] <= size <= FILE_BYTES[1] or (quality == 96 and size < FILE_BYTES[0]):
            return


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("photos")
    shutil.rmtree(folder, ignore_errors=True)
    shipped = Path(skimage.data.__file__).parent
    for class_name, names in SOURCES.items():
        rng = random.Random(f"photos/{class_name}")
        (folder / class_name).mkdir(parents=True)
        for number in range(PICTURES_PER_CLASS):
            with Image.open(shipped / names[number % len(names)]) as file:
                source = file.convert("L" if file.mode == "L" else "RGB")
            picture = crop(source, ASPECTS[(number // len(names)) % len(ASPECTS)], rng)
            if rng.random() < 0.5:
                picture = ImageOps.mirror(picture)
            picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.9, 1.1))
            # Every fourth picture keeps full colour resolution: both kinds are common in the wild.
            save(picture, folder / class_name / f"{class_name}-{number + 1:02}.jpg", "4:4:4" if number % 4 == 3 else "4:2:0")


if __name__ == "__main__":
    main()
