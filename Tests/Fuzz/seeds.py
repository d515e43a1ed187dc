"""Writes the first inputs of every fuzzing target, made of the protocol's vectors, the reference cases' files and the sample
configuration.

    seeds.py FOLDER GOLDEN        FOLDER/seeds/TARGET/…, and FOLDER/data: small files that the targets open
"""

import json
import shutil
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "protocol" / "vectors"
# In the order of Swift's `FrameType`.
TYPES = list(range(0x01, 0x16))
# Larger inputs only make a target slower.
MOST_BYTES = 6000
# What `ServerTarget` and `ClientTarget` take for an event.
EVENT = 0x80


def vectors(name: str) -> list[dict]:
    return json.loads((VECTORS / f"{name}.json").read_text())


def frames(stream: bytes) -> list[tuple[int, bytes]]:
    """Type and payload of each frame; what is no frame ends the list."""
    found = []
    while len(stream) >= 32 and stream[:4] == b"HDRC":
        (length,) = struct.unpack_from("<Q", stream, 8)
        found.append((stream[4], stream[32:32 + length]))
        stream = stream[32 + min(length, len(stream)):]
    return found


def session_frame(kind: int, payload: bytes) -> bytes:
    return bytes([TYPES.index(kind)]) + struct.pack("<H", len(payload)) + payload


class Seeds:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def add(self, target: str, content: bytes) -> None:
        if len(content) > MOST_BYTES:
            return
        place = self.folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{self.count:05}").write_bytes(content)
        self.count += 1


def protocol(seeds: Seeds) -> None:
    valid = vectors("valid/control") + vectors("valid/batch")
    every = valid + [v for name in ("framing", "messages", "batch", "session") for v in vectors(f"invalid/{name}")]
    by_name = {v["name"]: frames(bytes.fromhex(v["hex"]))[0] for v in valid}
    for vector in every:
        stream = bytes.fromhex(vector["hex"])
        for options in (0, 3):
            seeds.add("frames", bytes([options, len(stream) % 251]) + stream)
        parts = [session_frame(kind, payload) for kind, payload in frames(stream) if kind in TYPES]
        if vector["sender"] == "client":
            seeds.add("server", b"\3" + b"".join(parts))
        else:
            # Greeted, and with a stream.
            seeds.add("client", b"\1\x87" + b"".join(parts))
            seeds.add("client", b"\1\x87\x80\x88" + b"".join(parts))
        for kind, payload in frames(stream):
            if kind == 0x05 and len(payload) >= 8:
                table = 8 + struct.unpack_from("<Q", payload)[0]
                if table <= len(payload):
                    tensors = payload[table:]
                    content = struct.pack("<H", len(tensors)) + payload[8:table].rstrip() + b"\0" + tensors
                    seeds.add("batch", content)
                    seeds.add("client", b"\1\x87\x80\x88\x8d" + struct.pack("<H", len(content)) + content)
            if kind == 0x02:
                seeds.add("open", payload)

    def sent(*names: str | int) -> bytes:
        return b"".join(bytes([n]) if isinstance(n, int) else session_frame(*by_name[n]) for n in names)

    # A stream from its opening to its end, with batches written, lent and released, moves, arrays, and a drain.
    for start in ("hello-client", "hello-slots", "hello-arrays"):
        greeting = b"\3" + sent(start)
        seeds.add("server", greeting + sent("open-dataset", 0x80, "credit", 0x82, 0x85, 0x83, 0x85, 0x82, 0x85, 0x82))
        seeds.add("server", greeting + sent("open-iterator", 0x80, "credit-most", 0x82, 0x8C, "release", "seek-address"))
        seeds.add("server", greeting + sent("open-dataset", "close", 0x80, "open-dataset", 0x81, "ping", 0x88, 0x89))
        seeds.add("server", greeting + sent("attach-frames", "data", "open-dataset", 0x80, "state-question", "reset"))
        seeds.add("server", greeting + sent("open-dataset", 0x80, "credit", 0x8E, 0x82, 0x8F, 0x8D, "reset", "close"))
        seeds.add("server", greeting + sent("attach-descriptor", 0x86, "attach-descriptor", 0x87, "seek-token", 0x8A))
    for wishes in ((0x89, 0x89, 0x86, 0x89, 0x8A), (0x82, 1, 1, 0x89, 0x8B, 1, 1, 4), (0x83, "state-answer", 0x84, 0x8F),
                   (0x81, "notice", "error-request", 0x8C, "goaway"), ("error-stream", "epoch-end", "error-connection")):
        seeds.add("client", b"\1\x87\x80\x88" + sent(*wishes))
    seeds.add("client", b"\1\x87\x85" + sent("attached", 0x80, "opened", "batch"))


def openings(seeds: Seeds, golden: Path) -> None:
    """OPENs of the reference cases, one for every set of parameter names, with files that `data` has."""
    names = {"rec": "a.rec", "idx": "a.idx", "lst": "a.lst", "csv": "a.csv", "npy": "a.npy", "npz": "a.npz"}
    seen = set()
    for case in json.loads((golden / "cases.json").read_text())["cases"]:
        iterator = case["iterator"].removeprefix("image.")
        if not iterator.endswith(("Iter", "Iter_v1")) or iterator in ("ResizeIter", "PrefetchingIter"):
            continue
        parameters = {}
        for name, value in case.get("params", {}).items():
            if isinstance(value, str) and value.startswith("in/"):
                value = "/D/" + names.get(value.rsplit(".", 1)[-1], "mnist" if "image" in name else "libsvm")
            parameters[name] = value
        key = (iterator, tuple(sorted(parameters)))
        if key not in seen:
            seen.add(key)
            text = json.dumps({"iterator": iterator, "parameters": parameters}, separators=(",", ":"))
            seeds.add("open", text.encode())
    small = {"batch_size": 2}
    for iterator, parameters in (
        ("ImageRecordIter", {"path_imgrec": "/D/a.rec", "data_shape": [3, 8, 8], "path_imgidx": "/D/a.idx"}),
        ("ImageDetRecordIter", {"path_imgrec": "/D/a.rec", "data_shape": "(3,8,8)", "label_pad_width": 9}),
        ("ImageIter", {"path_imglist": "/D/a.lst", "path_root": "/D/", "data_shape": [3, 8, 8], "aug_list": []}),
        ("ImageIter", {"imglist": [[1, "a.jpg"]], "path_root": "/D/", "data_shape": [3, 8, 8], "rand_crop": True}),
        ("ImageDetIter", {"path_imgrec": "/D/a.rec", "data_shape": [3, 8, 8], "rand_mirror": True}),
        ("CSVIter", {"data_csv": "/D/a.csv;/D/a.csv", "data_shape": [2], "num_parts": 2, "part_index": 1}),
        ("LibSVMIter", {"data_libsvm": "/D/libsvm", "data_shape": [100]}),
        ("MNISTIter", {"image": "/D/mnist", "label": "/D/mnist-labels", "flat": True}),
        ("NDArrayIter", {"data": [["x", "/D/a.npy"]], "label": "/D/a.npz#arr_0", "last_batch_handle": "roll_over"}),
        ("RecordIter", {"path_rec": "/D/*.rec", "partition": "global", "even_parts": True}),
    ):
        seeds.add("open", json.dumps({"iterator": iterator, "parameters": parameters | small}).encode())


def files(seeds: Seeds, golden: Path) -> None:
    inputs = golden / "in"
    for path in sorted(inputs.rglob("*")):
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            continue
        content = path.read_bytes()
        if path.suffix == ".rec":
            for options in range(4):
                seeds.add("records", bytes([options]) + content)
        elif path.suffix in (".lst", ".idx"):
            for options in range(4):
                seeds.add("lists", bytes([options]) + content)
        elif path.suffix == ".csv":
            for options in (0, 1, 6):
                seeds.add("csv", bytes([options]) + content)
        elif path.parent.name == "libsvm":
            for options in (0, 1, 2, 4):
                seeds.add("libsvm", bytes([options]) + content)
        elif path.suffix in (".npy", ".npz"):
            for options in (0, 2):
                seeds.add("numpy", bytes([options | (path.suffix == ".npz")]) + content)
        elif path.suffix.lower() in (".jpg", ".jpeg", ".png", ".bmp", ".gif"):
            for options in (1, 5, 0x41):
                seeds.add("images", bytes([options, 20, 40, 128, 200]) + content)
    labels = (inputs / "mnist" / "sq-labels-idx1-ubyte").read_bytes()
    for path in sorted((inputs / "mnist").iterdir()):
        content = path.read_bytes()
        if len(content) < MOST_BYTES:
            seeds.add("mnist", b"\0" + struct.pack("<H", len(content)) + content + labels)


def data(folder: Path, golden: Path) -> None:
    inputs = golden / "in"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(inputs / "mnist" / "sq-images-idx3-ubyte", folder / "mnist")
    shutil.copy(inputs / "mnist" / "sq-labels-idx1-ubyte", folder / "mnist-labels")
    shutil.copy(inputs / "libsvm" / "data.t", folder / "libsvm")
    shutil.copy(inputs / "img" / "size_9x7.jpg", folder / "a.jpg")
    (folder / "a.csv").write_text("1,2\n3,4\n5,6\n")
    (folder / "a.lst").write_text("0\t1\ta.jpg\n1\t2\ta.jpg\n")
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
    array = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(24)
    (folder / "a.npy").write_bytes(array)
    import zipfile

    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        archive.writestr("arr_0.npy", array)
    # Three image records: a header with one label, and the picture.
    picture = (folder / "a.jpg").read_bytes()
    records, index = b"", ""
    for number in range(3):
        body = struct.pack("<IfQQ", 0, float(number), number, 0) + picture
        index += f"{number}\t{len(records)}\n"
        records += struct.pack("<II", 0xCED7230A, len(body)) + body + bytes(-len(body) % 4)
    (folder / "a.rec").write_bytes(records)
    (folder / "a.idx").write_text(index)


def main() -> None:
    folder, golden = Path(sys.argv[1]), Path(sys.argv[2])
    seeds = Seeds(folder / "seeds")
    protocol(seeds)
    data(folder / "data", golden)
    openings(seeds, golden)
    files(seeds, golden)
    for options in range(4):
        seeds.add("records", bytes([options]) + (folder / "data" / "a.rec").read_bytes())
        seeds.add("lists", bytes([options]) + (folder / "data" / "a.lst").read_bytes())
        seeds.add("lists", bytes([options]) + (folder / "data" / "a.idx").read_bytes())
    seeds.add("numpy", b"\0" + (folder / "data" / "a.npy").read_bytes())
    seeds.add("numpy", b"\1" + (folder / "data" / "a.npz").read_bytes())
    sample = (ROOT / "config" / "headraced.yaml").read_text()
    # The sample has every key in a comment; without the marks it sets them all.
    bare = "".join(line.removeprefix("# ") if line.startswith("# ") and ":" in line else line
                   for line in sample.splitlines(keepends=True))
    for text in (sample, bare, "datasets:\n  d:\n    iterator: CSVIter\n    data_csv: /a.csv\n    data_shape: [2]\n",
                 "roots: [/a, &x /b]\ncache_directory: *x\nlimits: {memory: 2GiB}\n"):
        for start in range(0, len(text), MOST_BYTES // 2):
            seeds.add("configuration", text[start:start + MOST_BYTES].encode())
    for path in ("/", "/v1/status", "/v1/streams", "/v1/clients", "/v1/datasets", "/v1/bad-records", "/metrics",
                 "/healthz", "/readyz", "/v1/drain", "/v1/reload", "/v1/status?x=1&y=%20", "/nothing", "/v1/config",
                 "/v1/streams/1/stop", "/v1/streams/1/pause", "/v1/streams/2/resume", "/v1/clients/1/disconnect",
                 '/v1/log-level {"level":"debug"}'):
        for method in ("GET", "POST", "HEAD"):
            seeds.add("admin", f"\2{method} {path}".encode())


if __name__ == "__main__":
    main()
