"""The random reference cases: our draws through a real daemon against the distributions of MXNet's."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter

import numpy as np
import pytest
from statistics_comparison import differences, uniformity_differences
from statistics_readback import readback
from test_golden_iterators import FAMILIES, run

import headrace

# Draws for each of the reference's. With more, the few largest of its values show a range of ours that is too narrow.
DRAWS = 2


@pytest.fixture
def named(reference, cases, monkeypatch):
    """The cases of the iterators by name. Their paths are relative to the reference set."""
    monkeypatch.chdir(reference)
    return {case["name"]: case for case in cases if case["iterator"].startswith(tuple(family for family, _ in FAMILIES))}


def test_distributions(client, named):
    statistical = [case for case in named.values() if case["tolerance"]["class"] == "statistical"]
    failures = {case["name"]: found for case in statistical if (found := compare(case, client))}
    print("reference cases, statistical:", len(statistical) - len(failures), "passed,", len(failures), "failed")
    assert not failures, "\n".join(f"{name}: {'; '.join(found)}" for name, found in failures.items())
    assert len(statistical) == 46


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("stat_rec_rand_crop", {"rand_crop": False}),
        ("stat_rec_rand_crop", {"pad": 1}),
        ("stat_rec_rand_crop", {"mirror": True}),
        ("stat_rec_rand_mirror", {"rand_mirror": False}),
        ("stat_v1_crop_mirror", {"rand_mirror": False}),
        ("stat_u8_rand_crop", {"rand_mirror": True}),
        ("stat_scale", {"max_random_scale": 1.32}),
        ("stat_scale", {"max_random_scale": 1.28}),
        ("stat_rotate", {"max_rotate_angle": 9}),
        ("stat_rotate", {"max_rotate_angle": 11}),
        ("stat_rotate_list", {"rotate_list": "0,30"}),
        ("stat_rotate_list", {"rotate_list": "0,30,60,60"}),
        ("stat_aspect", {"max_aspect_ratio": 0.32}),
        ("stat_aspect_min", {"max_aspect_ratio": 1.22}),
        ("stat_shear", {"max_shear_ratio": 0.19}),
        ("stat_random_resized_crop", {"min_random_area": 0.33}),
        ("stat_random_resized_crop", {"max_aspect_ratio": 0.2}),
        ("stat_crop_size", {"max_crop_size": 91}),
        ("stat_crop_size", {"rand_crop": False}),
        ("stat_crop_size_center", {"min_crop_size": 41}),
        ("stat_everything", {"rand_mirror": False}),
        ("stat_everything", {"max_shear_ratio": 0.2}),
        ("stat_random_h", {"random_h": 32}),
        ("stat_random_s", {"random_s": 45}),
        ("stat_random_l", {"random_l": 45}),
        ("stat_random_hsl", {"random_h": 20, "random_l": 10}),
        ("stat_brightness", {"brightness": 0.42}),
        ("stat_contrast", {"contrast": 0.38}),
        ("stat_saturation", {"saturation": 0.42}),
        ("stat_bcs", {"brightness": 0.4}),
        ("stat_pca_noise", {"pca_noise": 0.12}),
        ("stat_max_random_contrast", {"max_random_contrast": 0.31}),
        ("stat_max_random_illumination", {"max_random_illumination": 19}),
        ("stat_contrast_illumination_scale", {"scale": 0.51}),
        ("stat_v1_contrast_illumination", {"max_random_contrast": 0.21}),
        ("stat_inter10", {"inter_method": 9}),
        ("stat_det_mirror", {"rand_mirror_prob": 0.6}),
        ("stat_det_crop", {"max_crop_scales": 0.97}),
        ("stat_det_crop", {"max_crop_aspect_ratios": 1.0}),
        ("stat_det_crop_overlap", {"min_crop_overlaps": 0.45}),
        ("stat_det_crop_object_coverage", {"min_crop_object_coverages": 0.8}),
        ("stat_det_crop_two_samplers", {"min_crop_scales": [0.32, 0.8]}),
        ("stat_det_pad", {"max_pad_scale": 1.9}),
        ("stat_det_hue", {"max_random_hue": 16}),
        ("stat_det_contrast", {"max_random_contrast": 0.45}),
    ],
)
def test_another_distribution_is_told_apart(client, named, name, changed):
    assert compare(named[name], client, changed)


def test_seed_aug_repeats_augmentation_in_every_epoch(client, named):
    case = named["seed_aug_rand_crop"]
    with_seed = epochs(case["params"], client, count=2)
    assert (with_seed[0] == with_seed[1]).all()
    # Not because nothing is random: the samples of one epoch are cropped in different places ...
    assert len({sample.tobytes() for sample in with_seed[0]}) > len(with_seed[0]) // 2
    # ... and differ from epoch to epoch without it.
    without = {name: value for name, value in case["params"].items() if name != "seed_aug"}
    first, second = epochs(without, client, count=2)
    assert (first != second).any()


def test_reset_between_rounds_goes_on_where_the_last_round_ended(client, reference, named):
    # These samples come from MXNet when its prefetching keeps up. Its pads are those of earlier batches at times.
    pads = [[0, 2], [], [0], [], [0, 2], [], [], [0]]
    rounds = [
        copy.deepcopy(case)
        for name, case in named.items()
        if name.endswith("_reset_mid_round") and case["tolerance"]["class"] == "informational"
    ]
    for case in rounds:
        for operation, pads_of_operation in zip(case["expect"]["ops"], pads, strict=True):
            for batch, pad in zip(operation.get("batches", []), pads_of_operation, strict=True):
                batch["pad"] = pad
    outcomes = {case["name"]: run(case, client, reference, {}) for case in rounds}
    assert outcomes == {case["name"]: ("same", "") for case in rounds}
    assert len(rounds) == 3


def epochs(parameters, client, count):
    """The samples of each epoch, stacked."""
    iterator = headrace.io.ImageRecordIter(client=client, **parameters)
    try:
        result = []
        for _ in range(count):
            result.append(np.concatenate([batch.data[0] for batch in iterator]))
            iterator.reset()
        return result
    finally:
        iterator.close()


def compare(case, client, changed=None):
    """How our draws with a case's parameters, or with some of them changed, differ from its summary."""
    expected = case["expect"]["statistics"]
    if "distinct_results_of_record_0" in expected:
        # Each kernel gives a picture other pixels, so equal pixels mean the same choice.
        results = Counter(
            hashlib.sha256(images[0].tobytes()).digest() for images, _ in draws(case, client, changed or {}))
        return uniformity_differences(list(results.values()), expected["distinct_results_of_record_0"])
    read = readback(case)
    batches = [read(images, labels) for images, labels in draws(case, client, changed or {})]
    found = {name: np.concatenate([batch[name] for batch in batches]) for name in expected if name != "corr_xy"}
    return differences(found, expected)


def draws(case, client, changed):
    """Images and labels of as many epochs as give enough augmentations."""
    iterator = getattr(headrace.io, case["iterator"])(client=client, **case["params"] | changed)
    try:
        drawn = 0
        while drawn < DRAWS * case["draws"]:
            for batch in iterator:
                assert batch.pad == 0
                yield batch.data[0], batch.label[0]
                drawn += len(batch.data[0])
            iterator.reset()
    finally:
        iterator.close()
