"""ImageIter and ImageDetIter: what they ask of the server, and what they make of its batches."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import headrace
from headrace import image, mx
from headrace.io import DataBatch, DataDesc, PrefetchingIter, ResizeIter


class Served:
    """Stands for a client and counts what is asked of it; batches are numbers of their place."""

    def __init__(self, records=6, objects=4):
        self.records, self.objects = records, objects
        self.streams = []

    def open(self, *, iterator, **parameters):
        self.streams.append(ServedStream(self, iterator, parameters))
        return self.streams[-1]


class ServedStream:
    def __init__(self, client, iterator, parameters):
        self.client, self.iterator, self.asked = client, iterator, parameters
        self.batch_size = parameters["batch_size"]
        self.num_parts = parameters.get("num_parts", 1)
        self.parameters = {"partition": parameters.get("partition", "count")}
        # With a global partition the client's records are those of all parts, else those of each.
        if self.parameters["partition"] == "global":
            self.records, self.part_records = client.records, client.records // self.num_parts
        else:
            self.records, self.part_records = client.records * self.num_parts, client.records
        self.epoch = self.step = 0
        self.closed = False
        shape = (self.batch_size, *parameters["data_shape"])
        self.provide_data = [DataDesc("data", shape, np.float32, "NCHW")]
        label = parameters.get("label_shape", (client.objects, 5)) if iterator == "ImageDetIter" else ()
        self.provide_label = [DataDesc("softmax_label", (self.batch_size, *label), np.float32, "N")]

    def __len__(self):
        if self.asked.get("last_batch_handle") == "roll_over":
            group = self.batch_size * (self.num_parts if self.parameters["partition"] == "global" else 1)
            passes = self.client.records
            return (self.epoch + 1) * passes // group - self.epoch * passes // group
        return math.ceil(self.part_records / self.batch_size)

    def next(self):
        if self.step >= len(self):
            raise StopIteration
        self.step += 1
        data = np.full(self.provide_data[0].shape, 100 * self.epoch + self.step, np.float32)
        label = np.full(self.provide_label[0].shape, -1, np.float32)
        pad = max(0, self.step * self.batch_size - self.part_records)
        if label.ndim == 3:
            # A box in every row of data, classes in turn.
            for row in range(self.batch_size):
                label[row, 0, :5] = [row, 0.25, 0.25, 0.5, 0.75]
        return DataBatch([data], [label], pad, None, provide_data=self.provide_data, provide_label=self.provide_label)

    def reset(self):
        if self.step > 0 or len(self) == 0:
            self.epoch, self.step = self.epoch + 1, 0

    def seek(self, epoch, step=0):
        self.epoch, self.step = epoch, step

    def close(self):
        self.closed = True


@pytest.fixture
def served():
    return Served()


def make(client, kind=image.ImageIter, **options):
    return kind(**{"batch_size": 4, "data_shape": (3, 8, 6), "path_imgrec": "x.rec", "client": client} | options)


# What is asked of the server


def test_parameters_travel_by_mxnets_names(served):
    iterator = image.ImageIter(
        4, (3, 8, 6), 2, "a.rec", "a.lst", "root", "a.idx", True, 1, 3, client=served, resize=10, mean=True, seed=7
    )
    stream = served.streams[0]
    assert stream.iterator == "ImageIter"
    assert stream.asked == {
        "batch_size": 4, "data_shape": (3, 8, 6), "label_width": 2, "path_imgrec": "a.rec", "path_imglist": "a.lst",
        "path_root": "root", "path_imgidx": "a.idx", "shuffle": True, "part_index": 1, "num_parts": 3,
        "dtype": "float32", "last_batch_handle": "pad", "resize": 10, "mean": True, "seed": 7,
    }  # fmt: skip
    assert iterator.stream is stream and iterator.data_shape == (3, 8, 6) and iterator.batch_size == 4
    detection = make(served, image.ImageDetIter, rand_crop=0.5)
    assert served.streams[1].iterator == "ImageDetIter" and served.streams[1].asked["rand_crop"] == 0.5
    assert not {"label_width", "dtype", "path_imglist", "imglist", "aug_list"} & served.streams[1].asked.keys()
    assert detection.provide_label == [("label", (4, 4, 5))]


def test_descriptors_are_plain_pairs(served):
    iterator = make(served, data_name="image", label_name="class")
    assert iterator.provide_data == [("image", (4, 3, 8, 6))] and iterator.provide_label == [("class", (4,))]
    assert type(iterator.provide_data[0]) is type(iterator.provide_label[0]) is tuple


def test_the_message_that_opens_a_stream(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    iterator = image.ImageIter(
        4,
        (3, 8, 8),
        path_root="tree",
        imglist=[[3, "a.jpg"], [[4.5], "b/c.jpg"], [np.float32(1), np.array([2]), tmp_path / "d.jpg"]],
        aug_list=[image.ResizeAug(10), image.CastAug()],
        url=server.url,
    )
    (message,) = [message for kind, message in server.received if kind == "OPEN"]
    assert message["iterator"] == "ImageIter"
    sent = message["parameters"]
    assert sent["path_root"] == str(tmp_path / "tree")
    assert sent["imglist"] == [[3, "a.jpg"], [[4.5], "b/c.jpg"], [1.0, [2], str(tmp_path / "d.jpg")]]
    assert sent["aug_list"] == [["ResizeAug", [["size", 10], ["interp", 2]]], ["CastAug", [["typ", "float32"]]]]
    assert iterator.next().data[0].shape == (4, 3, 8, 8)
    iterator.close()


def test_augmenters_as_data(served):
    eigval, eigvec = [1.0, 2.0, 3.0], np.eye(3).tolist()
    augmenters = [
        (image.ResizeAug(256, 9), ["ResizeAug", [["size", 256], ["interp", 9]]]),
        (image.ForceResizeAug((5, 4)), ["ForceResizeAug", [["size", [5, 4]], ["interp", 2]]]),
        (image.CenterCropAug((5, 4)), ["CenterCropAug", [["size", [5, 4]], ["interp", 2]]]),
        (image.RandomCropAug((5, 4)), ["RandomCropAug", [["size", [5, 4]], ["interp", 2]]]),
        (
            image.RandomSizedCropAug((5, 4), 0.5, (0.5, 2)),
            ["RandomSizedCropAug", [["size", [5, 4]], ["area", [0.5, 1.0]], ["ratio", [0.5, 2.0]], ["interp", 2]]],
        ),
        (image.HorizontalFlipAug(0.5), ["HorizontalFlipAug", [["p", 0.5]]]),
        (image.CastAug(np.float16), ["CastAug", [["typ", "float16"]]]),
        (
            image.SequentialAug([image.CastAug(), image.RandomOrderAug([image.HueJitterAug(np.float64(0.1))])]),
            ["SequentialAug", [["ts", [
                ["CastAug", [["typ", "float32"]]], ["RandomOrderAug", [["ts", [["HueJitterAug", [["hue", 0.1]]]]]]],
            ]]]],
        ),
        (image.BrightnessJitterAug(0.1), ["BrightnessJitterAug", [["brightness", 0.1]]]),
        (image.ContrastJitterAug(0.1), ["ContrastJitterAug", [["contrast", 0.1]]]),
        (image.SaturationJitterAug(0.1), ["SaturationJitterAug", [["saturation", 0.1]]]),
        (
            image.ColorJitterAug(0.1, 0, 0.2),
            ["ColorJitterAug", [["brightness", 0.1], ["contrast", 0], ["saturation", 0.2]]],
        ),
        (
            image.LightingAug(0.1, eigval, eigvec),
            ["LightingAug", [["alphastd", 0.1], ["eigval", eigval], ["eigvec", eigvec]]],
        ),
        (image.ColorNormalizeAug([1, 2, 3], None), ["ColorNormalizeAug", [["mean", [1.0, 2.0, 3.0]], ["std", None]]]),
        (image.RandomGrayAug(0.5), ["RandomGrayAug", [["p", 0.5]]]),
    ]  # fmt: skip
    make(served, aug_list=[augmenter for augmenter, _ in augmenters])
    assert json.loads(json.dumps(served.streams[0].asked["aug_list"])) == [data for _, data in augmenters]


def test_augmenters_of_objects_as_data(served):
    crop = [["min_object_covered", 0.1], ["aspect_ratio_range", [0.75, 1.33]], ["area_range", [0.05, 1.0]],
            ["min_eject_coverage", 0.3], ["max_attempts", 50]]  # fmt: skip
    pad = [["aspect_ratio_range", [0.75, 1.33]], ["area_range", [1.0, 3.0]], ["max_attempts", 50],
           ["pad_val", [128, 128, 128]]]  # fmt: skip
    augmenters = [
        (image.DetBorrowAug(image.CastAug()), ["DetBorrowAug", [["augmenter", ["CastAug", [["typ", "float32"]]]]]]),
        (
            image.CreateMultiRandCropAugmenter(skip_prob=0.25),
            ["DetRandomSelectAug", [["aug_list", [["DetRandomCropAug", crop]]], ["skip_prob", 0.25]]],
        ),
        (image.DetRandomSelectAug([]), ["DetRandomSelectAug", [["aug_list", []], ["skip_prob", 1]]]),
        (image.DetHorizontalFlipAug(0.5), ["DetHorizontalFlipAug", [["p", 0.5]]]),
        (image.DetRandomPadAug(), ["DetRandomPadAug", pad]),
    ]
    make(served, image.ImageDetIter, aug_list=[augmenter for augmenter, _ in augmenters])
    assert json.loads(json.dumps(served.streams[0].asked["aug_list"])) == [data for _, data in augmenters]


def test_every_augmenter_can_be_sent():
    """A class that is left out of the two tests above would be refused here, or is not described in them."""
    from headrace.image._augmenter import _SERVED

    offered = {getattr(image, name) for name in image.__all__ if name.endswith("Aug")}
    assert offered == _SERVED and len(offered) == 22


def test_augmenters_are_sent_as_they_are_now(served):
    augmenter = image.ResizeAug(10)
    augmenter.size = 12
    make(served, aug_list=[augmenter])
    assert served.streams[0].asked["aug_list"] == [["ResizeAug", [["size", 12], ["interp", 2]]]]


class Mine(image.Augmenter):
    def __call__(self, src):
        return src


class Larger(image.ResizeAug):
    pass


@pytest.mark.parametrize(
    ("aug_list", "message"),
    [
        ([Mine()], r"aug_list\[0\] is a Mine: .*apply it to the batches that next\(\) gives"),
        ([image.CastAug(), Larger(3)], r"aug_list\[1\] is a Larger"),
        ([image.SequentialAug([image.CastAug(), Mine()])], r"aug_list\[0\].ts\[1\] is a Mine"),
        ([image.DetBorrowAug(Mine())], r"aug_list\[0\].augmenter is a Mine"),
        ([lambda src: src], r"aug_list\[0\] is a function"),
        (image.CastAug(), "it must be a list of augmenters"),
        ("CastAug", "it must be a list of augmenters"),
    ],
)
def test_what_cannot_travel_is_named(served, aug_list, message):
    with pytest.raises(headrace.BadParameterError, match=message):
        make(served, aug_list=aug_list)
    assert served.streams == []


@pytest.mark.parametrize("hook", ["next_sample", "read_image", "imdecode", "augmentation_transform", "postprocess_data"])
def test_methods_that_would_not_be_called_are_refused(served, hook):
    kind = type("Own", (image.ImageIter,), {hook: lambda self, *args: None, "__module__": "train"})
    with pytest.raises(AttributeError, match=rf"Own\.{hook} would not be called; samples are made in the server"):
        make(served, kind)


def test_a_subclass_may_change_batches(served):
    class Halved(image.ImageIter):
        def next(self):
            batch = super().next()
            batch.data = [array / 2 for array in batch.data]
            return batch

    assert make(served, Halved).next().data[0][0, 0, 0, 0] == 0.5


def test_missing_methods_say_why(served):
    iterator = make(served)
    with pytest.raises(AttributeError, match="ImageIter has no next_sample; samples are made in the server"):
        iterator.next_sample()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = iterator.nothing


@pytest.mark.parametrize("shape", [(8, 6), 5, (1, 8, 6), (4, 8, 6)])
def test_images_have_three_channels(served, shape):
    for kind in (image.ImageIter, image.ImageDetIter):
        with pytest.raises(headrace.BadParameterError, match="data_shape is"):
            make(served, kind, data_shape=shape)


# Epochs


def places(iterator):
    return [int(batch.data[0].flat[0]) for batch in iterator]


def test_epochs(served):
    iterator = make(served)
    assert (len(iterator), places(iterator), places(iterator)) == (2, [1, 2], [])
    iterator.reset()
    assert iterator.next().pad == 0 and iterator.next().pad == 2
    iterator.hard_reset()
    iterator.hard_reset()
    assert places(iterator) == [201, 202]


@pytest.mark.parametrize(
    ("records", "options", "first", "second"),
    [
        # Of six records in batches of four, every second epoch begins with the first record.
        (6, {}, 2, 4),
        (7, {}, 4, 8),
        (8, {}, 1, 2),
        (0, {}, 1, 2),
        # Two parts that share out every step take eight together.
        (6, {"num_parts": 2, "partition": "global"}, 4, 8),
        (6, {"num_parts": 2}, 2, 4),
    ],
)
def test_a_hard_reset_leaves_no_rows_to_carry_over(records, options, first, second):
    iterator = make(Served(records), last_batch_handle="roll_over", **options)
    places(iterator)
    iterator.hard_reset()
    assert (iterator.stream.epoch, iterator.stream.step) == (first, 0)
    if len(iterator) > 0:
        # Nothing was read, so there is nothing to leave.
        iterator.hard_reset()
        assert iterator.stream.epoch == first
    places(iterator)
    iterator.hard_reset()
    assert iterator.stream.epoch == second


def test_a_hard_reset_of_an_epoch_that_was_not_begun(served):
    iterator = make(served, last_batch_handle="roll_over")
    places(iterator)
    iterator.reset()
    assert iterator.stream.epoch == 1
    iterator.hard_reset()
    assert iterator.stream.epoch == 2


# Shapes


def test_other_shapes_go_on_at_the_same_place(served):
    iterator = make(served, image.ImageDetIter)
    iterator.next()
    iterator.reshape(data_shape=(3, 10, 12), label_shape=(9, 5))
    old, new = served.streams
    assert old.closed and not new.closed and new.asked == old.asked | {"data_shape": (3, 10, 12), "label_shape": (9, 5)}
    assert iterator.provide_data == [("data", (4, 3, 10, 12))] and iterator.provide_label == [("label", (4, 9, 5))]
    assert (iterator.data_shape, iterator.label_shape) == ((3, 10, 12), (9, 5))
    assert places(iterator) == [2]
    iterator.reshape()
    assert len(served.streams) == 2


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3, 5), "labels have 4 objects, and may only get more"), ((9, 6), "objects are 5 wide"), ((9,), "must be"), (9, "must")],
)
def test_labels_can_only_get_more_objects(served, shape, message):
    iterator = make(served, image.ImageDetIter)
    with pytest.raises(headrace.BadParameterError, match=message):
        iterator.reshape(label_shape=shape)
    iterator.check_label_shape((4, 5))
    assert len(served.streams) == 1


def test_two_iterators_with_labels_of_one_shape(served, capsys):
    few, many = make(served, image.ImageDetIter), make(Served(objects=7), image.ImageDetIter)
    assert few.sync_label_shape(many, verbose=True) is many
    assert few.label_shape == many.label_shape == (7, 5)
    assert capsys.readouterr().out == "label_shape: (4, 5) and (7, 5) become (7, 5)\n"
    other = make(Served(objects=9), image.ImageDetIter)
    other.sync_label_shape(few)
    assert few.label_shape == other.label_shape == (9, 5)
    wide = make(served, image.ImageDetIter, label_shape=(4, 6))
    with pytest.raises(headrace.BadParameterError, match="objects are 5 wide in one and 6 in the other"):
        few.sync_label_shape(wide)
    with pytest.raises(headrace.BadParameterError, match="it is a ImageIter"):
        few.sync_label_shape(make(served))


# What works in this process


def test_the_augmenters_of_keywords(served):
    iterator = make(served, resize=10, rand_mirror=True, seed=3)
    assert [type(augmenter).__name__ for augmenter in iterator.auglist] == [
        "ResizeAug", "CenterCropAug", "HorizontalFlipAug", "CastAug",
    ]  # fmt: skip
    transformed = iterator.augmentation_transform(np.zeros((30, 20, 3), np.uint8))
    assert transformed.shape == (8, 6, 3) and transformed.dtype == np.float32
    chosen = [image.CastAug()]
    assert make(served, aug_list=chosen).auglist == chosen
    detection = make(served, image.ImageDetIter, mean=True)
    label = np.array([[0, 0.1, 0.1, 0.5, 0.5]])
    data, label = detection.augmentation_transform(np.zeros((30, 20, 3), np.uint8), label)
    assert data.shape == (8, 6, 3) and data[0, 0, 0] == np.float32(-123.68) and label.shape == (1, 5)


def test_drawing_boxes(served):
    iterator = make(served, image.ImageDetIter, data_shape=(3, 20, 40))
    drawn = list(iterator.draw_next(color=(255, 0, 1), thickness=1))
    # Rows that pad the last batch are left out.
    assert len(drawn) == 6 and drawn[0].shape == (20, 40, 3) and drawn[0].dtype == np.uint8
    expected = np.ones((20, 40, 3), np.uint8)
    expected[5:16, 10:21] = (1, 0, 255)
    expected[6:15, 11:20] = 1
    np.testing.assert_array_equal(drawn[0], expected)
    iterator.reset()
    thick = next(iterator.draw_next(thickness=3, mean=True, std=[2, 2, 2]))
    # 101 twice, and the mean of each channel; blue first.
    assert thick[0, 0].tolist() == [255, 255, 255]
    assert (thick[5:16, 10:21] != 255).any(axis=2).sum() == 11 * 11 - 7 * 7
    iterator.reset()
    assert next(iterator.draw_next(mean=[-500], clip=True))[0, 0].tolist() == [0, 0, 0]
    with pytest.raises(headrace.BadParameterError, match="neither windows nor text"):
        next(iterator.draw_next(waitKey=1))


def test_boxes_beyond_the_edge_are_drawn_as_far_as_they_are_there():
    from headrace.image._imagedetiter import _draw

    for box in ([0, -1, -1, 2, 2], [0, 0, 0, 1, 1], [0, 0.9, 0.9, 0.1, 0.1], [3, -5, -5, -4, -4], [9, 5, 5, 6, 6]):
        for thickness in (1, 2, 9):
            _draw(np.zeros((8, 8, 3), np.uint8), np.array(box, np.float32), None, thickness)


# Beside other classes


def test_compositions(served):
    iterator = PrefetchingIter(
        [ResizeIter(make(served, data_name="left"), 3), ResizeIter(make(Served(), data_name="right"), 3)],
        rename_label=[{"softmax_label": "a"}, {"softmax_label": "b"}],
    )
    assert [tuple(desc)[0] for desc in iterator.provide_data + iterator.provide_label] == ["left", "right", "a", "b"]
    assert sum(1 for _ in iterator) == 3
    iterator.close()


def test_in_mx_batches_are_ndarrays(served):
    iterator = make(served, mx.image.ImageIter)
    batch = iterator.next()
    assert type(batch.data[0]) is type(batch.label[0]) is mx.nd.NDArray
    assert isinstance(iterator, (image.ImageIter, mx.io.DataIter)) and type(iterator).__module__ == "headrace.mx.image"
    detection = make(served, mx.image.ImageDetIter)
    assert isinstance(detection, image.ImageDetIter) and type(detection.next().data[0]) is mx.nd.NDArray
    assert type(next(detection.draw_next())) is np.ndarray
    other = make(Served(objects=8), mx.image.ImageDetIter)
    assert detection.sync_label_shape(other).label_shape == detection.label_shape == (8, 5)
