"""Lists of augmenters through a real daemon: what it makes of them is what they make here."""

from __future__ import annotations

import numpy as np
import pytest
from png_file import png

import headrace
from headrace import image, recordio

SHAPE = (3, 24, 20)
MEAN, STD = [123.68, 116.28, 103.53], [58.395, 57.12, 57.375]


def pictures(count=7):
    generator = np.random.RandomState(5)
    sizes = [(40, 31), (25, 60), (24, 20), (33, 33), (19, 70), (64, 48), (21, 22)]
    return [generator.randint(0, 256, (*sizes[i % 7], 3)).astype(np.uint8) for i in range(count)]


def labels(count=7):
    """One to three objects for each picture."""
    generator = np.random.RandomState(6)
    result = []
    for i in range(count):
        corners = np.sort(generator.rand(i % 3 + 1, 2, 2), axis=1)
        boxes = [[k, *corners[k, 0], *corners[k, 1]] for k in range(len(corners))]
        result.append(np.array(boxes, np.float32))
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pictures as files with a list, and as records with their number as label, or with their objects."""
    root = tmp_path_factory.mktemp("pictures")
    lines = []
    plain = recordio.MXIndexedRecordIO(root / "plain.idx", root / "plain.rec", "w")
    objects = recordio.MXIndexedRecordIO(root / "objects.idx", root / "objects.rec", "w")
    for i, (pixels, label) in enumerate(zip(pictures(), labels(), strict=True)):
        data = png(pixels)
        (root / f"{i}.png").write_bytes(data)
        lines.append(f"{i}\t{i}\t{i}.png\n")
        plain.write_idx(i, recordio.pack(recordio.IRHeader(0, float(i), i, 0), data))
        objects.write_idx(i, recordio.pack(recordio.IRHeader(0, [2, 5, *label.ravel()], i, 0), data))
    plain.close()
    objects.close()
    (root / "all.lst").write_text("".join(lines))
    return root


# Whatever is drawn, these do the same.
LISTS = {
    "resize": [image.ResizeAug(30, 1), image.CenterCropAug((20, 24), 1), image.CastAug()],
    "auto kernel": [image.ResizeAug(26, 9), image.CenterCropAug((20, 24), 9), image.CastAug()],
    "crop enlarges": [image.CenterCropAug((20, 24), 2), image.CastAug()],
    "two crops": [image.CenterCropAug((18, 15), 3), image.ForceResizeAug((20, 24), 4)],
    "stretched": [image.ForceResizeAug((20, 24), 0), image.CastAug()],
    "flipped": [image.CenterCropAug((20, 24)), image.HorizontalFlipAug(1), image.CastAug()],
    "flipped as floats": [image.ForceResizeAug((20, 24)), image.CastAug(), image.HorizontalFlipAug(1)],
    "normalised": [image.ResizeAug(30), image.CenterCropAug((20, 24)), image.CastAug(), image.ColorNormalizeAug(MEAN, STD)],
    "mean alone": [image.ForceResizeAug((20, 24)), image.CastAug(), image.ColorNormalizeAug(MEAN, None)],
    "std alone": [image.ForceResizeAug((20, 24)), image.CastAug(), image.ColorNormalizeAug(None, STD)],
    "normalised twice": [
        image.ForceResizeAug((20, 24)), image.CastAug(), image.ColorNormalizeAug(MEAN, None),
        image.ColorNormalizeAug([1, 2, 3], STD),
    ],
    "gray": [image.ForceResizeAug((20, 24)), image.CastAug(), image.RandomGrayAug(1), image.ColorNormalizeAug(MEAN, STD)],
    "no hue": [image.ForceResizeAug((20, 24)), image.CastAug(), image.HueJitterAug(0)],
    "no jitter": [
        image.ForceResizeAug((20, 24)), image.CastAug(), image.BrightnessJitterAug(0), image.ContrastJitterAug(0),
        image.SaturationJitterAug(0), image.ColorJitterAug(0, 0, 0), image.LightingAug(0, [1, 2, 3], np.eye(3)),
    ],
    "containers": [
        image.SequentialAug([image.ForceResizeAug((20, 24)), image.SequentialAug([image.HorizontalFlipAug(1)])]),
        image.RandomOrderAug([image.CastAug(), image.RandomOrderAug([])]),
    ],
    "as made": image.CreateAugmenter(SHAPE, resize=28, mean=True, std=True, inter_method=3),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("source", ["records", "files", "list in memory"])
def test_the_server_augments_as_the_classes_do(client, folder, name, source):
    given = {
        "records": {"path_imgrec": folder / "plain.rec"},
        "files": {"path_imglist": folder / "all.lst", "path_root": folder},
        "list in memory": {"imglist": [[i, f"{i}.png"] for i in range(7)], "path_root": folder},
    }[source]
    iterator = image.ImageIter(1, SHAPE, aug_list=LISTS[name], client=client, **given)
    batches = list(iterator)
    iterator.close()
    assert [float(batch.label[0][0]) for batch in batches] == list(range(7))
    for batch, pixels in zip(batches, pictures(), strict=True):
        for augmenter in LISTS[name]:
            pixels = augmenter(pixels)
        # Sums over an image are taken in another order.
        np.testing.assert_allclose(batch.data[0][0], pixels.transpose(2, 0, 1), rtol=2e-5, atol=1e-3)


def late_resizes(interp, seed):
    """Resizes of images that have fractions: any sizes, whole multiples of the sample's, and after a flip."""
    generator = np.random.RandomState(seed)

    def anywhere():
        return image.ForceResizeAug(tuple(int(side) for side in generator.randint(1, 70, 2)), interp)

    blocks = image.ForceResizeAug(tuple(int(side) for side in generator.randint(1, 5, 2) * (20, 24)), interp)
    last = [
        image.ForceResizeAug((20, 24), interp),
        image.CenterCropAug((20, 24), interp),
        # No part of an image is so large, so that both take the middle.
        image.RandomSizedCropAug((20, 24), (900, 1000), (0.9, 1.1), interp),
        image.SequentialAug([image.ResizeAug(31, interp), image.CenterCropAug((20, 24), interp)]),
    ]
    return [
        image.CastAug(), anywhere(), image.HorizontalFlipAug(1), image.ColorNormalizeAug(MEAN, STD), anywhere(),
        *([blocks] if seed % 3 else []), last[seed % 4] if seed % 3 == 0 else last[0],
    ]  # fmt: skip


@pytest.mark.parametrize("interp", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize("seed", range(12))
def test_images_with_fractions_are_resized_to_the_bit(client, folder, interp, seed):
    augmenters = late_resizes(interp, seed)
    iterator = image.ImageIter(1, SHAPE, path_imgrec=folder / "plain.rec", aug_list=augmenters, client=client)
    batches = list(iterator)
    iterator.close()
    assert len(batches) == 7
    for batch, pixels in zip(batches, pictures(), strict=True):
        for augmenter in augmenters:
            pixels = augmenter(pixels)
        np.testing.assert_array_equal(batch.data[0][0], pixels.transpose(2, 0, 1))


JPEGS = "j411 j420 j422 j440 j444 jexif1 jexif3 jexif6 jexif8 jgray jprog420 jq10 jrst jcmyk".split()


@pytest.mark.parametrize("name", JPEGS)
def test_decoding_only_what_is_needed_changes_nothing(client, reference, name):
    lists = [
        [image.RandomSizedCropAug((20, 24), (0.02, 1), (0.5, 2), 10)],
        [image.HorizontalFlipAug(0.5), image.ResizeAug(40, 10), image.RandomCropAug((20, 24))],
        [image.RandomCropAug((30, 33), 10), image.HorizontalFlipAug(0.5), image.ForceResizeAug((20, 24), 2)],
    ]
    for augmenters in lists:
        # Where damage is let pass, images are decoded whole.
        iterators = [
            image.ImageIter(
                4, SHAPE, path_imgrec=reference / "in" / "rec" / f"one_dec_{name}_jpg.rec", aug_list=augmenters,
                on_truncated=handling, seed=3, client=client,
            )
            for handling in ("error", "fill")
        ]  # fmt: skip
        seen = set()
        for _ in range(12):
            found, expected = ([batch.data[0].tobytes() for batch in iterator] for iterator in iterators)
            assert found == expected
            seen.update(found)
            for iterator in iterators:
                iterator.reset()
        assert len(seen) > 6
        for iterator in iterators:
            iterator.close()


OBJECT_LISTS = {
    "stretched": [image.DetBorrowAug(image.ForceResizeAug((20, 24), 1)), image.DetBorrowAug(image.CastAug())],
    "flipped": [image.DetHorizontalFlipAug(1), image.DetBorrowAug(image.ForceResizeAug((20, 24)))],
    "none chosen": [
        image.DetRandomSelectAug([image.DetRandomCropAug(), image.DetRandomPadAug()], 1),
        image.DetRandomSelectAug([image.DetHorizontalFlipAug(1)], 0),
        image.DetBorrowAug(image.SequentialAug([image.ForceResizeAug((20, 24), 2), image.CastAug()])),
    ],
    "resized as floats": [
        image.DetBorrowAug(image.CastAug()),
        image.DetHorizontalFlipAug(1),
        image.DetBorrowAug(image.ForceResizeAug((20, 24), 2)),
    ],
    "as made": image.CreateDetAugmenter(SHAPE, resize=28, mean=True, std=True, inter_method=9),
}


@pytest.mark.parametrize("name", OBJECT_LISTS)
def test_the_server_augments_objects_as_the_classes_do(client, folder, name):
    iterator = image.ImageDetIter(
        1, SHAPE, path_imgrec=folder / "objects.rec", aug_list=OBJECT_LISTS[name], client=client
    )
    assert iterator.label_shape == (3, 5)
    batches = list(iterator)
    iterator.close()
    for batch, pixels, label in zip(batches, pictures(), labels(), strict=True):
        for augmenter in OBJECT_LISTS[name]:
            pixels, label = augmenter(pixels, label)
        np.testing.assert_allclose(batch.data[0][0], pixels.transpose(2, 0, 1), rtol=2e-5, atol=1e-3)
        found = batch.label[0][0]
        np.testing.assert_allclose(found[: len(label)], label, atol=1e-6)
        assert (found[len(label) :] == -1).all()


@pytest.mark.parametrize("parts", [{}, {"num_parts": 2, "part_index": 1, "partition": "global"}])
def test_rows_left_over_and_hard_resets(client, folder, parts):
    iterator = image.ImageIter(
        2, SHAPE, path_imgrec=folder / "plain.rec", last_batch_handle="roll_over", client=client, **parts
    )

    def epoch():
        return [batch.label[0].tolist() for batch in iterator]

    first = epoch()
    iterator.reset()
    second = epoch()
    if not parts:
        assert first == [[0, 1], [2, 3], [4, 5]] and second == [[6, 0], [1, 2], [3, 4], [5, 6]]
    iterator.hard_reset()
    assert epoch() == first
    iterator.reset()
    iterator.hard_reset()
    assert epoch() == first
    iterator.close()


def test_a_saved_place_and_another_shape(client, folder):
    options = dict(path_imgrec=folder / "objects.rec", shuffle=True, rand_mirror=True, seed=3, client=client)
    iterator = image.ImageDetIter(2, SHAPE, **options)
    iterator.next()
    state = iterator.state_dict()
    rest = [(batch.data[0].tobytes(), batch.label[0].copy()) for batch in iterator]
    again = image.ImageDetIter(2, SHAPE, **options)
    again.load_state_dict(state)
    again.reshape(label_shape=(6, 5))
    resumed = [(batch.data[0].tobytes(), batch.label[0]) for batch in again]
    assert [data for data, _ in resumed] == [data for data, _ in rest] and len(rest) == 3
    for (_, found), (_, expected) in zip(resumed, rest, strict=True):
        assert found.shape == (2, 6, 5)
        np.testing.assert_array_equal(found[:, :3], expected)
    for each in (iterator, again):
        each.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rand_corp": True}, "rand_crop"),
        ({"rand_resize": True}, "rand_crop"),
        ({"aug_list": [image.CastAug()], "resize": 30}, "aug_list"),
        ({"last_batch_handle": "wrap"}, "last_batch_handle"),
        ({"imglist": [[1, "0.png"], [2]], "path_imgrec": None}, "imglist"),
        ({"path_imgrec": None}, "path_imgrec|imglist"),
    ],
)
def test_what_the_server_refuses_is_named(client, folder, options, message):
    given = {"path_imgrec": folder / "plain.rec", "path_root": folder} | options
    with pytest.raises(headrace.BadParameterError, match=message):
        image.ImageIter(2, SHAPE, client=client, **given)
