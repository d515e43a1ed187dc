"""The reference cases of NDArrayIter, ResizeIter and PrefetchingIter, which work in the client."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import ExitStack

import numpy as np
import pytest
from reference_set import Difference, array_difference, deviation, read_batches

import headrace
from headrace.mx import io as mx_io

CASES = {"NDArrayIter": 69, "ResizeIter": 43, "PrefetchingIter": 8}
# Two cases have arrays of different lengths.
pytestmark = pytest.mark.filterwarnings("ignore:.*the surplus is not used")


def comparable(cases):
    return [
        case for case in cases if case["iterator"] in CASES and case["tolerance"]["class"] != "informational"
    ]


def served(case):
    """The names of the server's iterators in a case."""
    inner = [case["params"].get("data_iter"), *case["params"].get("iters", [])]
    return {spec["iterator"] for spec in inner if spec and spec["iterator"] not in CASES}


def test_the_cases_are_all_there(cases):
    assert Counter(case["iterator"] for case in cases if case["iterator"] in CASES) == CASES
    assert len(comparable(cases)) == 119


@pytest.mark.parametrize("family", CASES)
def test_cases_in_the_client(family, reference, cases):
    chosen = [case for case in comparable(cases) if case["iterator"] == family and not served(case)]
    compare_all(family, chosen, reference, client=None)


def test_cases_of_arrays_that_are_handed_over(reference, cases, client):
    """The same cases with the server's NDArrayIter, to which the client hands its arrays over."""
    chosen = [case for case in comparable(cases) if case["iterator"] == "NDArrayIter"]
    compare_all("NDArrayIter, handed over", chosen, reference, client)


def test_cases_of_files(reference, cases, client, monkeypatch):
    """And with the files that the arrays of the cases come from."""
    monkeypatch.chdir(reference)
    monkeypatch.setattr(sys.modules[__name__], "load", paths)
    chosen = [case for case in comparable(cases) if case["iterator"] == "NDArrayIter"]
    compare_all("NDArrayIter, files", chosen, reference, client)


def paths(spec, root):
    if isinstance(spec, list):
        return [paths(each, root) for each in spec]
    if isinstance(spec, dict):
        return spec["npy"] if "npy" in spec else {name: paths(each, root) for name, each in spec.items()}
    return spec


def test_cases_over_the_server(reference, cases, request, monkeypatch):
    chosen = [case for case in comparable(cases) if served(case)]
    ready = [case for case in chosen if all(hasattr(headrace.io, name) for name in served(case))]
    print(f"reference cases over served iterators: {len(chosen) - len(ready)} waiting for their iterators' classes")
    assert len(chosen) == 11
    if ready:
        # Paths of the cases are relative.
        monkeypatch.chdir(reference)
        compare_all("composition over the server", ready, reference, request.getfixturevalue("client"))


def test_the_shim_deviates_only_where_no_option_undoes_it(reference, cases):
    """`headrace.mx` converts to float32 and reports carried rows as MXNet does."""
    counts = Counter()
    for case in comparable(cases):
        if case["iterator"] == "NDArrayIter":
            outcome, _ = run(case, reference, None, {}, module=mx_io)
            counts[outcome] += 1
            entry = deviation(case["name"])
            if entry is None or "with" in entry:
                assert outcome == "same", case["name"]
            else:
                assert outcome == entry["outcome"], case["name"]
    print("reference cases, NDArrayIter of the shim:", dict(counts))


def compare_all(family, chosen, reference, client):
    counts, failures = Counter(), []
    for case in chosen:
        entry = deviation(case["name"])
        outcome, detail = run(case, reference, client, {})
        listed = entry["outcome"] if entry else "same"
        if outcome != listed:
            counts["failed"] += 1
            failures.append(f"{case['name']}: {outcome} {detail}" + (f", listed as {listed}" if entry else ""))
            continue
        counts["passed" if outcome == "same" else "deviate as listed"] += 1
        if entry and "with" in entry:
            # The table's values are texts, for both languages.
            again, detail = run(case, reference, client, {name: json.loads(v) for name, v in entry["with"].items()})
            if again != "same":
                failures.append(f"{case['name']} with {entry['with']}: {again} {detail}")
    print(f"reference cases, {family}:", dict(counts))
    assert not failures, f"{len(failures)} cases:\n" + "\n".join(failures)
    assert chosen


def run(case, root, client, options, module=headrace.io):
    """(outcome, detail): `same`, `error` (we refuse), `data` (we deliver where MXNet failed) or `differs`."""
    expect = case["expect"]
    # An error of MXNet's may come at another call of ours.
    fails = case["tolerance"]["class"] == "error" or any("error" in operation for operation in expect.get("ops", []))
    with ExitStack() as opened:
        try:
            iterator = make(case, root, client, options, module, opened)
            if "provide_data" in expect:
                check_provided(iterator, expect)
            for operation in expect.get("ops") or case["program"]:
                perform(operation, case, iterator, root)
                if "error" in operation:
                    break
            return ("data", "") if fails else ("same", "")
        except headrace.HeadraceError as error:
            return ("same", "") if fails else ("error", str(error))
        except Difference as difference:
            return ("data", "") if fails else ("differs", str(difference))


def make(spec, root, client, options, module, opened):
    """The iterator of a case, or one inside it."""
    name, parameters = spec["iterator"], dict(spec["params"])
    if name == "NDArrayIter":
        arrays = {role: load(parameters.pop(role), root) for role in ("data", "label") if role in parameters}
        if client is not None:
            options = {**options, "client": client}
        iterator = module.NDArrayIter(**arrays, **parameters, **options)
        if client is not None:
            opened.callback(iterator.close)
        return iterator
    if name not in CASES:
        iterator = getattr(module, name)(client=client, **parameters)
        opened.callback(iterator.close)
        return iterator
    if name == "ResizeIter":
        inner = make(parameters.pop("data_iter"), root, client, options, module, opened)
        return module.ResizeIter(inner, **parameters)
    inner = [make(each, root, client, options, module, opened) for each in parameters.pop("iters")]
    iterator = module.PrefetchingIter(inner, **parameters, deadline=60)
    opened.callback(iterator.close)
    return iterator


def load(spec, root):
    if isinstance(spec, list):
        return [load(each, root) for each in spec]
    if isinstance(spec, dict):
        if "npy" in spec:
            return np.load(root / spec["npy"])
        return {name: load(each, root) for name, each in spec.items()}
    return spec


def check_provided(iterator, expect):
    for name in ("provide_data", "provide_label"):
        found = [
            {"name": d.name, "shape": list(d.shape), "dtype": np.dtype(d.dtype).name, "layout": d.layout}
            for d in getattr(iterator, name)
        ]
        if found != expect[name]:
            raise Difference(f"{name} is {found}, expected {expect[name]}")


def perform(operation, case, iterator, root):
    kind = operation["op"]
    if kind in ("reset", "hard_reset"):
        getattr(iterator, kind)()
        return
    if kind == "iter_next":
        value = iterator.iter_next()
        if value is not operation["value"]:
            raise Difference(f"iter_next gives {value}, expected {operation['value']}")
        return
    expected = operation.get("batches", [])
    if kind == "get":
        got = headrace.DataBatch(iterator.getdata(), iterator.getlabel(), iterator.getpad(), iterator.getindex())
        compare(got, expected[0], root, "get")
        return
    found = read_batches(iterator, operation)
    if case["tolerance"]["class"] == "order-informational":
        compare_shuffled(found, expected, case)
        return
    for position, (batch, expectation) in enumerate(zip(found, expected, strict=True)):
        compare(batch, expectation, root, f"batch {position}")


def compare(batch, expected, root, place):
    if batch.pad != expected["pad"]:
        raise Difference(f"{place}: pad {batch.pad}, expected {expected['pad']}")
    # Rows behind the data are stale in the reference when the iterator is the server's and does not round.
    rows = None if expected["index"] is None else len(batch.data[0]) - batch.pad
    for role in ("data", "label"):
        arrays = getattr(batch, role)
        if len(arrays) != len(expected[role]):
            raise Difference(f"{place}: {len(arrays)} arrays of {role}, expected {len(expected[role])}")
        for array, expectation in zip(arrays, expected[role], strict=True):
            difference = array_difference(array, expectation, root, rows=rows)
            if difference:
                raise Difference(f"{place}: {role}: {difference}")
    found = None if batch.index is None else [int(value) for value in batch.index[:rows]]
    if found != (expected["index"] and expected["index"][:rows]):
        raise Difference(f"{place}: index {found}, expected {expected['index']}")


def compare_shuffled(found, expected, case):
    """The order is another one; the reports of `pad`, and that every row comes as often as it must, are the same."""
    rolls_over = case["params"]["last_batch_handle"] == "roll_over"
    pads = [batch.pad for batch in found]
    if pads != [batch["pad"] for batch in expected]:
        raise Difference(f"pads {pads}, expected {[batch['pad'] for batch in expected]}")
    labels = [value for batch in found for value in batch.label[0][: len(batch.label[0]) - batch.pad].tolist()]
    # Rows of a22.npy hold 4i to 4i + 3, with label i.
    for batch in found:
        if not np.array_equal(batch.data[0].reshape(-1, 4)[:, 0], batch.label[0] * 4):
            raise Difference("rows and labels do not belong together")
    if not rolls_over and len(set(labels)) != len(labels):
        raise Difference(f"rows come twice: {sorted(labels)}")
