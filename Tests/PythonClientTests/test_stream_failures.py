"""Every way in which a scripted server can let a client down: late, dead, restarted, lying."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest
from scripted_server import MANIFEST, SPEC, Hangup, frame
from streams import assert_batch, connect, open_stream

import headrace


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
            connect(server, timeout=0.05 if kind == "HELLO" else 60, open_timeout=0.05, reconnect=0).open("train")
    finally:
        gate.set()


def test_an_answer_that_does_not_come_costs_the_connection_but_not_the_place(server):
    gate = threading.Event()
    stream = open_stream(server)
    stream.next()
    server.interfere("POSITION", lambda session: gate.wait(20) and None)
    patient = stream._session.options
    stream._session.options = dataclasses.replace(patient, timeout=0.2)
    with pytest.raises(headrace.DeadlineError, match="the answer to SEEK"):
        stream.seek(9)
    stream._session.options = patient
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
    server.interfere(
        "BATCH", lambda session: False if (session.epoch, session.step) < (epoch, step) else death(session)
    )
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
    assert time.monotonic() - started < 60
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


def test_a_draining_server_is_left_at_once(server):
    server.epoch_steps = 20
    stream = open_stream(server)
    stream.next()
    server.interfere("BATCH", lambda session: session.send("GOAWAY", {"reason": "drain", "deadline_seconds": 30}))
    for step, batch in enumerate(stream, start=1):
        assert_batch(batch, 0, step)
    assert step == 19 and len(server.sessions) == 2
    assert stream.stats()["client_reconnections"] == 1


@pytest.mark.parametrize("seconds", [30, None, "x", -1, 1e300, True])
def test_without_a_budget_a_draining_server_is_used_to_the_last(server, seconds):
    server.epoch_steps = 20
    stream = open_stream(server, reconnect=0)
    server.interfere("BATCH", lambda session: session.send("GOAWAY", {"reason": "drain", "deadline_seconds": seconds}))
    assert len(list(stream)) == 20 and len(server.sessions) == 1
    assert 0 <= stream._session._connection.goaway_seconds <= 30


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
    "unknown scope": (
        lambda s: frame("ERROR", b'{"code":"x","message":"y","scope":"z"}', s.sent),
        "cannot be understood",
    ),
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
@pytest.mark.parametrize(
    "value", [None, -1, 1.5, {}, [{"name": 1}], [{"name": "x", "shape": [-1], "dtype": "float32"}]]
)
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
