"""Streams against a scripted server: epochs, positions, states, and what the server reports."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from scripted_server import MANIFEST, SPEC, Hangup, frame
from streams import assert_batch, connect, open_stream

import headrace


# The good days.


def test_an_epoch_comes_in_order_and_ends_until_reset(server):
    with open_stream(server) as stream:
        assert len(stream) == 5
        for epoch in range(3):
            for step, batch in enumerate(stream):
                assert_batch(batch, epoch, step)
            assert (stream.epoch, stream.step) == (epoch, 5)
            assert list(stream) == []
            with pytest.raises(StopIteration):
                stream.next()
            stream.reset()
            assert (stream.epoch, stream.step) == (epoch + 1, 0)


def test_what_a_stream_provides_is_known_before_the_first_batch(server):
    stream = open_stream(server)
    assert stream.provide_data == [("data", (4, 3, 8, 8))]
    assert stream.provide_data[0].dtype == np.float32 and stream.provide_data[0].layout == "NCHW"
    assert stream.provide_label == [("softmax_label", (4,))] and stream.provide_label[0].layout == "N"
    assert (stream.batch_size, stream.iterator) == (4, "ImageRecordIter")
    assert (stream.manifest, stream.spec) == (MANIFEST, SPEC)
    assert not any(kind == "RELEASE" for kind, _ in server.received)


def test_reset_in_mid_epoch_starts_the_next_and_drops_what_was_under_way(server):
    stream = open_stream(server)
    stream.next()
    stream.reset()
    for step, batch in enumerate(stream):
        assert_batch(batch, 1, step)


def test_reset_at_the_start_of_an_epoch_does_nothing(server):
    stream = open_stream(server)
    for epoch in range(3):
        stream.reset()
        stream.reset()
        for step, batch in enumerate(stream):
            assert_batch(batch, epoch, step)


def test_seek_goes_to_any_batch_and_a_refused_seek_changes_nothing(server):
    stream = open_stream(server)
    stream.seek(7, 3)
    assert_batch(stream.next(), 7, 3)
    with pytest.raises(headrace.StateMismatchError, match="epoch 7 has 5 batches") as caught:
        stream.seek(7, 6)
    assert caught.value.code == "bad_position"
    assert_batch(stream.next(), 7, 4)
    assert list(stream) == []
    stream.seek(2, 5)
    assert list(stream) == []
    with pytest.raises(headrace.StateMismatchError):
        stream.seek(-1)
    assert len(server.sessions) == 1


def test_an_epoch_may_be_empty(server):
    server.epoch_steps = 0
    stream = open_stream(server)
    assert list(stream) == [] and len(stream) == 0 and stream
    stream.reset()
    assert stream.epoch == 1


@pytest.mark.parametrize("window", [1, 2, 5])
def test_no_more_batches_are_under_way_than_the_window(server, window):
    stream = open_stream(server, window=window)
    for _ in range(3):
        list(stream)
        stream.reset()
    assert server.most_credits == window


def test_stats_in_mid_epoch_lose_no_batch(server):
    stream = open_stream(server)
    for step in range(5):
        stats = stream.stats()
        assert_batch(stream.next(), 0, step)
        assert stats["client_batches"] == step and stats["client_reconnections"] == 0
    assert stream.stats()["client_wait_seconds"] > 0
    assert len(server.sessions) == 1


def test_several_streams_of_one_client_do_not_disturb_each_other(server):
    client = connect(server)
    first, second = client.open("train"), client.open("val")
    assert_batch(first.next(), 0, 0)
    second.seek(4, 1)
    assert_batch(first.next(), 0, 1)
    assert_batch(second.next(), 4, 1)
    client.close()
    for stream in (first, second):
        with pytest.raises(headrace.HeadraceError, match="closed"):
            stream.next()
    with pytest.raises(headrace.HeadraceError, match="closed"):
        client.open("train")


def test_open_sends_what_was_asked_for(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    client = connect(server, label="run-17")
    client.open("train", seed=np.int64(3), shuffle=True, mean_r=np.float32(1.5), data_shape=(3, 8, 8))
    client.open(iterator="ImageRecordIter", path_imgrec="a.rec;/b.rec;d/", path_imglist="", dtype=np.uint8)
    first, second = (message for kind, message in server.received if kind == "OPEN")
    assert first == {
        "dataset": "train",
        "label": "run-17",
        "parameters": {"seed": 3, "shuffle": True, "mean_r": 1.5, "data_shape": [3, 8, 8]},
    }
    assert second["parameters"] == {
        "path_imgrec": f"{tmp_path}/a.rec;/b.rec;{tmp_path}/d/",
        "path_imglist": "",
        "dtype": "uint8",
    }
    for arguments in ({}, {"dataset": "a", "iterator": "b"}):
        with pytest.raises(TypeError, match="not both"):
            client.open(**arguments)


def test_a_ping_is_answered(server):
    server.interfere("BATCH", lambda session: session.raw(frame("PING", b"are you", session.sent)))
    stream = open_stream(server)
    list(stream)
    server.wait_for("PONG")
    assert ("PONG", b"are you") in server.received


def test_messages_of_a_later_version_are_passed_over(server):
    server.interfere("BATCH", lambda session: session.raw(frame(0x91, b"new", session.sent, stream=9)), times=5)
    assert len(list(open_stream(server))) == 5


# State.


@pytest.mark.parametrize("used", [0, 1, 4, 5])
def test_a_state_resumes_at_the_next_batch_not_yet_used(server, used):
    stream = open_stream(server)
    stream.seek(2)
    for _ in range(used):
        stream.next()
    state = stream.state_dict()
    assert len(json.dumps(state)) < 1000
    again = open_stream(server)
    again.load_state_dict(json.loads(json.dumps(state)))
    assert (again.epoch, again.step) == (2, used)
    for step, batch in enumerate(again, start=used):
        assert_batch(batch, 2, step)
    assert step == 4 if used < 5 else True


def test_a_state_of_other_data_is_refused_with_what_differs(server):
    stream = open_stream(server)
    stream.next()
    state = stream.state_dict()
    server.manifest = "c" * 32
    other = connect(server).open(iterator="ImageRecordIter", batch_size=8)
    other.next()
    with pytest.raises(headrace.StateMismatchError) as caught:
        other.load_state_dict(state)
    text = str(caught.value)
    assert "manifest" in text and "a" * 32 in text and "c" * 32 in text
    assert "batch_size: 4 in the state, 8 here" in text
    assert "the server says: the token is of other data" in text
    assert_batch(other.next(), 0, 1)


@pytest.mark.parametrize("change", [{"version": 2}, {"version": None}, {"epoch": "x"}, {"step": -1}])
def test_a_state_of_another_form_is_refused(server, change):
    stream = open_stream(server)
    with pytest.raises(headrace.StateMismatchError):
        stream.load_state_dict(stream.state_dict() | change)


# Errors of the server.


def test_a_refused_open_says_what_the_server_said(server):
    server.interfere("OPENED", lambda session: refuse(session, "bad_parameter", "no parameter 'x'", hint="try 'y'"))
    client = connect(server)
    with pytest.raises(headrace.BadParameterError) as caught:
        client.open(iterator="ImageRecordIter", x=1)
    assert str(caught.value) == "no parameter 'x'; try 'y'" and isinstance(caught.value, ValueError)
    assert len(list(client.open(iterator="ImageRecordIter"))) == 5


def refuse(session, code, message, **fields):
    session.error(code, message, **fields)
    raise Hangup


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("unknown_dataset", headrace.UnknownNameError),
        ("unknown_iterator", headrace.UnknownNameError),
        ("not_found", headrace.NotFoundError),
        ("forbidden_path", headrace.ForbiddenPathError),
        ("bad_data", headrace.BadDataError),
        ("memory_limit", headrace.LimitError),
        ("over_limit", headrace.LimitError),
        ("internal", headrace.HeadraceError),
        ("quota_of_a_later_version", headrace.HeadraceError),
    ],
)
def test_each_code_has_its_exception(server, code, kind):
    server.interfere("OPENED", lambda session: refuse(session, code, "no"))
    with pytest.raises(headrace.HeadraceError) as caught:
        open_stream(server)
    assert type(caught.value) is kind and caught.value.code == code


def test_a_bad_record_ends_the_epoch_and_reset_goes_on(server):
    def fail(session):
        if session.step < 2:
            return False
        session.error("bad_record", "record 9 at byte 512: JPEG data ends early", scope="stream")
        session.failed = True

    server.interfere("BATCH", fail)
    stream = open_stream(server)
    stream.next(), stream.next()
    for _ in range(2):
        with pytest.raises(headrace.BadDataError, match="record 9"):
            stream.next()
    stream.reset()
    assert_batch(stream.next(), 1, 0)
    assert len(server.sessions) == 1


def test_bad_records_that_were_passed_over_are_warned_of_within_bounds(server):
    def notify(session):
        for record in range(8):
            session.send("NOTICE", {"code": "bad_image", "message": "cut", "file": "t.rec", "record": record,
                                    "offset": 8 * record, "action": "skip"})  # fmt: skip

    server.interfere("BATCH", notify, times=5)
    stream = open_stream(server)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert len(list(stream)) == 5
    # Sockets that earlier tests dropped may be warned of meanwhile.
    caught = [w for w in caught if w.category is not ResourceWarning]
    assert [w.category for w in caught] == [headrace.BadRecordWarning] * 10
    assert "t.rec, record 0, offset 0: cut (skip)" in str(caught[0].message)
    assert "only counted" in str(caught[-1].message)
    assert len(stream.notices) == 40 and stream.stats()["client_notices"] == 40


def test_notices_go_to_the_callback_when_there_is_one(server, recwarn):
    server.interfere("BATCH", lambda session: session.send("NOTICE", {"code": "bad_image"}))
    seen = []
    assert len(list(open_stream(server, on_notice=seen.append))) == 5
    # Of other tests' leavings, Python may warn at any time.
    assert seen == [{"code": "bad_image"}]
    assert not [warning for warning in recwarn.list if issubclass(warning.category, headrace.BadRecordWarning)]


# Addresses.


def test_the_address_may_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("HEADRACE_URL", server.url)
    assert headrace.connect().url == server.url


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "unix:relative", "tcp://", "tcp://h:x", "tcp://h:99999", "tls://", "/a"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(headrace.HeadraceError) as caught:
        headrace.connect(url)
    assert caught.value.code == "bad_url" and repr(url) in str(caught.value)


@pytest.mark.parametrize("options", [{"window": 0}, {"window": 65_537}, {"label": "ä" * 65}])
def test_impossible_options_are_refused(server, options):
    with pytest.raises(ValueError):
        connect(server, **options)
