"""The vectors of invalid/session.json: what a client says at the wrong time."""

from common import ATTACH, GOAWAY, HELLO, NOTICE, OPENED, bad
from frames import compact, frame

# ---------------------------------------------------------------- invalid/session.json

S = "session"


def session(name, why, frames, reason, code="bad_frame", scope="connection"):
    raw = b"".join(frame(kind, payload if isinstance(payload, bytes) else compact(payload), sequence=number)
                   for number, (kind, payload) in enumerate(frames))
    bad(S, name, why, "client", raw, reason, code=code, scope=scope)


def sessions():
    H = ("HELLO", HELLO)
    session("credit-before-hello", "HELLO comes first", [("CREDIT", {"batches": 1})], "not_allowed")
    session("ping-before-hello", "HELLO comes first", [("PING", b"")], "not_allowed")
    session("hello-twice", "one greeting a connection", [H, H], "not_allowed")
    session("other-major", "another major version", [("HELLO", {"major": 2, "spin": "up"})], "version", code="version")
    session("major-0", "another major version", [("HELLO", {**HELLO, "major": 0})], "version", code="version")
    session("credit-without-stream", "there is no stream", [H, ("CREDIT", {"batches": 1})], "not_allowed")
    session("reset-without-stream", "there is no stream", [H, ("RESET", {})], "not_allowed")
    session("seek-without-stream", "there is no stream", [H, ("SEEK", {"epoch": 0, "step": 0})], "not_allowed")
    session("state-without-stream", "there is no stream", [H, ("STATE", {})], "not_allowed")
    session("close-without-stream", "there is no stream", [H, ("CLOSE", {})], "not_allowed")
    session("attach-without-feature", "the feature was not agreed on", [H, ("ATTACH", ATTACH)], "not_allowed")
    A = ("HELLO", {**HELLO, "features": ["arrays"]})
    E = bytes(24)
    session("data-without-attach", "elements of nothing", [A, ("DATA", E)], "not_allowed")
    session("data-too-much", "one byte more than was announced", [A, ("ATTACH", ATTACH), ("DATA", E + b"x")], "not_allowed")
    session("data-behind-the-end", "the array was whole", [A, ("ATTACH", ATTACH), ("DATA", E), ("DATA", b"x")], "not_allowed")
    session("data-empty", "a frame of elements has some", [A, ("ATTACH", ATTACH), ("DATA", b"")], "not_allowed")
    session("open-within-array", "the array is not whole", [A, ("ATTACH", ATTACH), ("DATA", E[1:]), ("OPEN", {"dataset": "a"})],
            "not_allowed")
    session("attach-within-array", "the array is not whole", [A, ("ATTACH", ATTACH), ("ATTACH", {**ATTACH, "name": "a1"})],
            "not_allowed")
    session("data-by-descriptor", "this array's elements are in a file",
            [("HELLO", {**HELLO, "features": ["arrays", "descriptors"]}), ("ATTACH", {**ATTACH, "via": "descriptor"}),
             ("DATA", E)], "not_allowed")
    for name, why, change in (
            ("attach-name", "a name of other characters", {"name": "a/0"}),
            ("attach-no-name", "a name has a character", {"name": ""}),
            ("attach-long-name", "64 bytes are the most", {"name": "a" * 65}),
            ("attach-dtype", "a type nobody serves", {"dtype": "object"}),
            ("attach-fortran", "elements are in C order", {"order": "F"}),
            ("attach-negative-extent", "no array has it", {"shape": [-2, -3]}),
            ("attach-rank-33", "32 axes are the most", {"shape": [1] * 33, "bytes": 4}),
            ("attach-overflow", "a product beyond 64 bits", {"shape": [2**40, 2**40], "bytes": 0}),
            ("attach-lying-shape", "the shape asks for more than is announced", {"shape": [2, 4]}),
            ("attach-lying-bytes", "less than the shape asks for", {"bytes": 23}),
            ("attach-descriptor-over-tcp", "there is no side channel", {"via": "descriptor"})):
        session(name, why, [A, ("ATTACH", {**ATTACH, **change})], "bad_attach", code="bad_request", scope="request")
    session("release-without-feature", "the feature was not agreed on", [H, ("RELEASE", {"slots": [0]})], "not_allowed")
    session("slots-without-descriptors", "there is no side channel for the slots' descriptors",
            [("HELLO", {**HELLO, "features": ["slots"]}), ("RELEASE", {"slots": []})], "not_allowed")
    R = ("HELLO", {**HELLO, "features": ["descriptors", "slots"]})
    session("release-of-nothing", "no slot has been lent", [R, ("RELEASE", {"slots": [0]})], "not_allowed")
    session("release-negative", "slots are counted from 0", [R, ("RELEASE", {"slots": [-1]})], "not_allowed")
    session("client-sends-slot", "only servers send it", [R, ("SLOT", {"slot": 0, "bytes": 64})], "not_allowed")
    for kind, payload in (("OPENED", OPENED), ("EPOCH_END", {"epoch": 0, "steps": 1}), ("BATCH", b""),
                          ("POSITION", {"epoch": 0, "step": 0, "steps": 1}), ("NOTICE", NOTICE), ("GOAWAY", GOAWAY)):
        session(f"client-sends-{kind.lower().replace('_', '-')}", "only servers send it", [H, (kind, payload)], "not_allowed")
    session("open-names-neither", "exactly one of dataset and iterator", [H, ("OPEN", {"parameters": {}})], "bad_open",
            code="bad_request", scope="request")
    session("open-names-both", "exactly one of dataset and iterator", [H, ("OPEN", {"dataset": "a", "iterator": "b"})],
            "bad_open", code="bad_request", scope="request")
    session("open-token-is-none", "not a token", [H, ("OPEN", {"dataset": "a", "token": "hr2.x"})], "bad_open",
            code="bad_request", scope="request")
    session("open-long-label", "128 bytes are the most", [H, ("OPEN", {"dataset": "a", "label": "x" * 129})], "bad_open",
            code="bad_request", scope="request")
