"""Whether our random draws have the distribution of a summary of MXNet's: two-sample tests with stated chances.

Each check computes how likely a difference as large as the found one is when both samples have the same
distribution, and objects below `CHANCE`. All the reference cases together make about 4500 checks, so a correct
implementation fails with a chance below one in ten thousand, and only once: streams are seeded, results repeat.
Ranks and counts are compared exactly, whatever the distribution; means and deviations by the central limit theorem.
"""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt

import numpy as np

CHANCE = 1e-8
PERCENTILES = (0, 1, 5, 25, 50, 75, 95, 99, 100)
# Summaries have six digits, fits a few units of float32 rounding.
RELATIVE_PRECISION = 2e-5
# Cells of a histogram are joined until they hold so many samples of both sides; the chi-square law needs them.
SMALLEST_CELL = 20
# Logarithms of 0!, 1!, …, for both samples together.
LOG_FACTORIAL = np.concatenate([[0], np.cumsum(np.log(np.arange(1, 20_001)))])


def differences(found, expected):
    """What of a case's quantities differs; `found` has one array of values for each quantity."""
    result = []
    for name, summary in expected.items():
        if name == "corr_xy":
            problems = correlation_differences(found["crop_x"], found["crop_y"], summary, expected["crop_x"]["n"])
        elif "counts" in summary:
            problems = count_differences(found[name], summary)
        else:
            problems = value_differences(found[name], summary)
        result += [f"{name}: {problem}" for problem in problems]
    return result


def correlation_differences(x, y, expected, n):
    """Of values that should be independent; the reference's are `n`, and null where one of them is constant."""
    if expected is None or x.std() == 0 or y.std() == 0:
        both = expected is None and (x.std() == 0 or y.std() == 0)
        return [] if both else [f"constant in one sample only (expected correlation {expected})"]
    found = float(np.corrcoef(x, y)[0, 1])
    return beyond_chance("correlation", found, expected, sqrt(1 / len(x) + 1 / n))


def count_differences(values, summary):
    """Of whole numbers: each count, and all of them together."""
    ours = {int(value): int(count) for value, count in zip(*np.unique(values, return_counts=True), strict=True)}
    theirs: dict[int, int] = {}
    for key, count in summary["counts"].items():
        # A rounded angle is written as "-0" too, and half a turn with both signs.
        value = -180 if int(key) == 180 else int(key)
        theirs[value] = theirs.get(value, 0) + count
    cells = {value: (ours.get(value, 0), theirs.get(value, 0)) for value in sorted(ours.keys() | theirs.keys())}
    problems = []
    for value, (a, b) in cells.items():
        chance = 2 * min(
            at_least(a, a + b, len(values), summary["n"]),
            at_least(b, a + b, summary["n"], len(values)),
        )
        if chance < CHANCE:
            problems.append(f"{value} came {a} times, in the reference {b} times of {summary['n']}")
    return problems + cell_differences(cells.values())


def value_differences(values, summary):
    """Of measured values: range and percentiles by rank, mean, standard deviation, and the histogram."""
    n, m = len(values), summary["n"]
    percentiles = summary["percentiles_0_1_5_25_50_75_95_99_100"]
    precision = RELATIVE_PRECISION * max(1, *map(abs, percentiles))
    low, high = percentiles[0], percentiles[-1]
    if high - low <= 2 * precision:
        far = max(low - values.min(), values.max() - high)
        return [f"{values.min()}…{values.max()}, expected always {low}"] if far > precision else []
    problems = []
    for percent, value in zip(PERCENTILES, percentiles, strict=True):
        # The percentile lies between the reference's values number `rank` and `rank + 1`, counted from 1 upwards.
        rank = int(percent / 100 * (m - 1)) + 1
        below = int((values < value - precision).sum())
        at_most = int((values <= value + precision).sum())
        # Our values below its value number rank + 1 are too many when they fill the smallest of both samples ...
        if rank < m and at_least(below, below + rank, n, m) < CHANCE:
            problems.append(f"{below} of {n} values are below {value}, the reference's {percent} %")
        # ... and too few when its first `rank` values do.
        if at_least(rank, at_most + rank, m, n) < CHANCE:
            problems.append(f"only {at_most} of {n} values are at most {value}, the reference's {percent} %")
    mean, deviation = float(values.mean()), float(values.std())
    problems += beyond_chance(
        "mean", mean, summary["mean"], sqrt(deviation**2 / n + summary["std"] ** 2 / m), precision)
    # The deviation of a deviation follows from the fourth moment; both samples have the same one if the law is.
    kurtosis = float(((values - mean) ** 4).mean()) / deviation**4 if deviation > 0 else 1
    error = summary["std"] * sqrt(max(kurtosis - 1, 0) / 4 * (1 / n + 1 / m))
    problems += beyond_chance("standard deviation", deviation, summary["std"], error, precision)
    return problems + histogram_differences(values, summary, precision)


def histogram_differences(values, summary, precision):
    counts = list(summary["hist10"]["counts"])
    # The edges are written with six digits, their ends exactly enough to compute the others again.
    edges = np.linspace(summary["hist10"]["edges"][0], summary["hist10"]["edges"][-1], len(counts) + 1)
    # Values beyond the reference's extremes belong to the outermost cells: its ends are only where its sample ended.
    ours = np.bincount(np.searchsorted(edges[1:-1], values, side="right"), minlength=len(counts)).tolist()
    cells = [(ours[0], counts[0])]
    for edge, a, b in zip(edges[1:-1], ours[1:], counts[1:], strict=True):
        # Values on an edge may be counted on either side of it, so the edge tells nothing.
        on_edge = np.abs(values - edge) <= precision
        if on_edge.any() and not is_whole(values):
            cells[-1] = (cells[-1][0] + a, cells[-1][1] + b)
        else:
            cells.append((a, b))
    return cell_differences(cells)


def is_whole(values):
    """Whole numbers are counted alike by everybody, on an edge too."""
    return bool((values == np.round(values)).all())


def cell_differences(cells):
    """Of two histograms, by chi-square, after joining neighbours until no cell is too small for it."""
    joined: list[list[int]] = []
    for a, b in cells:
        if joined and (sum(joined[-1]) < SMALLEST_CELL):
            joined[-1][0] += a
            joined[-1][1] += b
        else:
            joined.append([a, b])
    if len(joined) > 1 and sum(joined[-1]) < SMALLEST_CELL:
        a, b = joined.pop()
        joined[-1][0] += a
        joined[-1][1] += b
    n, m = sum(a for a, _ in joined), sum(b for _, b in joined)
    statistic = sum((a * sqrt(m / n) - b * sqrt(n / m)) ** 2 / (a + b) for a, b in joined)
    if chi_square_beyond(statistic, len(joined) - 1) < CHANCE:
        return [f"chi-square {statistic:.0f} with {len(joined) - 1} degrees of freedom"]
    return []


def uniformity_differences(counts, kinds):
    """Of counts that should be equal for all `kinds`."""
    if len(counts) != kinds:
        return [f"{len(counts)} different results, expected {kinds}"]
    mean = sum(counts) / kinds
    statistic = sum((count - mean) ** 2 / mean for count in counts)
    return [f"counts {counts} are not equal"] if chi_square_beyond(statistic, kinds - 1) < CHANCE else []


def beyond_chance(what, found, expected, error, precision=0.0):
    """A problem when two values lie further apart than a normal law with this standard error allows."""
    apart = max(abs(found - expected) - precision, 0)
    if apart == 0 or (error > 0 and erfc(apart / error / sqrt(2)) >= CHANCE):
        return []
    return [f"{what} {found:.6g}, expected {expected:.6g} (standard error {error:.2g})"]


def at_least(k, drawn, ours, theirs):
    """The chance that `k` or more of `drawn` values, taken blindly from both samples together, are ours."""
    counts = np.arange(max(k, drawn - theirs), min(drawn, ours) + 1)
    whole = log_choose(ours + theirs, drawn)
    return float(np.exp(log_choose(ours, counts) + log_choose(theirs, drawn - counts) - whole).sum())


def log_choose(n, k):
    return LOG_FACTORIAL[n] - LOG_FACTORIAL[k] - LOG_FACTORIAL[n - k]


def chi_square_beyond(statistic, freedom):
    """The chance that chi-square with `freedom` degrees exceeds `statistic`; the closed form for whole degrees."""
    if freedom == 0 or statistic == 0:
        return 1.0
    half = statistic / 2
    odd = freedom % 2 / 2
    terms = sum(exp((i + odd) * log(half) - half - lgamma(i + odd + 1)) for i in range(freedom // 2))
    return terms + (erfc(sqrt(half)) if odd else 0)
