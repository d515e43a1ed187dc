"""The reference cases of mx.image's functions: borders and resizing, and with OpenCV, as MXNet has it, decoding."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from reference_set import array_difference, deviation

import headrace
from headrace.mx import image, nd

# Whether truncated JPEGs and GIFs are decoded has changed from one version of OpenCV to the next.
UP_TO_OPENCV = ("imdecode_dec_jnoeoi_", "imdecode_dec_jtrunc_", "imdecode_dec_gif_")


def call(case, root):
    parameters = dict(case["params"])
    if case["iterator"] == "image.imdecode":
        return image.imdecode((root / parameters.pop("file")).read_bytes(), **parameters)
    source = nd.array(np.load(root / parameters.pop("src")["npy"]), dtype="uint8")
    if case["iterator"] == "image.imresize":
        return image.imresize(source, **parameters)
    if case["iterator"] == "image.copyMakeBorder":
        return image.copyMakeBorder(source, *parameters["margins"], **parameters["kw"])
    for augmenter in image.CreateAugmenter(**parameters["create"]):
        source = augmenter(source)
    return source


def tolerance(case):
    if case["tolerance"]["class"] == "max-abs":
        return case["tolerance"]["data"]
    # What another version of OpenCV makes of a file is as near as can be asked for.
    return (case.get("second_opinion") or {}).get("max_abs") or 0 if case["iterator"] == "image.imdecode" else 0


@pytest.mark.parametrize(
    ("function", "count"),
    [("image.imdecode", 84), ("image.imresize", 135), ("image.copyMakeBorder", 5), ("image.augment", 6)],
)
def test_cases(function, count, reference, cases):
    if function == "image.imdecode":
        pytest.importorskip("cv2")
    chosen = [case for case in cases if case["iterator"] == function and not case["name"].startswith(UP_TO_OPENCV)]
    counts, failures = Counter(), []
    for case in chosen:
        fails = case["tolerance"]["class"] == "error"
        try:
            found = call(case, reference)
            expected = case["expect"].get("array")
            detail = array_difference(np.asarray(found), expected, reference, tolerance=tolerance(case))
            outcome = "data" if fails else "same" if detail is None else "differs"
        except (headrace.HeadraceError, ValueError) as error:
            outcome, detail = "same" if fails else "error", str(error)
        entry = deviation(case["name"])
        listed = entry["outcome"] if entry else "same"
        if outcome != listed:
            failures.append(f"{case['name']}: {outcome} {detail}, listed as {listed}")
        counts["failed" if outcome != listed else "passed" if outcome == "same" else "deviate as listed"] += 1
    print(f"reference cases, {function}:", dict(counts))
    assert not failures, "\n".join(failures)
    assert len(chosen) == count
