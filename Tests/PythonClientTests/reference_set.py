"""Reading the reference cases: expected arrays and bytes, and the table of deviations."""

from __future__ import annotations

import fnmatch
import hashlib
import json

import numpy as np
from conftest import FIXTURES


# MXNet itself was asked for no more batches in an epoch.
EPOCH_LIMIT = 400


class Difference(Exception):
    """The result is not the reference's."""


def read_batches(iterator, operation):
    """The batches of an `epoch` or `next` operation: as many as the reference has, or a `Difference`."""
    assert operation["op"] in ("epoch", "next")
    found = []
    while len(found) < operation.get("n", EPOCH_LIMIT):
        try:
            found.append(iterator.next())
        except StopIteration:
            break
    expected = operation.get("batches", [])
    if len(found) != len(expected):
        raise Difference(f"{len(found)} batches, expected {len(expected)}")
    return found


def deviation(name):
    """The entry of the deviation table for a case, or None."""
    table = json.loads((FIXTURES / "deviations.json").read_text())["deviations"]
    return next((entry for entry in table if any(fnmatch.fnmatchcase(name, case) for case in entry["cases"])), None)


def given_bytes(spec):
    """Bytes of a `params` entry: `{"hex"}`, `{"repeat", "times", "tail"}` or plain hexadecimal text."""
    if isinstance(spec, str):
        return bytes.fromhex(spec)
    if "repeat" in spec:
        return bytes.fromhex(spec["repeat"]) * spec["times"] + bytes.fromhex(spec["tail"])
    return bytes.fromhex(spec["hex"])


def assert_bytes(found, expected):
    assert found is not None
    assert len(found) == expected["bytes"]
    assert hashlib.sha256(found).hexdigest() == expected["sha256"]


def expected_array(spec, root):
    """(array, mask of what is known) of an array reference; mask None for all, array None when only a hash is kept."""
    shape, dtype = tuple(spec["shape"]), np.dtype(spec["dtype"])
    if "values" in spec:
        return np.array([float(value) for value in spec["values"]]).astype(dtype).reshape(shape), None
    if "file" in spec:
        return np.load(root / spec["file"])[spec["row"]].astype(dtype).reshape(shape), None
    if "crop" in spec:
        slices = tuple(slice(begin, end) for begin, end in spec["crop"]["slice"])
        mask = np.zeros(shape, bool)
        mask[slices] = True
        array = np.zeros(shape, dtype)
        array[mask] = np.array([float(value) for value in spec["crop"]["values"]]).astype(dtype)
        return array, mask
    return None, None


def array_difference(found, spec, root, *, rows=None, tolerance=0.0):
    """What the first `rows` rows of an array differ in from an array reference, or None."""
    if list(found.shape) != spec["shape"]:
        return f"shape {found.shape}, expected {spec['shape']}"
    if found.dtype != np.dtype(spec["dtype"]):
        return f"{found.dtype}, expected {spec['dtype']}"
    whole = rows is None or rows == found.shape[0]
    if whole and hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest() == spec["sha256"]:
        return None
    expected, mask = expected_array(spec, root)
    if expected is not None:
        known = np.ones(found.shape, bool) if mask is None else mask.copy()
        if not whole:
            known[rows:] = False
        with np.errstate(invalid="ignore"):
            apart = np.abs(found[known].astype(np.float64) - expected[known].astype(np.float64))
        same = (found[known] == expected[known]) | (np.isnan(apart) & np.isnan(expected[known].astype(np.float64)))
        apart = np.where(same, 0, apart)
        wrong = ~(apart <= tolerance)
        if wrong.any():
            return f"{int(wrong.sum())} of {wrong.size} values differ, by up to {np.max(apart)}"
    if whole and tolerance == 0 and (expected is None or mask is not None):
        return "other bytes than the reference (hash only)"
    return None


def matrix_difference(found, spec, root):
    """What a ``CSRArray`` differs in from a reference to a sparse matrix, or None."""
    if list(found.shape) != spec["shape"]:
        return f"shape {found.shape}, expected {spec['shape']}"
    for name in ("indptr", "indices", "data"):
        difference = array_difference(getattr(found, name), spec[name], root)
        if difference:
            return f"{name}: {difference}"
    return None
