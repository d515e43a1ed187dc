#!/usr/bin/env python3
"""Makes ImageNet-like RecordIO sets for speed measurements: photographs with median 500 x 375 and about 108 kB each, and
the same pictures with a short side of 256.

    python -m pip install pillow numpy
    python Tests/Benchmarks/make_benchmark_set.py FOLDER [--count 2048] [--sources PICTURES]

Writes FOLDER/photos.rec, photos.idx and photos.lst, and photos-256.rec and its kin: the first set's pictures decoded, scaled and
encoded again with quality 95, as `im2rec --resize 256` would. A set that is there already is kept. The pictures are random crops, scaled, mirrored and slightly changed in
colour, of the twelve photographs listed in PHOTOGRAPHS. Without --sources they come from two Debian packages, downloaded by
apt-get and unpacked in a temporary folder; nothing is installed. The same Pillow and the same photographs give the same
bytes; the pictures themselves are not kept in the repository.
"""

import argparse
import io
import math
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Sources" / "PythonClient"))
from headrace import recordio  # noqa: E402  the repository's own client, found through the line above

PACKAGES = ["lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04"]
# File (author is in the name) -> licence, as the packages' copyright files state. Abstract pictures are left out: they
# compress far better than photographs do.
PHOTOGRAPHS = {
    "Bridge_by_Sander_Klootwijk.jpg": "CC-BY-SA-4.0",
    "Dragonfly_by_Bolly.jpg": "CC-BY-SA-4.0",
    "Kleiber_by_Lukas_Baubkus.jpg": "CC-BY-SA-3.0",
    "Picture_0B_by_freespace.jpg": "CC-BY-4.0",
    "Picture_1A_by_freespace.jpg": "CC-BY-4.0",
    "Wine_by_Jakkub_Mede.jpg": "CC-BY-4.0",
    "aitzgorri_by_Aitzol_Berasategi.jpg": "CC-BY-4.0",
    "friends_by_Aitzol_Berasategi.jpg": "CC-BY-4.0",
    "life_by_Aitzol_Berasategi.jpg": "CC-BY-4.0",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg": "CC-BY-4.0",
    "seeding_by_Clements_Engelhardt.jpg": "CC0-1.0",
    "sunset_by_Aitzol_Berasategi.jpg": "CC-BY-4.0",
}
# (width, height) -> share. ImageNet's long side is mostly 500, two thirds of the pictures are landscape.
SIZES = {
    (500, 375): 0.45,
    (500, 333): 0.17,
    (375, 500): 0.12,
    (333, 500): 0.07,
    (500, 500): 0.05,
    (640, 480): 0.05,
    (500, 400): 0.04,
    (400, 300): 0.03,
    (1024, 768): 0.01,
    (240, 180): 0.01,
}
# Encoded bits per pixel are spread log-normally around this; with SIZES it makes a mean file of about 108 kB.
MEDIAN_BITS_PER_PIXEL = 5.55
BITS_PER_PIXEL_SPREAD = 0.30
QUALITIES = (80, 96)
# What im2rec and `headrace rec pack` take unless told otherwise.
SHRUNK_SHORT_SIDE, SHRUNK_QUALITY = 256, 95
# Photographs are shrunk by at least the first figure, so that crops are as sharp as scaled-down camera pictures are.
SHRINK = (1.5, 5.0)
# Standard deviation of the brightness noise, in pixel values: shrinking takes away the noise that small cameras' pictures have.
NOISE = (2.0, 7.0)


def fetch(folder: Path) -> Path:
    """Downloads the packages and unpacks them below `folder`; returns the folder that holds the photographs."""
    try:
        # As root apt would hand the download to a user of its own, who cannot write to this folder, and warn.
        command = ["apt-get", "--quiet", "-o", "APT::Sandbox::User=root", "download", *PACKAGES]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"cannot get {' and '.join(PACKAGES)}: {error}; run apt-get update, or name a folder of large photographs with --sources")
    return folder / "usr" / "share" / "backgrounds"


def load(folder: Path, names: list[str]) -> list[Image.Image]:
    """The photographs as RGB. They are kept decoded: every picture made is cut from one of them."""
    photographs = []
    for name in names:
        with Image.open(folder / name) as file:
            photographs.append(ImageOps.exif_transpose(file).convert("RGB"))
    return photographs


def cut(source: Image.Image, size: tuple[int, int], rng: random.Random) -> Image.Image:
    """A random part of `source`, scaled to `size` (width, height), perhaps mirrored, with slightly changed colours and a camera's noise."""
    most = min(source.width / size[0], source.height / size[1])
    shrink = math.exp(rng.uniform(math.log(min(SHRINK[0], most)), math.log(min(SHRINK[1], most))))
    width, height = size[0] * shrink, size[1] * shrink
    left, top = rng.uniform(0, source.width - width), rng.uniform(0, source.height - height)
    picture = source.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))
    if rng.random() < 0.5:
        picture = ImageOps.mirror(picture)
    picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.85, 1.15))
    picture = ImageEnhance.Color(picture).enhance(rng.uniform(0.85, 1.15))
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(*NOISE), (size[1], size[0], 1))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def encode(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return buffer.getvalue()


def draw(photographs: list[Image.Image], rng: random.Random) -> tuple[int, tuple[int, int], bytes]:
    """One picture: which photograph it is from, its (width, height), and its JPEG of about the size that was drawn for it.

    Plain sky or blur that cannot fill that size is drawn again (at most 5 times): nobody labels such pictures.
    """
    size = rng.choices(list(SIZES), list(SIZES.values()))[0]
    target_bytes = size[0] * size[1] / 8 * MEDIAN_BITS_PER_PIXEL * math.exp(rng.gauss(0, BITS_PER_PIXEL_SPREAD))
    for _ in range(5):
        label = rng.randrange(len(photographs))
        picture = cut(photographs[label], size, rng)
        if len(encode(picture, QUALITIES[1])) >= target_bytes:
            break
    # The best quality that fits; the lowest when none does.
    low, high = QUALITIES
    while low < high:
        middle = (low + high + 1) // 2
        if len(encode(picture, middle)) <= target_bytes:
            low = middle
        else:
            high = middle - 1
    return label, size, encode(picture, low)


class SetWriter:
    """Writes PREFIX.rec, .idx and .lst, and counts what the last line says of them. A set that is not finished has no .lst."""

    def __init__(self, prefix: Path, count: int):
        self.prefix, self.count = prefix, count
        Path(f"{prefix}.lst").unlink(missing_ok=True)
        self._writer = recordio.MXIndexedRecordIO(f"{prefix}.idx", f"{prefix}.rec", "w")
        self._listing: list[str] = []
        self._sizes: list[tuple[int, int]] = []
        self._lengths: list[int] = []

    def add(self, label: float, name: str, size: tuple[int, int], encoded: bytes) -> None:
        number = len(self._lengths)
        self._writer.write_idx(number, recordio.pack(recordio.IRHeader(0, label, number, 0), encoded))
        self._listing.append(f"{number}\t{label:.6f}\t{name}\n")
        self._sizes.append(size)
        self._lengths.append(len(encoded))
        if sys.stderr.isatty():
            print(f"\r{self.prefix}.rec: {number + 1} of {self.count}", end="", file=sys.stderr)

    def close(self) -> None:
        self._writer.close()
        Path(f"{self.prefix}.lst").write_text("".join(self._listing))
        if sys.stderr.isatty():
            print(file=sys.stderr)
        width, height = (statistics.median(side) for side in zip(*self._sizes))
        print(f"{self.prefix}.rec: {len(self._lengths)} pictures, median {width:.0f} x {height:.0f}, "
              f"mean {statistics.mean(self._lengths) / 1000:.1f} kB, median {statistics.median(self._lengths) / 1000:.1f} kB")


def listed(prefix: Path) -> list[list[str]]:
    """The lines of PREFIX.lst, in fields; none when there is no such finished set."""
    try:
        return [line.split("\t") for line in Path(f"{prefix}.lst").read_text().splitlines()]
    except FileNotFoundError:
        return []


def make_photographs(prefix: Path, arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.sources:
            folder, names = arguments.sources, sorted(path.name for path in arguments.sources.glob("*.jp*g"))
            if not names:
                sys.exit(f"{folder} holds no .jpg or .jpeg file")
        else:
            folder, names = fetch(Path(temporary)), list(PHOTOGRAPHS)
        photographs = load(folder, names)

    rng = random.Random(arguments.seed)
    writer = SetWriter(prefix, arguments.count)
    for number in range(arguments.count):
        label, size, encoded = draw(photographs, rng)
        writer.add(float(label), f"{Path(names[label]).stem}/{number:06}.jpg", size, encoded)
    writer.close()


def shrink(source: Path, target: Path) -> None:
    """Writes the set `source` again with all short sides of one length."""
    listing = listed(source)
    reader = recordio.MXRecordIO(f"{source}.rec", "r")
    writer = SetWriter(target, len(listing))
    for _, label, name in listing:
        _, encoded = recordio.unpack(reader.read())
        with Image.open(io.BytesIO(encoded)) as picture:
            scale = SHRUNK_SHORT_SIDE / min(picture.size)
            # The shorter side comes out as the one wanted, whatever rounding does to it.
            size = tuple(max(SHRUNK_SHORT_SIDE, int(side * scale)) for side in picture.size)
            small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        writer.add(float(label), name, size, encode(small, SHRUNK_QUALITY))
    writer.close()
    reader.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes ImageNet-like RecordIO sets for speed measurements.")
    parser.add_argument("folder", type=Path, help="where photos.rec, photos-256.rec, and an .idx and a .lst of each go")
    parser.add_argument("--count", type=int, default=2048, help="number of pictures (default 2048: 16 batches of 128)")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default 1); a set that is kept has the seed it was made with")
    parser.add_argument("--sources", type=Path, help="folder of large JPEG photographs instead of the Debian packages'")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    photographs, small = arguments.folder / "photos", arguments.folder / f"photos-{SHRUNK_SHORT_SIDE}"
    if len(listed(photographs)) == arguments.count:
        print(f"{photographs}.rec is there already, with as many pictures, and is kept")
    else:
        # What was made of other pictures is made again.
        Path(f"{small}.lst").unlink(missing_ok=True)
        make_photographs(photographs, arguments)
    if len(listed(small)) == arguments.count:
        print(f"{small}.rec is there already, with as many pictures, and is kept")
    else:
        shrink(photographs, small)


if __name__ == "__main__":
    main()
