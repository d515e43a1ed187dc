"""Streams against a scripted server: epochs, positions, states, and every way a server can let a client down."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest
from scripted_server import MANIFEST, SPEC, Hangup, expected_batch, frame

import headrace


def connect(server, **options):
    return headrace.connect(server.url, **({"timeout": 10, "reconnect": 10} | options))


def open_stream(server, **options):
    return connect(server, **options).open(iterator="ImageRecordIter", batch_size=4)


def assert_batch(batch, epoch, step):
    data, label, index = expected_batch(epoch, step, batch.data[0].shape)
    assert (batch.epoch, batch.step, batch.part, batch.pad) == (epoch, step, 0, 0)
    np.testing.assert_array_equal(batch.data[0], data)
    np.testing.assert_array_equal(batch.label[0], label)
    np.testing.assert_array_equal(batch.index, index)


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
    assert seen == [{"code": "bad_image"}] and not recwarn.list


# Deadlines.


def test_a_deadline_says_what_was_awaited_and_the_call_may_be_repeated(server):
    gate = threading.Event()
    server.interfere("BATCH", lambda session: gate.wait(20) and None)
    stream = open_stream(server)
    with pytest.raises(headrace.DeadlineError, match=r"no batch 0 of epoch 0 within 0\.05 s") as caught:
        stream.next(timeout=0.05)
    assert isinstance(caught.value, TimeoutError)
    gate.set()
    assert_batch(stream.next(), 0, 0)
    assert len(server.sessions) == 1


@pytest.mark.parametrize("kind", ["HELLO", "OPENED"])
def test_no_wait_lasts_longer_than_its_deadline(server, kind):
    gate = threading.Event()
    server.interfere(kind, lambda session: gate.wait(20) and None)
    try:
        with pytest.raises(headrace.DeadlineError, match=kind):
            connect(server, timeout=0.05, open_timeout=0.05, reconnect=0).open("train")
    finally:
        gate.set()


def test_an_answer_that_does_not_come_costs_the_connection_but_not_the_place(server):
    gate = threading.Event()
    stream = open_stream(server, timeout=0.2)
    stream.next()
    server.interfere("POSITION", lambda session: gate.wait(20) and None)
    with pytest.raises(headrace.DeadlineError, match="the answer to SEEK"):
        stream.seek(9)
    gate.set()
    assert (stream.epoch, stream.step) == (0, 1)
    assert_batch(stream.next(), 0, 1)
    assert len(server.sessions) == 2


def test_nobody_there_is_said_at_once(tmp_path):
    with pytest.raises(headrace.ConnectionLostError, match="no.sock"):
        headrace.connect(f"unix:{tmp_path}/no.sock")
    with pytest.raises(headrace.ConnectionLostError, match="tcp://127.0.0.1:1"):
        headrace.connect("tcp://127.0.0.1:1")


# Servers that die, restart, or go astray.


def die(session):
    raise Hangup


def die_in_mid_frame(session):
    session.sock.sendall(frame("BATCH", session.payload(), session.sent)[:1000])
    raise Hangup


@pytest.mark.parametrize("death", [die, die_in_mid_frame])
@pytest.mark.parametrize("epoch", [0, 7])
@pytest.mark.parametrize("step", [0, 3, 4])
def test_a_stream_continues_at_the_very_next_batch_when_the_connection_breaks(server, death, epoch, step):
    server.interfere("BATCH", lambda session: False if (session.epoch, session.step) < (epoch, step) else death(session))
    stream = open_stream(server)
    if epoch:
        # At a position that was sought there is no token yet.
        stream.seek(epoch, step)
    for expected in range(step if epoch else 0, 5):
        assert_batch(stream.next(), epoch, expected)
    assert stream.stats()["client_reconnections"] == 1


def test_a_server_that_restarts_is_waited_for(server):
    stream = open_stream(server)
    assert_batch(stream.next(), 0, 0)
    server.stop()
    timer = threading.Timer(0.3, server.listen)
    timer.start()
    for step, batch in enumerate(stream, start=1):
        assert_batch(batch, 0, step)
    timer.join()
    tokens = [message["token"] for kind, message in server.received if kind == "OPEN" and "token" in message]
    assert len(tokens) == 1 and tokens[0].startswith(f"hr1.{MANIFEST}.{SPEC}.0.")
    stream.reset()
    server.hang_up()
    for step, batch in enumerate(stream):
        assert_batch(batch, 1, step)


def test_without_a_budget_a_loss_is_an_error_that_says_what_was_awaited(server):
    server.epoch_steps = 50
    stream = open_stream(server, reconnect=0)
    stream.next()
    server.hang_up()
    # Batches that had arrived before the loss are still good.
    with pytest.raises(headrace.ConnectionLostError, match=r"waiting for batch \d of epoch 0"):
        list(stream)
    assert stream.epoch == 0 and 1 <= stream.step <= 4


def test_the_budget_ends(server):
    stream = open_stream(server, reconnect=0.3)
    stream.next()
    server.stop()
    started = time.monotonic()
    with pytest.raises(headrace.ConnectionLostError, match="data.sock"):
        list(stream)
    assert time.monotonic() - started < 5
    server.listen()


def test_a_batch_that_kills_the_server_every_time_is_given_up(server):
    server.interfere("BATCH", die, times=1000)
    stream = open_stream(server)
    with pytest.raises(headrace.ConnectionLostError):
        stream.next()
    assert len(server.sessions) < 20


def test_data_that_changed_during_an_absence_are_refused(server):
    stream = open_stream(server)
    stream.next()
    server.spec = "d" * 32
    server.hang_up()
    with pytest.raises(headrace.StateMismatchError, match="spec changed"):
        list(stream)


def test_a_draining_server_is_left_when_it_closes(server):
    def drain(session):
        session.send("GOAWAY", {"reason": "drain", "deadline_seconds": 30})
        session.error("draining", "going down", scope="connection", retryable=True)
        raise Hangup

    stream = open_stream(server)
    stream.next()
    server.interfere("STATE", drain)
    assert stream.stats()["client_reconnections"] == 1
    assert_batch(stream.next(), 0, 1)


# Servers that lie.


LIES = {
    "length 2**63": (lambda s: frame("BATCH", b"", s.sent, length=1 << 63), "claims 9,223,372,036,854,775,808 bytes"),
    "longer than promised": (lambda s: frame("BATCH", b"", s.sent, length=(1 << 20) + 1), "claims 1,048,577 bytes"),
    "control of 2 MiB": (lambda s: frame("NOTICE", b"", s.sent, length=2 << 20), "the limit is 1,048,576"),
    "sequence": (lambda s: frame("BATCH", s.payload(), s.sent + 1), "a frame is missing"),
    "magic": (lambda s: b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(16), "not headraced's data socket"),
    "header checksum": (lambda s: frame("BATCH", s.payload(), s.sent)[:28] + bytes(4), "header checksum"),
    "payload checksum": (lambda s: frame("BATCH", s.payload(), s.sent, flags=1, checksum=1), "damaged on the way"),
    "unknown type": (lambda s: frame(0x33, b"", s.sent), "unknown type 0x33"),
    "another batch": (lambda s: frame("BATCH", s.payload(step="4"), s.sent), "sent batch 4 of epoch 0 where batch 0"),
    "early end": (lambda s: frame("EPOCH_END", b'{"epoch":0,"steps":0}', s.sent), "ended epoch 0 after 0 of 5"),
    "unasked": (lambda s: frame("POSITION", b"{}", s.sent), "sent POSITION while batch 0"),
    "deep JSON": (lambda s: frame("NOTICE", b"[" * 100_000, s.sent), "NOTICE is not the JSON"),
    "no object": (lambda s: frame("NOTICE", b"7", s.sent), "must be a JSON object"),
    "unknown scope": (lambda s: frame("ERROR", b'{"code":"x","message":"y","scope":"z"}', s.sent), "cannot be understood"),
    "stream": (lambda s: frame("BATCH", s.payload(), s.sent, stream=2), "BATCH on stream 2"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_is_an_error_and_the_next_call_starts_afresh(server, lie):
    make, message = lie

    def tell(session):
        session.sock.sendall(make(session))
        server.hooks.clear()
        raise Hangup

    server.interfere("BATCH", tell)
    stream = open_stream(server)
    with pytest.raises(headrace.ProtocolError) as caught:
        stream.next()
    assert message in str(caught.value)
    assert [batch.step for batch in stream] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("member", ["steps", "manifest", "provide_data", "batch_bytes", "iterator"])
@pytest.mark.parametrize("value", [None, -1, 1.5, {}, [{"name": 1}], [{"name": "x", "shape": [-1], "dtype": "float32"}]])
def test_an_opened_that_cannot_be_is_refused(server, member, value):
    server.opened_changes = {member: value}
    with pytest.raises(headrace.ProtocolError):
        open_stream(server)


def test_a_batch_before_opened_is_not_even_read(server):
    server.interfere("OPENED", lambda session: session.raw(frame("BATCH", b"", session.sent, length=1 << 31)))
    with pytest.raises(headrace.ProtocolError, match="the limit is 0"):
        open_stream(server)


def test_another_major_version_is_said_so(server):
    server.interfere("HELLO", lambda session: session.raw(frame("HELLO", b'{"major":2}', session.sent)))
    with pytest.raises(headrace.ProtocolError, match="version 2") as caught:
        connect(server)
    assert caught.value.code == "version"


@pytest.mark.parametrize("checksum", [False, True])
def test_checksums_are_asked_for_and_checked(server, checksum):
    assert len(list(open_stream(server, checksum=checksum))) == 5
    assert server.sessions[0].checksum is checksum


# Interruptions, processes, memory.


def test_ctrl_c_interrupts_a_wait_and_nothing_is_lost(server):
    gate, waiting = threading.Event(), threading.Event()

    def stall(session):
        if session.step < 2:
            return False
        waiting.wait(20)
        payload = session.payload()
        whole = frame("BATCH", payload, session.sent)
        session.sock.sendall(whole[:700])
        os.kill(os.getpid(), signal.SIGINT)
        gate.wait(20)
        session.sock.sendall(whole[700:])
        session.sent += 1
        session.credits -= 1
        session.step += 1

    server.interfere("BATCH", stall)
    stream = open_stream(server)
    seen = [stream.next().step, stream.next().step]
    with pytest.raises(KeyboardInterrupt):
        waiting.set()
        stream.next()
    gate.set()
    seen += [batch.step for batch in stream]
    assert seen == [0, 1, 2, 3, 4]


def test_ctrl_c_at_any_moment_loses_nothing(server):
    """Signals at arbitrary moments; each batch must come once and in order, by whatever means."""
    server.epoch_steps = 400
    stream = open_stream(server)
    stop = threading.Event()

    def pester():
        while not stop.wait(0.003):
            os.kill(os.getpid(), signal.SIGUSR1)

    class Interrupted(Exception):
        pass

    armed = False

    def interrupt(*_):
        if armed:
            raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    thread = threading.Thread(target=pester)
    thread.start()
    interruptions, position = 0, 0
    try:
        while position < 400:
            batch = None
            try:
                armed = True
                batch = stream.next()
                armed = False
            except Interrupted:
                armed = False
                interruptions += 1
                # Interrupted before or after the position moved: either way the stream knows where it is.
                assert stream.step in (position, position + 1)
                position = stream.step
                continue
            assert_batch(batch, 0, position)
            position += 1
    finally:
        armed = False
        stop.set()
        thread.join()
        signal.signal(signal.SIGUSR1, before)
    assert interruptions > 0
    assert list(stream) == []


@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
def test_an_interruption_at_any_line_loses_nothing(server):
    """Raises in front of every line of the package's own code in turn, as Ctrl-C may, and goes on."""
    package = os.path.dirname(headrace.__file__)

    class Interrupted(BaseException):
        pass

    def use(stream):
        stream.next()
        stream.stats()
        stream.next()
        stream.reset()
        stream.next()
        stream.seek(4, 2)
        stream.next()

    passed = 0

    def trace(frame, event, argument):
        nonlocal passed
        if not frame.f_code.co_filename.startswith(package):
            return None
        if event == "line":
            passed += 1
            if passed == line:
                raise Interrupted
        return trace

    line = 0
    while passed >= line:
        # A prime stride keeps the test short and meets other lines in each of the calls.
        line, passed = line + 3, 0
        stream = open_stream(server)
        sys.settrace(trace)
        try:
            use(stream)
        except Interrupted:
            pass
        finally:
            sys.settrace(None)
        epoch, step = stream.epoch, stream.step
        assert (epoch, step) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (4, 2), (4, 3)], line
        for expected in range(step, 5):
            assert_batch(stream.next(), epoch, expected)
        stream.reset()
        assert_batch(stream.next(), epoch + 1, 0)
        stream.close()
    assert line > 500


def in_child(function):
    """Runs a function in a forked child; returns its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_has_a_connection_of_its_own_at_the_same_place(server):
    stream = open_stream(server)
    assert_batch(stream.next(), 0, 0)

    def child():
        for step, batch in enumerate(stream, start=1):
            assert_batch(batch, 0, step)
        stream.close()

    assert in_child(child) == 0
    for step, batch in enumerate(stream, start=1):
        assert_batch(batch, 0, step)
    assert len(server.sessions) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_that_only_ends_does_not_disturb_its_parent(server):
    stream = open_stream(server)
    assert_batch(stream.next(), 0, 0)

    def child():
        nonlocal stream
        del stream
        gc.collect()

    assert in_child(child) == 0
    assert [batch.step for batch in stream] == [1, 2, 3, 4]
    assert len(server.sessions) == 1 and not any(kind == "CLOSE" for kind, _ in server.received)


def test_batches_that_are_kept_never_change(server):
    server.epoch_steps = 30
    stream = open_stream(server)
    kept = []
    for batch in stream:
        if batch.step % 3 == 0:
            kept.append(batch)
        elif batch.step % 3 == 1:
            # A view of a view is all that is kept.
            kept.append((batch.step, batch.data[0][1:3][0, :, 2:]))
    for entry in kept:
        if isinstance(entry, tuple):
            np.testing.assert_array_equal(entry[1], expected_batch(0, entry[0])[0][1, :, 2:])
        else:
            assert_batch(entry, 0, entry.step)


def test_memory_is_used_again_only_when_nothing_refers_to_it(server):
    server.epoch_steps = 50
    stream = open_stream(server)
    addresses = [batch.data[0].ctypes.data for batch in stream]
    assert len(set(addresses)) <= 4
    stream.reset()
    batches = list(stream)
    assert len({batch.data[0].ctypes.data for batch in batches}) == 50
    assert all(batch.data[0].ctypes.data % 64 == 0 for batch in batches)


def test_arrays_are_the_callers_own(server):
    batch = open_stream(server).next()
    data = batch.data[0]
    assert data.flags.writeable and data.flags.c_contiguous and data.flags.aligned
    # Before NumPy 1.23 it had an underscore.
    exchanged = (getattr(np, "from_dlpack", None) or np._from_dlpack)(data)
    address = data.ctypes.data
    assert exchanged.ctypes.data == address
    data[:] = 7
    del batch, data
    gc.collect()
    assert (exchanged == 7).all()


def test_arrays_outlive_stream_and_client(server):
    stream = open_stream(server)
    batch = stream.next()
    stream.close()
    del stream
    gc.collect()
    assert_batch(batch, 0, 0)


def test_a_stream_that_is_dropped_closes_its_connection(server):
    stream = open_stream(server)
    stream.next()
    del stream
    gc.collect()
    server.sessions[0].join(10)
    assert not server.sessions[0].is_alive()


def test_threads_take_turns(server):
    server.epoch_steps = 100
    stream = open_stream(server)
    seen = []

    def work():
        for batch in stream:
            seen.append(batch.step)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(seen) == list(range(100))


# Addresses.


def test_the_address_may_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("HEADRACE_URL", server.url)
    assert headrace.connect().url == server.url


@pytest.mark.parametrize("url", ["", "ftp://x", "unix:relative", "tcp://", "tcp://h:x", "tcp://h:99999", "tls://h", "/a"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(headrace.HeadraceError) as caught:
        headrace.connect(url)
    assert caught.value.code == "bad_url" and repr(url) in str(caught.value)


@pytest.mark.parametrize("options", [{"window": 0}, {"window": 65_537}, {"label": "ä" * 65}])
def test_impossible_options_are_refused(server, options):
    with pytest.raises(ValueError):
        connect(server, **options)
