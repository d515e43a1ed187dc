"""The reference cases of image.ImageIter and image.ImageDetIter through a real daemon."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from reference_set import Difference, array_difference, deviation, read_batches
from statistics_comparison import differences
from statistics_readback import PICTURE_HEIGHT, PICTURE_WIDTH, geometry, readback

import headrace
from headrace import image

FAMILIES = [("image.ImageIter", 65), ("image.ImageDetIter", 22)]
# Draws for each of the reference's.
DRAWS = 2


@pytest.fixture
def named(reference, cases, monkeypatch):
    """The cases by name. Their paths are relative to the reference set."""
    monkeypatch.chdir(reference)
    families = [family for family, _ in FAMILIES]
    return {case["name"]: case for case in cases if case["iterator"] in families}


def make(case, client, changed):
    return getattr(image, case["iterator"].split(".")[1])(client=client, **case["params"] | changed)


@pytest.mark.parametrize(("family", "count"), FAMILIES)
def test_cases(family, count, client, reference, named):
    comparable = [
        case for case in named.values() if case["iterator"] == family and case["tolerance"]["class"] != "statistical"
    ]
    counts, failures = Counter(), []
    for case in comparable:
        entry = deviation(case["name"])
        listed = entry["outcome"] if entry else "same"
        outcome, detail = run(case, client, reference, {})
        if outcome != listed:
            failures.append(f"{case['name']}: {outcome} {detail}" + (f", listed as {listed}" if entry else ""))
        elif entry and "with" in entry:
            again, detail = run(case, client, reference, entry["with"])
            if again != "same":
                failures.append(f"{case['name']} with {entry['with']}: {again} {detail}")
        counts["failed" if outcome != listed else "passed" if outcome == "same" else "deviate as listed"] += 1
    print(f"reference cases, {family} family, through the daemon:", dict(counts))
    assert not failures, f"{len(failures)} cases:\n" + "\n".join(failures)
    assert len(comparable) == count


def run(case, client, root, changed):
    """(outcome, detail): `same`, `error` (we refuse), `data` (we deliver where MXNet failed) or `differs`."""
    expect = case["expect"]
    fails = case["tolerance"]["class"] == "error" or "error" in expect
    iterator = None
    try:
        iterator = make(case, client, changed)
        for name in ("provide_data", "provide_label"):
            expected = [(desc["name"], tuple(desc["shape"])) for desc in expect.get(name, [])]
            if name in expect and getattr(iterator, name) != expected:
                raise Difference(f"{name} is {getattr(iterator, name)}, expected {expected}")
        for operation in expect.get("ops") or case["program"]:
            perform(operation, case, iterator, root)
        return ("data", "") if fails else ("same", "")
    except headrace.HeadraceError as error:
        return ("same", "") if fails else ("error", str(error))
    except Difference as difference:
        return ("data", "") if fails else ("differs", str(difference))
    finally:
        if iterator is not None:
            iterator.close()


def perform(operation, case, iterator, root):
    if operation["op"] in ("reset", "hard_reset"):
        getattr(iterator, operation["op"])()
        return
    if "error" in operation:
        # What comes before it is compared as far as it comes.
        for position, expected in enumerate(operation.get("batches", [])):
            compare(iterator.next(), expected, case, root, position)
        iterator.next()
        return
    expected = operation.get("batches", [])
    found = read_batches(iterator, operation)
    if case["tolerance"]["class"] == "order-informational":
        compare_as_multisets(found, expected)
        return
    for position, (batch, expectation) in enumerate(zip(found, expected, strict=True)):
        compare(batch, expectation, case, root, position)


def compare(batch, expected, case, root, position):
    if batch.pad != expected["pad"]:
        raise Difference(f"batch {position}: pad {batch.pad}, expected {expected['pad']}")
    tolerance = case["tolerance"].get("data", 0) if case["tolerance"]["class"] == "max-abs" else 0
    for role, array, allowed in (("data", batch.data[0], tolerance), ("label", batch.label[0], 0)):
        difference = array_difference(array, expected[role][0], root, tolerance=allowed)
        if difference:
            raise Difference(f"batch {position}: {role}: {difference}")


def compare_as_multisets(found, expected):
    """Labels tell the records of these cases apart; which of them come must be equal, not their order."""
    ours = [label for batch in found for label in batch.label[0][: len(batch.label[0]) - batch.pad].tolist()]
    theirs = []
    for batch in expected:
        values = batch["label"][0]["values"]
        theirs += values[: len(values) - batch["pad"]]
    if sorted(ours) != sorted(theirs):
        raise Difference(f"records {sorted(ours)}, expected {sorted(theirs)}")


def test_distributions(client, named):
    statistical = [case for case in named.values() if case["tolerance"]["class"] == "statistical"]
    failures = {case["name"]: found for case in statistical if (found := compare_distributions(case, client, {}))}
    print("reference cases of image iterators, statistical:", len(statistical) - len(failures), "passed")
    assert not failures, "\n".join(f"{name}: {'; '.join(found)}" for name, found in failures.items())
    assert len(statistical) == 11


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("stat_ii_rand_crop_mirror", {"rand_mirror": False}),
        ("stat_ii_rand_resize", {"rand_resize": False}),
        ("stat_ii_brightness", {"brightness": 0.32}),
        ("stat_ii_contrast", {"contrast": 0.28}),
        ("stat_ii_saturation", {"saturation": 0.32}),
        ("stat_ii_hue", {"hue": 0.22}),
        ("stat_ii_pca", {"pca_noise": 0.06}),
        ("stat_ii_gray", {"rand_gray": 0.4}),
        ("stat_idi_crop", {"area_range": [0.3, 1.0]}),
        ("stat_idi_crop", {"min_object_covered": 0.9}),
        ("stat_idi_pad", {"rand_pad": 0.9}),
        ("stat_idi_mirror", {"rand_mirror": False}),
    ],
)
def test_another_distribution_is_told_apart(client, named, name, changed):
    assert compare_distributions(named[name], client, changed)


def compare_distributions(case, client, changed):
    """How our draws with a case's parameters, or with some of them changed, differ from its summary."""
    expected = case["expect"]["statistics"]
    read = detection if case["iterator"] == "image.ImageDetIter" else readback(case)
    batches = [read(images, labels) for images, labels in draws(case, client, changed)]
    found = {name: np.concatenate([batch[name] for batch in batches]) for name in expected if name != "corr_xy"}
    return differences(found, expected)


def detection(images, labels):
    """The crop as fractions of the picture, whether it is mirrored, and the box of the only object."""
    found = geometry(images)
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), labels[:, 0, 1:5].T.astype(float), strict=True))
    return box | {
        "crop_w_fraction": np.abs(found["crop_w"]) / PICTURE_WIDTH,
        "crop_h_fraction": found["crop_h"] / PICTURE_HEIGHT,
        "mirrored": (found["crop_w"] < 0).astype(int),
        "inside": found["inside"],
    }


def draws(case, client, changed):
    """Images and labels of as many epochs as give enough augmentations."""
    iterator = make(case, client, changed)
    try:
        drawn = 0
        while drawn < DRAWS * case["draws"]:
            for batch in iterator:
                yield batch.data[0][: len(batch.data[0]) - batch.pad], batch.label[0]
                drawn += len(batch.data[0]) - batch.pad
            iterator.reset()
    finally:
        iterator.close()
