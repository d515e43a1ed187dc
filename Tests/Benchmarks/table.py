#!/usr/bin/env python3
"""The tables of the README, from the results of `compare.py --json`, and of `first_batch.py --json` and `PlanBenchmark`.

    python3 Tests/Benchmarks/table.py results.json [first_batch.json] [plan.json]
"""

from __future__ import annotations

import json
import operator
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workloads import CONTENDERS, LOCAL_WAYS, PEERS, WORKLOADS

ABSENT = "not available"
# A round's number → what it measured.
Rounds = dict[int, float]


class Results:
    """What the rounds measured, and its medians; None for what was not measured."""

    def __init__(self, results: dict):
        self.settings, self.machine, self.versions = (results[key] for key in ("settings", "machine", "versions"))
        self.threads: int = self.settings["threads"]
        self._runs, self._floors = results["runs"], results["floor"]

    def rounds(self, workload: str, contender: str | None, key: str = "cpu_ms_per_image", threads: int | None = None) -> Rounds:
        wanted = (workload, contender, self.threads if threads is None else threads)
        return {run["round"]: run[key] for run in self._runs
                if (run["workload"], run["contender"], run["threads"]) == wanted and "unavailable" not in run}

    def median(self, workload: str, contender: str, key: str = "cpu_ms_per_image", threads: int | None = None) -> float | None:
        values = self.rounds(workload, contender, key, threads).values()
        return statistics.median(values) if values else None

    def floor(self, workload: str) -> float | None:
        values = [run["cpu_ms_per_image"] for run in self._floors if run["data"] == WORKLOADS[workload].data]
        return statistics.median(values) if values else None

    def local(self, workload: str) -> str | None:
        """The way that a client on the same machine gets."""
        return next((way for way in LOCAL_WAYS if self.median(workload, way) is not None), None)

    def best_peer(self, workload: str) -> str | None:
        costs = {peer: cost for peer in PEERS if (cost := self.median(workload, peer)) is not None}
        return min(costs, key=costs.__getitem__) if costs else None

    def missing(self) -> dict[str, list[str]]:
        """Reason → the contenders and workloads that it keeps from being measured."""
        found: dict[str, list[str]] = {}
        for run in self._runs:
            if "unavailable" in run:
                text = f"{run['contender']} {run['workload']}"
                if text not in found.setdefault(run["unavailable"], []):
                    found[run["unavailable"]].append(text)
        return found


@dataclass(frozen=True)
class Claim:
    """A figure that has a bound. `measure` gives it and how it came about, or None when a part of it is missing."""

    title: str
    measure: Callable[[Results, str], tuple[float, str] | None]
    workloads: tuple[str, ...]
    bound: float
    aim: float | None = None
    is_at_least: bool = False
    digits: int = 2

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.is_at_least else value <= self.bound

    def limit(self, value: float | None) -> str:
        return "" if value is None else f"{'≥' if self.is_at_least else '≤'} {value:g}"


def _compared(left: Rounds, right: Rounds, compare: Callable[[float, float], float], text: str) -> tuple[float, str] | None:
    """The median of what every round finds, each within itself: what the machine does else goes up and down from round to round,
    and less within one. `text` takes both medians."""
    shared = sorted(left.keys() & right.keys())
    if not shared:
        return None
    found = statistics.median(compare(left[number], right[number]) for number in shared)
    return found, text.format(*(statistics.median(values[number] for number in shared) for values in (left, right)))


def _quotient(upper: Rounds, lower: Rounds, text: str = "{:.3f} / {:.3f}") -> tuple[float, str] | None:
    return _compared(upper, lower, operator.truediv, text)


def _against_peers(results: Results, workload: str) -> tuple[float, str] | None:
    ours, peer = results.local(workload), results.best_peer(workload)
    found = _quotient(results.rounds(workload, ours), results.rounds(workload, peer))
    return found and (found[0], f"{found[1]} {peer}")


def _fast(results: Results, workload: str) -> tuple[float, str] | None:
    return _quotient(results.rounds(workload, "fast"), results.rounds(workload, results.local(workload)))


def _cached(results: Results, workload: str) -> tuple[float, str] | None:
    value = results.median(workload, "cache")
    return None if value is None else (value, "CPU-ms")


def _shared_memory(results: Results, workload: str) -> tuple[float, str] | None:
    return _quotient(results.rounds(workload, "memfd"), results.rounds(workload, "in-process"))


def _socket(way: str) -> Callable[[Results, str], tuple[float, str] | None]:
    """What a way over sockets adds, beside what the bare socket takes for the same bytes."""

    def measure(results: Results, workload: str) -> tuple[float, str] | None:
        found = _compared(
            results.rounds(workload, way), results.rounds(workload, "in-process"), operator.sub, "{:.3f} − {:.3f}")
        bare = results.median(workload, f"bare-{way}")
        return found and (found[0], found[1] if bare is None else f"{found[1]}; bare socket {bare:.3f}")

    return measure


def _scaling(results: Results, workload: str) -> tuple[float, str] | None:
    """In process, where nothing but the decoding threads works: on two cores the client and the daemon's event loop have a core
    to themselves beside one thread, and share both with two. Their figure is told beside it."""
    if results.threads != 2:
        return None

    def faster(way: str | None) -> tuple[float, str] | None:
        two, one = (results.rounds(workload, way, "images_per_second", threads) for threads in (2, 1))
        return _quotient(two, one, "{:,.0f} / {:,.0f}")

    alone, served = faster("in-process"), faster(results.local(workload))
    return alone and (alone[0], f"{alone[1]}; into Python {served[0]:.2f}" if served else alone[1])


def _memory(results: Results, workload: str) -> tuple[float, str] | None:
    ours = results.local(workload)
    values = {way: results.median(workload, way, "peak_memory_bytes") for way in (ours, *PEERS) if way}
    if ours is None or values[ours] is None:
        return None
    others = ", ".join(f"{peer} {value / 1e6:.0f}" for peer in PEERS if (value := values[peer]) is not None)
    return values[ours] / 1e6, others or "MB"


_FLOATS = ("W1", "W2", "W4")
CLAIMS = (
    Claim("ours / best peer", _against_peers, _FLOATS, 0.60, 0.45),
    Claim("ours / best peer", _against_peers, ("W3",), 0.70, 0.50),
    Claim("`decode=\"fast\"` / exact", _fast, ("W1", "W2"), 1.0),
    Claim("second epoch, cache warm", _cached, ("W2", "W4"), 0.15, 0.10, digits=3),
    Claim("second epoch, cache warm", _cached, ("W3",), 0.10, 0.05, digits=3),
    Claim("shared memory / in process", _shared_memory, tuple(WORKLOADS), 1.03, 1.01, digits=3),
    Claim("Unix socket − in process", _socket("unix"), _FLOATS, 0.13, 0.11, digits=3),
    Claim("TCP on loopback − in process", _socket("tcp"), _FLOATS, 0.25, 0.22, digits=3),
    Claim("images/s in process, 2 threads / 1 thread", _scaling, tuple(WORKLOADS), 1.9, is_at_least=True),
    Claim("peak memory held, MB", _memory, ("W1",), 300, digits=0),
)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def claims_table(results: Results) -> list[str]:
    """Ours against the bounds. All CPU-ms are of one image; the floor is of the files that the workload reads."""
    lines = [_row("", "", "measured", "", "bound", "aim", "floor"), "|---|---|---|---|---|---|---|"]
    for claim in CLAIMS:
        for workload in claim.workloads:
            found, floor = claim.measure(results, workload), results.floor(workload)
            if found is None:
                cells = [ABSENT, ""]
            else:
                cells = [f"{found[0]:.{claim.digits}f}{'' if claim.is_met(found[0]) else ' (missed)'}", found[1]]
            lines.append(_row(
                claim.title, workload, *cells, claim.limit(claim.bound), claim.limit(claim.aim),
                f"{floor:.3f}" if floor is not None else ""))
    return lines


def _bounded(title: str, value: float, digits: int, note: str, bound: float) -> str:
    return _row(title, "", f"{value:.{digits}f}{'' if value <= bound else ' (missed)'}", note, f"≤ {bound:g}", "", "")


def other_rows(others: list[dict]) -> list[str]:
    """Rows of the same table for what other programs measure; each is known by what it holds."""
    lines = []
    for found in others:
        if "medians" in found:
            for name in ("idx, known", "scan, known"):
                wall, cpu = found["medians"][name]
                title = f"connecting → first batch of {found['records']:,} records, ms ({name})"
                lines.append(_bounded(title, wall, 0, f"{cpu:.0f} CPU-ms", 300))
        else:
            orders = {name: value for name, value in found.items() if isinstance(value, dict)}
            slowest = max(orders, key=lambda name: orders[name]["planning_cpu_milliseconds"])
            title = f"planning an epoch of {found['records']:,} records"
            lines.append(_bounded(f"{title}, ms", orders[slowest]["planning_cpu_milliseconds"], 3, slowest, 1))
            grown = max(order["resident_bytes_grown"] for order in orders.values())
            lines.append(_bounded(f"{title}, MB", grown / 1e6, 1, "", 1))
    return lines


def ways_table(results: Results) -> list[str]:
    """CPU-milliseconds per image and images a second, of everybody on everything.

    The peak of memory twice: what all processes hold together, and the sum of what each has resident, where pages that two of
    them share count twice, and those of files count too.
    """
    lines = [_row("CPU-ms per image (images/s)", *WORKLOADS, "memory at W1, MB: held (resident)"), "|---|" + "---|" * (len(WORKLOADS) + 1)]
    floors = [results.floor(workload) for workload in WORKLOADS]
    lines.append(_row(
        "floor: libjpeg-turbo, whole picture, one thread", *("" if value is None else f"{value:.3f}" for value in floors), ""))
    for contender in CONTENDERS.values():
        cells = []
        for workload in WORKLOADS:
            cost, rate = (results.median(workload, contender.name, key) for key in ("cpu_ms_per_image", "images_per_second"))
            cells.append(ABSENT if cost is None or rate is None else f"{cost:.3f} ({rate:,.0f})")
        held, resident = (results.median("W1", contender.name, f"peak_{key}_bytes") for key in ("memory", "resident"))
        memory = ABSENT if held is None or resident is None else f"{held / 1e6:.0f} ({resident / 1e6:.0f})"
        lines.append(_row(contender.title, *cells, memory))
    return lines


def markdown(results: dict, others: list[dict] | None = None) -> str:
    found = Results(results)
    settings, machine = found.settings, found.machine
    # Each has a NumPy, which is not what is compared.
    versions = {f"{name} {version}" for those in found.versions.values() for name, version in those.items() if name != "numpy"}
    head = (f"{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}; {found.threads} decoding threads, batches of "
            f"{settings['batch_size']}, medians of {settings['rounds']} rounds in turn (ratios and differences: of each round's own); "
            f"{', '.join(sorted(versions))}")
    lines = [head, "", *claims_table(found), *other_rows(others or []), "", *ways_table(found), ""]
    lines += [f"{name}: {workload.summary}  " for name, workload in WORKLOADS.items()]
    missing = found.missing()
    if missing:
        lines += ["", "Not available:", *(f"* {', '.join(what)}: {why}" for why, what in missing.items())]
    return "\n".join(lines)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: table.py RESULTS.json [FIRST_BATCH.json] [PLAN.json]")
    results, *others = (json.loads(Path(path).read_text()) for path in sys.argv[1:])
    print(markdown(results, others))


if __name__ == "__main__":
    main()
