"""ResizeIter, PrefetchingIter and a user's own composition, over iterators in this process and over a server."""

from __future__ import annotations

import gc
import os
import threading

import numpy as np
import pytest
from multi_iter import MultiIter
from running_daemon import make_records, photographs
from streams import assert_batch

import headrace
from headrace.io import DataBatch, DataDesc, DataIter, ImageRecordIter, NDArrayIter, PrefetchingIter, ResizeIter


class Scripted(DataIter):
    """Does what it was told, one entry a call: gives a number as a batch, raises an exception, calls a function first.

    A list of entries is one epoch; `reset` goes to the next, and after the last to the first.
    """

    def __init__(self, *epochs, bucket=None):
        super().__init__(batch_size=1)
        self.epochs, self.epoch, self.at, self.resets = epochs, 0, 0, 0
        self.bucket = bucket
        self.provide_data, self.provide_label = [DataDesc("data", (1,))], [DataDesc("softmax_label", (1,))]

    def reset(self):
        self.resets += 1
        self.epoch, self.at = (self.epoch + 1) % len(self.epochs), 0

    def next(self):
        if self.at == len(self.epochs[self.epoch]):
            raise StopIteration
        entry = self.epochs[self.epoch][self.at]
        self.at += 1
        if callable(entry) and not isinstance(entry, type):
            entry = entry()
        if isinstance(entry, BaseException):
            raise entry
        value, pad = entry if isinstance(entry, tuple) else (entry, 0)
        batch = DataBatch([np.array([value])], [np.array([-value])], pad, np.array([value]), bucket_key=self.bucket)
        if self.bucket is not None:
            batch.provide_data, batch.provide_label = [DataDesc("data", (1, self.bucket))], self.provide_label
        return batch


def values(iterator):
    return [[int(array[0]) for array in batch.data] for batch in iterator]


# ResizeIter


@pytest.mark.parametrize(
    ("size", "reset_internal", "expected"),
    [
        (2, True, [[1, 2], [1, 2], [1, 2]]),
        (2, False, [[1, 2], [3, 1], [2, 3]]),
        (3, True, [[1, 2, 3]] * 3),
        (7, True, [[1, 2, 3, 1, 2, 3, 1]] * 3),
        (7, False, [[1, 2, 3, 1, 2, 3, 1], [2, 3, 1, 2, 3, 1, 2], [3, 1, 2, 3, 1, 2, 3]]),
        (0, True, [[]] * 3),
    ],
)
def test_resized_epochs(size, reset_internal, expected):
    iterator = ResizeIter(Scripted([1, 2, 3]), size, reset_internal)
    found = []
    for _ in range(3):
        found.append([value for (value,) in values(iterator)])
        assert values(iterator) == []
        iterator.reset()
    assert found == expected and len(iterator) == size


def test_a_resized_batch_is_the_other_iterators_own():
    inner = Scripted([(4, 1)], bucket=20)
    inner.default_bucket_key = 30
    iterator = ResizeIter(inner, 2)
    assert (iterator.batch_size, iterator.default_bucket_key) == (1, 30)
    assert iterator.provide_data == inner.provide_data and iterator.provide_label == inner.provide_label
    batch = iterator.next()
    assert (batch.pad, batch.bucket_key, batch.index.tolist()) == (1, 20, [4])
    assert iterator.iter_next() and iterator.getpad() == 1 and iterator.getindex().tolist() == [4]
    assert (iterator.getdata()[0][0], iterator.getlabel()[0][0]) == (4, -4)
    assert not iterator.iter_next()
    with pytest.raises(RuntimeError, match="no current batch"):
        iterator.getdata()
    assert not hasattr(ResizeIter(Scripted([1]), 1), "default_bucket_key")


def test_resizing_nothing_is_an_error_and_not_a_short_epoch():
    with pytest.raises(headrace.BadDataError, match="batch 0 of 3: Scripted has no batch even after reset"):
        ResizeIter(Scripted([]), 3).next()


def test_errors_pass_through_a_resized_iterator():
    iterator = ResizeIter(Scripted([1, KeyError("x"), 2]), 3)
    iterator.next()
    with pytest.raises(KeyError):
        iterator.next()
    assert iterator.next().data[0][0] == 2


@pytest.mark.parametrize("size", [-1, 2.5, "3", None])
def test_a_size_that_is_no_number_of_batches(size):
    with pytest.raises(headrace.BadParameterError, match="size is"):
        ResizeIter(Scripted([1]), size)


# PrefetchingIter


def test_the_documentation_example_of_prefetching():
    one = NDArrayIter({"data": np.ones((100, 10))}, batch_size=25)
    two = NDArrayIter({"data": np.ones((100, 10))}, batch_size=25)
    iterator = PrefetchingIter([one, two], rename_data=[{"data": "data_1"}, {"data": "data_2"}])
    assert iterator.provide_data == [("data_1", (25, 10)), ("data_2", (25, 10))]
    assert iterator.batch_size == 25 and len(list(iterator)) == 4


def test_batches_are_joined_epoch_after_epoch():
    iterator = PrefetchingIter([Scripted([1, 2], [3]), Scripted([5, 6], [7])])
    found = []
    for _ in range(4):
        found.append(values(iterator))
        assert values(iterator) == [] and not iterator.iter_next()
        iterator.reset()
    assert found == [[[1, 5], [2, 6]], [[3, 7]]] * 2


def test_the_getters_give_the_joined_batch():
    iterator = PrefetchingIter([Scripted([(1, 1)]), Scripted([(5, 1)])])
    with pytest.raises(RuntimeError, match="no current batch"):
        iterator.getdata()
    assert iterator.iter_next()
    assert [array[0] for array in iterator.getdata()] == [1, 5] and [a[0] for a in iterator.getlabel()] == [-1, -5]
    assert iterator.getpad() == 1 and iterator.getindex().tolist() == [1]
    assert iterator.current_batch.provide_data == iterator.provide_data


def test_a_reset_in_mid_epoch_drops_what_was_read_ahead():
    first = Scripted([1, 2, 3], [11, 12, 13])
    iterator = PrefetchingIter(first)
    assert iterator.next().data[0][0] == 1
    iterator.reset()
    assert values(iterator) == [[11], [12], [13]] and first.resets == 1


def test_one_batch_is_read_ahead_and_no_more():
    read = []
    done = threading.Event()

    def entry(number):
        def call():
            read.append(number)
            if number == 2:
                done.set()
            return number
        return call

    iterator = PrefetchingIter(Scripted([entry(i) for i in range(1, 6)]))
    iterator.next()
    assert done.wait(10)
    assert read == [1, 2]


def test_names_and_their_layouts():
    inner = NDArrayIter(np.zeros((3, 4), np.int8), np.zeros(4), batch_size=2, layout="TN")
    iterator = PrefetchingIter([inner], [{"data": "x"}], [{"softmax_label": "y"}])
    (data,), (label,) = iterator.provide_data, iterator.provide_label
    assert (data, data.dtype, data.layout, label.name) == (("x", (3, 2)), np.int8, "TN", "y")


def test_plain_tuples_serve_as_descriptors():
    inner = Scripted([1])
    inner.provide_data, inner.provide_label = [("data", (1,))], None
    assert PrefetchingIter([inner]).provide_data == [("data", (1,))]


def test_bucketed_batches_keep_their_key_and_their_descriptors():
    iterator = PrefetchingIter([Scripted([1], bucket=20)], rename_data=[{"data": "words"}])
    batch = iterator.next()
    assert batch.bucket_key == 20
    assert iterator.provide_data == [("words", (1,))] and batch.provide_data == [("words", (1, 20))]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "iters is empty"),
        (([Scripted([1])], []), "rename_data has 0 entries for 1 iterators"),
        (([Scripted([1])], [{"other": "x"}]), r"rename_data\[0\] has no entry for 'data'"),
        (([Scripted([1])], None, [{}]), r"rename_label\[0\] has no entry for 'softmax_label'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(headrace.BadParameterError, match=message):
        PrefetchingIter(*arguments)


@pytest.mark.parametrize("error", [KeyError("gone"), SystemExit(3), MemoryError()])
@pytest.mark.parametrize("where", [0, 1])
def test_an_exception_reaches_whoever_wants_the_batch(error, where):
    scripts = [[1, 2, 3], [5, 6, 7]]
    scripts[where][1] = error
    iterator = PrefetchingIter([Scripted(scripts[0], [1, 2]), Scripted(scripts[1], [5, 6])], deadline=10)
    assert values([iterator.next()]) == [[1, 5]]
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            iterator.next()
        assert caught.value is error
    iterator.reset()
    assert values(iterator) == [[1, 5], [2, 6]]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ([5], r"iterator 1 \(Scripted\) has ended, iterator 0 \(Scripted\) has another batch"),
        ([5, 6, 7], r"iterator 0 \(Scripted\) has ended, iterator 1"),
        ([5, (6, 1)], r"iterator 0 \(Scripted\) gives pad 0, iterator 1 \(Scripted\) gives pad 1"),
    ],
)
def test_iterators_that_do_not_go_together(other, message):
    iterator = PrefetchingIter([Scripted([1, 2]), Scripted(other)], deadline=10)
    with pytest.raises(headrace.BadDataError, match=message):
        values(iterator)
    with pytest.raises(headrace.BadDataError, match=message):
        iterator.next()


def test_a_batch_that_does_not_come_meets_its_deadline_and_can_be_waited_for_again():
    go = threading.Event()
    iterator = PrefetchingIter([Scripted([1]), Scripted([lambda: go.wait(30) and 5])], deadline=0.05)
    # The other one has its batch, however late its thread was started.
    iterator._ahead[0].wait(30)
    for call in (iterator.next, iterator.reset):
        with pytest.raises(headrace.DeadlineError, match=r"iterator 1 \(Scripted\) gave no batch within") as caught:
            call()
        assert caught.value.retryable
    go.set()
    iterator._deadline = 30
    assert values(iterator) == [[1, 5]]


def test_a_reset_that_fails_can_be_repeated():
    inner = Scripted([1, 2])
    iterator = PrefetchingIter(inner, deadline=10)
    inner.reset = lambda: (_ for _ in ()).throw(OSError("no"))
    with pytest.raises(OSError, match="no"):
        iterator.reset()
    with pytest.raises(headrace.HeadraceError, match="the last reset failed; reset again"):
        iterator.next()
    del inner.reset
    iterator.reset()
    assert values(iterator) == [[1], [2]]


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("headrace iterator")]


@pytest.mark.parametrize("end", ["close", "forget"])
def test_threads_end_with_their_iterator(end):
    before = threads()
    iterator = PrefetchingIter([Scripted([1]), Scripted([2])])
    started = [thread for thread in threads() if thread not in before]
    assert len(started) == 2
    if end == "close":
        iterator.close()
        with pytest.raises(headrace.HeadraceError, match="the iterator is closed"):
            iterator.next()
        iterator.close()
    else:
        del iterator
        gc.collect()
    for thread in started:
        thread.join(10)
        assert not thread.is_alive()


def test_a_forked_child_is_told_so_and_does_not_wait():
    iterator = PrefetchingIter([Scripted([1, 2])], deadline=20)
    iterator.next()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            iterator.next()
            text = "no error"
        except headrace.HeadraceError as error:
            text = str(error)
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert "forked" in pipe.read()
    os.waitpid(child, 0)
    assert iterator.next().data[0][0] == 2


# A user's own composition


def test_the_documentations_own_iterator_composes():
    multi = MultiIter([NDArrayIter(np.arange(4), np.arange(4), 2), NDArrayIter(np.arange(4) * 10, np.arange(4), 2)])
    assert [desc.shape for desc in multi.provide_data] == [(2,), (2,)]
    iterator = PrefetchingIter(multi)
    found = []
    for _ in range(2):
        found.append([[array.tolist() for array in batch.data] for batch in iterator])
        iterator.reset()
    assert found == [[[[0, 1], [0, 10]], [[2, 3], [20, 30]]]] * 2


# Over a server


def test_served_iterators_compose(server):
    ahead = ImageRecordIter(url=server.url)
    iterator = PrefetchingIter([ResizeIter(ahead, 7), ResizeIter(NDArrayIter(np.arange(8), batch_size=4), 7)])
    for step, batch in enumerate(iterator):
        image, row = batch.data
        epoch, at = divmod(step, 5)
        mine = DataBatch([image], [batch.label[0]], batch.pad, batch.index)
        mine.epoch, mine.step, mine.part = epoch, at, 0
        assert_batch(mine, epoch, at)
        assert row.tolist() == ([0, 1, 2, 3] if step % 2 == 0 else [4, 5, 6, 7])
    assert step == 6
    iterator.close()
    ahead.close()


def test_a_server_that_goes_away_ends_the_wait(server):
    iterator = PrefetchingIter(ImageRecordIter(client=headrace.connect(server.url, timeout=10, reconnect=0)))
    iterator.next()
    server.stop()
    with pytest.raises(headrace.ConnectionLostError):
        for _ in range(10):
            iterator.next()
    server.listen()


def test_images_and_arrays_side_by_side_through_a_daemon(client, tmp_path):
    """The documentation's use of MultiIter: images from one iterator, and what belongs to them from another."""
    pictures = [path.read_bytes() for path in photographs()[:10]]
    records = make_records(tmp_path / "x.rec", pictures)
    images = ImageRecordIter(
        client=client, path_imgrec=str(records), data_shape=(3, 32, 32), batch_size=5, resize=32, data_name="image"
    )
    texts = NDArrayIter({"text": np.arange(10) * 100}, batch_size=5)
    with images.stream:
        multi = PrefetchingIter(MultiIter([images, texts]), deadline=60)
        assert multi.provide_data == [("image", (5, 3, 32, 32)), ("text", (5,))]
        for epoch in range(2):
            batches = list(multi)
            assert [batch.data[0].shape for batch in batches] == [(5, 3, 32, 32)] * 2
            for batch in batches:
                np.testing.assert_array_equal(batch.data[1], batch.label[0] * 100)
            assert len({float(batch.data[0].sum()) for batch in batches}) == 2
            multi.reset()
        assert epoch == 1
        multi.close()
