"""headrace.image on single images: MXNet's results, and its random decisions for equal seeds."""

from __future__ import annotations

import hashlib
import json
import random

import numpy as np
import pytest
from conftest import FIXTURES

import headrace
from headrace import image, mx

RECORDED = json.loads((FIXTURES / "augmenters.json").read_text())


def picture(case):
    return np.random.RandomState(case["seed"]).randint(0, 256, (*case["size"], 3)).astype(case["dtype"])


def boxes(seed):
    generator = np.random.RandomState(seed)
    count = generator.randint(1, 6)
    across, down = np.sort(generator.rand(count, 2), 1), np.sort(generator.rand(count, 2), 1)
    columns = [generator.randint(0, 9, count), across[:, 0], down[:, 0], across[:, 1], down[:, 1], generator.rand(count)]
    return np.stack(columns, 1).astype(np.float32)


def make(name, arguments):
    """The augmenters that a case names, as a list."""
    if name.startswith("Create"):
        created = getattr(image, name)
        made = created(*arguments) if isinstance(arguments, list) else created((3, 22, 24), **arguments)
        return made if isinstance(made, list) else [made]
    return [getattr(image, name)(*arguments)]


def check(found, expected):
    assert list(found.shape) == expected["shape"]
    if "sha256" in expected:
        assert found.dtype == np.uint8
        assert hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest().startswith(expected["sha256"])
        return
    assert found.dtype == np.float32
    # MXNet's own sums differ by this much from run to run.
    np.testing.assert_allclose(found[:2, :2].ravel(), expected["start"], rtol=2e-5, atol=1e-4)
    assert float(found.mean(dtype=np.float64)) == pytest.approx(expected["mean"], rel=2e-5, abs=1e-4)


def title(case):
    return f"{case['name']}-{case['arguments']}-{case['seed']}"


@pytest.mark.parametrize("case", RECORDED["augmenters"], ids=title)
def test_results_and_draws_are_mxnets(case):
    random.seed(case["seed"])
    np.random.seed(case["seed"])
    original, label = picture(case), boxes(case["seed"])
    kept, kept_label = original.copy(), label.copy()
    augmenters = make(case["name"], case["arguments"])
    for _ in range(case.get("calls", 1)):
        found, found_label = original, label
        for augmenter in augmenters:
            if "label" in case:
                found, found_label = augmenter(found, found_label)
            else:
                found = augmenter(found)
    check(found, case["image"])
    if "label" in case:
        np.testing.assert_allclose(found_label.ravel(), case["label"], rtol=1e-6, atol=1e-6)
    assert [random.random(), np.random.rand()] == case["draws"]
    np.testing.assert_array_equal(original, kept)
    np.testing.assert_array_equal(label, kept_label)


def numbers_rounded(value):
    """Nested JSON with its numbers as float32, which is what MXNet makes of some of them."""
    if isinstance(value, str):
        try:
            return numbers_rounded(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, list):
        return [numbers_rounded(element) for element in value]
    if isinstance(value, dict):
        return {key: numbers_rounded(element) for key, element in value.items()}
    return float(np.float32(value)) if isinstance(value, (int, float)) else value


@pytest.mark.parametrize("case", RECORDED["dumps"], ids=lambda case: f"{case['name']}-{case['arguments']}")
def test_augmenters_write_themselves_as_mxnets(case):
    texts = [augmenter.dumps() for augmenter in make(case["name"], case["arguments"])]
    found = texts if isinstance(case["arguments"], dict) else texts[0]
    assert numbers_rounded(found) == numbers_rounded(case["text"])
    if not isinstance(case["arguments"], dict):
        assert type(found) is type(case["text"])


@pytest.mark.parametrize("case", RECORDED["rotations"], ids=lambda case: f"{case['degrees']}-{case['zoom']}")
def test_rotation(case):
    source = np.random.RandomState(case["seed"]).rand(*case["shape"]).astype(np.float32)
    turned = image.imrotate(source, case["degrees"], zoom_in=case["zoom"] == 1, zoom_out=case["zoom"] == 2)
    np.testing.assert_allclose(turned.ravel(), case["values"], atol=1e-5)
    several = image.imrotate(np.stack([source, source]), [case["degrees"], 0])
    np.testing.assert_allclose(several[1], source, atol=1e-6)
    if case["zoom"] == 0:
        np.testing.assert_array_equal(several[0], turned)


def test_random_rotation():
    (case,) = RECORDED["random_rotation"]
    np.random.seed(4)
    source = np.random.RandomState(case["seed"]).rand(*case["shape"]).astype(np.float32)
    turned = image.random_rotate(mx.nd.array(source), case["limits"])
    np.testing.assert_allclose(turned.asnumpy().ravel(), case["values"], atol=1e-5)
    assert image.random_rotate(source[0], (10, 10)).shape == source[0].shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 4, 4)), 1), "src is float64"),
        ((np.zeros((4, 4), np.float32), 1), r"src has the shape \(4, 4\)"),
        ((np.zeros((3, 4, 4), np.float32), [1]), "one image needs one number"),
        ((np.zeros((2, 3, 4, 4), np.float32), [1, 2, 3]), r"shape \(3,\) for 2 images"),
        ((np.zeros((3, 4, 4), np.float32), 1, True, True), "exclude each other"),
    ],
)
def test_rotation_refuses(arguments, message):
    with pytest.raises(headrace.BadParameterError, match=message):
        image.imrotate(*arguments)


@pytest.mark.parametrize("case", RECORDED["float_resizes"], ids=lambda case: f"{case['dtype']}-{case['interp']}-{case['seed']}")
def test_images_of_floats_are_resized_in_their_type(case):
    generator = np.random.RandomState(case["seed"])
    generator.randint(1, 30, 4)
    source = (generator.rand(*case["size"], 2) * 255).astype(case["dtype"])
    found = image.imresize(source, case["w"], case["h"], case["interp"])
    assert found.dtype == case["dtype"] and found.shape == (case["h"], case["w"], 2)
    np.testing.assert_allclose(found.ravel()[:8], case["start"], rtol=1e-6, atol=1e-4)
    assert float(found.mean(dtype=np.float64)) == pytest.approx(case["mean"], rel=1e-6)


# Arrays


def test_results_have_the_array_class_that_was_given():
    source = np.random.RandomState(0).randint(0, 256, (20, 30, 3), np.uint8)
    augmenters = image.CreateAugmenter(
        (3, 12, 14), 16, True, True, True, True, True, 0.1, 0.1, 0.1, 0.1, 0.1, 1, inter_method=10
    )
    plain, nd = source, mx.nd.array(source, dtype="uint8")
    for augmenter in augmenters:
        plain, nd = augmenter(plain), augmenter(nd)
        assert type(plain) is np.ndarray and type(nd) is mx.nd.NDArray
        assert plain.dtype == nd.dtype
    assert plain.dtype == np.float32 and plain.shape == (12, 14, 3)
    for function in (
        lambda src: image.copyMakeBorder(src, 1, 1, 1, 1, 2),
        lambda src: image.copyMakeBorder(src, 1, 1, 1, 1),
        lambda src: image.imresize(src, 5, 5),
        lambda src: image.center_crop(src, (5, 5))[0],
        lambda src: image.color_normalize(src, [1, 2, 3]),
        lambda src: image.DetRandomPadAug(area_range=(2, 3))(src, boxes(0))[0],
    ):
        assert type(function(source)) is np.ndarray and type(function(nd)) is mx.nd.NDArray
    assert type(mx.image.imresize(source, 5, 5)) is mx.nd.NDArray


@pytest.mark.parametrize(
    "augmenter",
    [
        image.BrightnessJitterAug(0.5),
        image.ContrastJitterAug(0.5),
        image.SaturationJitterAug(0.5),
        image.HueJitterAug(0.5),
        image.LightingAug(0.5, [1, 2, 3], np.eye(3)),
        image.RandomGrayAug(1),
        image.ColorNormalizeAug(1, 2),
    ],
    ids=lambda augmenter: type(augmenter).__name__,
)
@pytest.mark.parametrize(("given", "computed"), [("uint8", "float32"), ("float32", "float32"), ("float64", "float64")])
def test_colours_are_computed_in_floats(augmenter, given, computed):
    assert augmenter(np.full((3, 4, 3), 200, given)).dtype == computed


@pytest.mark.parametrize(("kind", "mode"), [(1, "edge"), (2, "symmetric"), (4, "reflect")])
@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 5, 1), (4, 3, 4)])
def test_borders_wider_than_the_image(kind, mode, shape):
    source = np.random.RandomState(0).randint(0, 256, shape).astype(np.uint8)
    found = image.copyMakeBorder(source, 9, 0, 13, 7, kind)
    np.testing.assert_array_equal(found, np.pad(source, [(9, 0), (13, 7), (0, 0)], mode))


def test_the_border_from_the_other_side():
    source = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    found = image.copyMakeBorder(source, 0, 1, 4, 2, 3)
    assert found[0].tolist() == found[1].tolist() and found.dtype == np.float32
    assert found[0, :, 0].tolist() == [4, 0, 2, 4, 0, 2, 4, 0, 2]


@pytest.mark.parametrize(
    ("options", "colour"),
    [({}, [0, 0, 0]), ({"value": 7}, [7, 7, 7]), ({"values": (1, 2, 3)}, [1, 2, 3]), ({"values": 9}, [9, 9, 9])],
)
def test_borders_of_one_colour(options, colour):
    found = image.copyMakeBorder(np.full((1, 1, 3), 5, np.uint8), 1, 0, 0, 0, **options)
    assert found.tolist() == [[colour], [[5, 5, 5]]]
    gray = image.copyMakeBorder(np.full((1, 1, 1), 5, np.uint8), 1, 0, 0, 0, **options)
    assert gray.tolist() == [[colour[:1]], [[5]]]


@pytest.mark.parametrize(
    ("limits", "size", "expected"),
    [((640, 480), (720, 120), (640, 106)), ((360, 1000), (480, 500), (360, 375)), ((9, 9), (4, 5), (4, 5))],
)
def test_sizes_that_fit(limits, size, expected):
    assert image.scale_down(limits, size) == expected


def test_a_crop_of_an_image_of_one_line_is_not_empty():
    source = np.zeros((1, 50, 3), np.uint8)
    assert image.center_crop(source, (9, 60))[0].shape == (60, 9, 3)
    assert image.random_crop(source, (9, 60))[1][2:] == (1, 1)


def test_an_augmenter_of_ones_own():
    class Inverted(image.Augmenter):
        def __init__(self, top):
            super().__init__(top=np.float32(top), also=[np.arange(2)])
            self.top = top

        def __call__(self, src):
            return self.top - src

    augmenter = image.SequentialAug([image.CastAug(), Inverted(255)])
    assert augmenter(np.full((1, 1, 3), 5, np.uint8)).tolist() == [[[250, 250, 250]]]
    assert Inverted(255).dumps() == '["inverted", {"top": 255.0, "also": [[0, 1]]}]'
    with pytest.raises(NotImplementedError, match="Augmenter does not define __call__"):
        image.Augmenter()(None)
    with pytest.raises(NotImplementedError, match="DetAugmenter does not define __call__"):
        image.DetAugmenter()(None, None)


def test_lists_make_several_crops():
    select = image.CreateMultiRandCropAugmenter([0.1, 0.2], (0.5, 2), [(0.1, 1), (0.3, 0.9)], max_attempts=7, skip_prob=0.4)
    assert [(crop.min_object_covered, crop.area_range) for crop in select.aug_list] == [(0.1, (0.1, 1)), (0.2, (0.3, 0.9))]
    assert {(crop.aspect_ratio_range, crop.max_attempts) for crop in select.aug_list} == {((0.5, 2), 7)}
    assert select.skip_prob == 0.4
    _, pad, *_ = image.CreateDetAugmenter(
        (3, 5, 5), rand_crop=1, rand_pad=0.3, area_range=[(0.1, 1), (0.3, 1.5)], aspect_ratio_range=[(0.5, 1), (1, 2)]
    )
    (canvas,) = pad.aug_list
    assert (canvas.area_range, canvas.aspect_ratio_range, pad.skip_prob) == ((1, 1.5), (0.5, 2), 0.7)
    # Two numbers are one range, whatever they are written as: they arrive at the server as a list.
    (one,) = image.CreateMultiRandCropAugmenter(aspect_ratio_range=[0.5, 2], area_range=[0.2, 1.0]).aug_list
    assert (one.aspect_ratio_range, one.area_range) == ((0.5, 2), (0.2, 1))
    (same,) = image.CreateMultiRandCropAugmenter(aspect_ratio_range=1, area_range=0.5).aug_list
    assert (same.aspect_ratio_range, same.area_range) == ((1, 1), (0.5, 0.5))


def test_choosing_none_leaves_image_and_label():
    source, label = np.zeros((4, 4, 3), np.uint8), boxes(0)
    for augmenter in (
        image.DetRandomSelectAug([], 0),
        image.DetRandomSelectAug([image.DetHorizontalFlipAug(1)], 1),
        image.DetHorizontalFlipAug(0),
        # No crop of a picture this small has these proportions.
        image.DetRandomCropAug(aspect_ratio_range=(50, 60), area_range=(0.9, 1)),
        image.DetRandomPadAug(area_range=(1, 1.01)),
        # Nothing is covered by more than all of it.
        image.DetRandomCropAug(min_object_covered=1.0),
    ):
        found = augmenter(source, label)
        assert found[0] is source and found[1] is label


def test_boxes_move_with_the_pixels():
    source = np.zeros((40, 60, 3), np.uint8)
    source[10:20, 30:45] = 255
    label = np.array([[7, 30 / 60, 10 / 40, 45 / 60, 20 / 40]])
    random.seed(1)
    for augmenter in (
        image.DetHorizontalFlipAug(1),
        image.DetRandomCropAug(min_object_covered=0.99, area_range=(0.3, 0.9)),
        image.DetRandomPadAug(area_range=(1.5, 3), pad_val=0),
    ):
        for _ in range(20):
            found, moved = augmenter(source, label)
            height, width = found.shape[:2]
            rows, columns = np.nonzero(found[:, :, 0])
            edges = [columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height]
            np.testing.assert_allclose(moved, [[7, *edges]], atol=1e-6)


# What cannot be done


GRAY = np.zeros((2, 2), np.uint8)
SMALL = np.zeros((2, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: image.imresize(GRAY, 2, 2), r"src has the shape \(2, 2\)"),
        (lambda: image.imresize(SMALL.astype("int32"), 2, 2), "images of int32 cannot be resized"),
        (lambda: image.imresize(SMALL, 0, 2), r"the size is \(0, 2\), both must be 1 or more"),
        (lambda: image.imresize(SMALL, 2.5, 2), r"the size is \(2.5, 2\)"),
        (lambda: image.imresize(SMALL, 2, 2, 7), "interp is 7, it must be 0 nearest"),
        (lambda: image.copyMakeBorder(SMALL, -1, 0, 0, 0), "the margins are"),
        (lambda: image.copyMakeBorder(SMALL, 1, 0, 0, 0, 5), "type is 5"),
        (lambda: image.copyMakeBorder(SMALL, 1, 0, 0, 0, 0, values=(1, 2)), "values has 2 numbers for 3 channels"),
        (lambda: image.fixed_crop(SMALL, 2, 0, 2, 1), r"2 by 1 pixels at \(2, 0\) are not inside an image of 3 by 2"),
        (lambda: image.fixed_crop(SMALL, 0, 0, 0, 1), "0 by 1 pixels"),
        (lambda: image.ResizeAug(0), r"size is \(0, 0\)"),
        (lambda: image.CenterCropAug(5), r"size is 5, it must be \(width, height\)"),
        (lambda: image.CenterCropAug((5, 5), 6), "interp is 6"),
        (lambda: image.RandomSizedCropAug((5, 5), (0.5, 0.2), 1), r"area is \(0.5, 0.2\)"),
        (lambda: image.RandomSizedCropAug((5, 5), 0.5, (0, 1)), r"ratio is \(0, 1\), it must be above 0"),
        (lambda: image.RandomSizedCropAug((5, 5), "big", 1), "area is 'big', it must be a number or two"),
        (lambda: image.CastAug("nothing"), "typ is 'nothing'"),
        (lambda: image.LightingAug(0.1, [1, 2], np.eye(3)), r"have the shapes \(2,\) and \(3, 3\)"),
        (lambda: image.DetBorrowAug(image.DetHorizontalFlipAug(1)), "augmenter is .*must be an Augmenter"),
        (lambda: image.DetRandomSelectAug([image.CastAug()]), "aug_list has .*must be DetAugmenters"),
        (lambda: image.DetRandomCropAug(aspect_ratio_range=(2, 1)), r"aspect_ratio_range is \(2, 1\)"),
        (lambda: image.DetRandomPadAug(area_range=(0.5, 1)), r"area_range is \(0.5, 1\), it must end above 1"),
        (lambda: image.CreateAugmenter((3, 5, 5), rand_resize=True), "rand_resize needs rand_crop=True"),
        (lambda: image.CreateAugmenter((3, 5, 5), mean=[1, 2]), r"mean is \[1, 2\], it must be True, 3 numbers or 1"),
        (lambda: image.CreateDetAugmenter((3, 5, 5), rand_pad=1, area_range=[(0.1, 1), (0.2, 0.5)]), "must end above 1"),
        (lambda: image.CreateMultiRandCropAugmenter([0.1, 0.2], max_attempts=[1, 2, 3]), "the lists have"),
    ],
)
def test_what_cannot_be_is_named(call, message):
    with pytest.raises(headrace.BadParameterError, match=message):
        call()
