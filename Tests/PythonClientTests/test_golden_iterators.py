"""The reference cases of the served iterators through a real daemon: what the trainer gets, end to end."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from reference_set import Difference, array_difference, deviation, matrix_difference, read_batches

import headrace

# How the names of a family's iterators begin, and how many of its cases can be compared one by one.
FAMILIES = [("ImageRecord", 741), ("ImageDetRecord", 68), ("CSVIter", 135), ("MNISTIter", 44), ("LibSVMIter", 27)]
# Depend on MXNet's random numbers or on its timing; test_golden_statistics.py compares their distributions.
NOT_COMPARED = {"statistical", "informational"}


@pytest.mark.parametrize(("family", "count"), FAMILIES)
def test_cases(family, count, client, reference, cases, monkeypatch):
    # Paths of the cases are relative, so this also checks that the daemon reads them where the client stands.
    monkeypatch.chdir(reference)
    comparable = [
        case for case in cases if case["iterator"].startswith(family) and case["tolerance"]["class"] not in NOT_COMPARED
    ]
    counts, failures = Counter(), []
    for case in comparable:
        entry = deviation(case["name"])
        outcome, detail = run(case, client, reference, {})
        listed = entry["outcome"] if entry else "same"
        if outcome != listed:
            counts["failed"] += 1
            failures.append(f"{case['name']}: {outcome} {detail}" + (f", listed as {listed}" if entry else ""))
            continue
        counts["passed" if outcome == "same" else "deviate as listed"] += 1
        if entry and "with" in entry:
            again, detail = run(case, client, reference, entry["with"])
            if again != "same":
                failures.append(f"{case['name']} with {entry['with']}: {again} {detail}")
    print(f"reference cases, {family} family, through the daemon:", dict(counts))
    assert not failures, f"{len(failures)} cases:\n" + "\n".join(failures)
    assert len(comparable) == count


def run(case, client, root, options):
    """(outcome, detail): `same`, `error` (we refuse), `data` (we deliver where MXNet failed) or `differs`."""
    expect = case["expect"]
    fails = case["tolerance"]["class"] == "error"
    iterator = None
    try:
        parameters = dict(case["params"]) | options
        if "num_parts" in parameters:
            # Parts are cut by count unless MXNet's cut is asked for.
            parameters["partition"] = "bytes"
        iterator = getattr(headrace.io, case["iterator"])(client=client, **parameters)
        if "provide_data" in expect:
            check_provided(iterator, expect)
        for operation in expect.get("ops") or case["program"]:
            fails = fails or "error" in operation
            perform(operation, case, iterator, root)
            if "error" in operation:
                break
        return ("data", "") if fails else ("same", "")
    except headrace.HeadraceError as error:
        return ("same", "") if fails else ("error", str(error))
    except Difference as difference:
        return ("data", "") if fails else ("differs", str(difference))
    finally:
        if iterator is not None:
            iterator.close()


def check_provided(iterator, expect):
    for name in ("provide_data", "provide_label"):
        for desc, expected in zip(getattr(iterator, name), expect[name], strict=True):
            found = {
                "name": desc.name,
                "shape": list(desc.shape),
                "dtype": np.dtype(desc.dtype).name,
                "layout": desc.layout,
            }
            if found != expected:
                raise Difference(f"{name} is {found}, expected {expected}")


def perform(operation, case, iterator, root):
    if operation["op"] == "reset":
        iterator.reset()
        return
    if operation["op"] == "iter_next":
        if iterator.iter_next() != operation["value"]:
            raise Difference(f"iter_next is not {operation['value']}")
        return
    if operation["op"] == "get":
        array = iterator.getdata()
        difference = array_difference(array, operation["batches"][0]["data"][0], root)
        if difference:
            raise Difference(f"getdata: {difference}")
        return
    expected = operation.get("batches", [])
    found = read_batches(iterator, operation)
    if case["tolerance"]["class"] == "order-informational":
        compare_as_multisets(found, expected, case)
        return
    for position, (batch, expectation) in enumerate(zip(found, expected, strict=True)):
        compare(batch, expectation, case, iterator, root, position)


def compare(batch, expected, case, iterator, root, position):
    rows = batch.data[0].shape[0]
    # MXNet's v2 iterators report 0 for a batch whose last rows they never wrote; the rows that they did write count.
    pad = rows - expected["undefined_from"] if "undefined_from" in expected else expected["pad"]
    if batch.pad != pad:
        raise Difference(f"batch {position}: pad {batch.pad}, expected {pad}")
    # Without rounding the rows behind the data are stale in the reference and zero here.
    compared = rows if iterator.stream.parameters.get("round_batch") in (True, "true", "True") else rows - pad
    tolerance = case["tolerance"].get("data", 0) if case["tolerance"]["class"] == "max-abs" else 0
    for role, array, allowed in (("data", batch.data[0], tolerance), ("label", batch.label[0], 0)):
        if "csr" in expected[role][0]:
            difference = matrix_difference(array, expected[role][0]["csr"], root)
        else:
            difference = array_difference(array, expected[role][0], root, rows=compared, tolerance=allowed)
        if difference:
            raise Difference(f"batch {position}: {role}: {difference}")
    behind = np.asarray(batch.data[0])[compared:]
    if not (behind == behind).all():
        raise Difference(f"batch {position}: rows behind the data are not numbers")
    if reports_ids(case) and expected["index"] is not None:
        found = [int(value) & 0xFFFF_FFFF for value in batch.index[:compared]]
        if found != expected["index"][:compared]:
            raise Difference(f"batch {position}: index {found}, expected {expected['index']}")


def reports_ids(case):
    """The v2 image iterators and MNISTIter report zeros as index; the others the low 32 bits of the ids, those of text files the rows' numbers."""
    return case["iterator"].endswith("_v1") or case["iterator"].startswith(("ImageDet", "CSVIter", "LibSVMIter"))


def compare_as_multisets(found, expected, case):
    """Ids, or else labels, tell the records of these cases apart; which of them come must be equal, not their order."""
    ours, theirs = [], []
    for batch, expectation in zip(found, expected, strict=True):
        if reports_ids(case):
            ours += batch.index[: len(batch.index) - batch.pad].tolist()
            theirs += expectation["index"][: len(expectation["index"]) - expectation["pad"]]
            continue
        ours += batch.label[0][: batch.data[0].shape[0] - batch.pad].tolist()
        values = expectation["label"][0]["values"]
        theirs += values[: expectation.get("undefined_from", len(values) - expectation["pad"])]
    if sorted(ours) != sorted(theirs):
        raise Difference(f"records {sorted(ours)}, expected {sorted(theirs)}")
