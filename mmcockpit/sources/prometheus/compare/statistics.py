"""Statistical comparison of a candidate with its baseline: Mann-Whitney for samples, two proportions for counts.

Effect size is Cliff's delta (Cliff 1993; of counts it is the difference of the two proportions), as Kayenta uses the
common language effect size of Vargha and Delaney: A = (delta + 1) / 2. scipy is imported with the first comparison.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

Direction = Literal["higher", "lower", "both"]

ALPHA = 0.005
"""The level of significance: without a difference, at most 1 % of comparisons may be reported as worse."""
LEAST_EXPECTED = 5.0
"""With a smaller expected count, the exact test of Fisher is used instead of the score test."""
LEAST_INDEPENDENT = 8.0
"""Least samples of each side, as independent ones, with which the normal approximation is good enough."""
_ALTERNATIVE = {"higher": "greater", "lower": "less", "both": "two-sided"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a candidate differs: `effect` from -1 to 1 (positive: higher), `change` as a ratio, None from a zero median.

    `independent` is the number of independent samples that those of the smaller side are worth.
    """

    p: float
    effect: float
    change: float | None
    independent: float

    def is_worse(self, direction: Direction, effect: float, change: float) -> bool:
        """Return whether it is significantly worse, by at least this effect and this relative change."""
        sizes = [size for size in (self.effect, self.change) if size is not None]
        if direction == "both":
            same_way = len({size > 0 for size in sizes}) == 1
            sizes = [abs(size) for size in sizes] if same_way else [0.0]
        elif direction == "lower":
            sizes = [-size for size in sizes]
        least = (effect, change)
        return self.p < ALPHA and all(size >= limit for size, limit in zip(sizes, least, strict=False))


def compare_samples(baseline: Sequence[float], candidate: Sequence[float], direction: Direction) -> Comparison:
    """Compare two series of finite samples in order of time, at least two of each, not all equal.

    The variance of the test is multiplied by that of a series with the same correlation of neighbouring ranks
    (an AR(1) process), so that samples that repeat each other do not count as new ones.
    """
    from scipy.stats import mannwhitneyu, norm

    n, m = len(baseline), len(candidate)
    test = mannwhitneyu(candidate, baseline, alternative=_ALTERNATIVE[direction], method="asymptotic")
    repeats = [_repetition(series) for series in (baseline, candidate)]
    inflation = (repeats[0] / n + repeats[1] / m) / (1 / n + 1 / m)
    sides = 2 if direction == "both" else 1
    z = float(norm.isf(float(test.pvalue) / sides)) / math.sqrt(inflation)
    before, after = median(baseline), median(candidate)
    return Comparison(
        p=min(sides * float(norm.sf(z)), 1.0),
        effect=2 * float(test.statistic) / (n * m) - 1,
        change=(after - before) / abs(before) if before else None,
        independent=min(n / repeats[0], m / repeats[1]),
    )


def compare_counts(baseline: tuple[int, int], candidate: tuple[int, int], direction: Direction) -> Comparison:
    """Compare (errors, total) of both sides, totals above 0: score test, or Fisher's exact test for small counts."""
    from scipy.stats import fisher_exact, norm

    (errors, total), (more_errors, more_total) = baseline, candidate
    share, other = errors / total, more_errors / more_total
    pooled = (errors + more_errors) / (total + more_total)
    smallest = min(total, more_total) * min(pooled, 1 - pooled)
    sides = 2 if direction == "both" else 1
    if smallest < LEAST_EXPECTED:
        table = [[more_errors, more_total - more_errors], [errors, total - errors]]
        p = float(fisher_exact(table, alternative=_ALTERNATIVE[direction])[1])
    else:
        z = (other - share) / math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / more_total))
        z = {"higher": z, "lower": -z, "both": abs(z)}[direction]
        p = min(sides * float(norm.sf(z)), 1.0)
    return Comparison(p, other - share, (other - share) / share if share else None, float(min(total, more_total)))


def _repetition(series: Sequence[float]) -> float:
    """Return how many samples are worth one independent one: (1 + r) / (1 - r) of the neighbouring ranks, at least 1.

    An estimate of r from n samples is too low by about (1 + 3 r) / n (Marriott and Pope 1954), which is added.
    """
    from scipy.stats import rankdata

    ranks: Any = rankdata(series)
    ranks = ranks - ranks.mean()
    spread = float((ranks * ranks).sum())
    if spread == 0:
        return 1.0
    r = float((ranks[1:] * ranks[:-1]).sum()) / spread
    r = min(max(r + (1 + 3 * r) / len(series), 0.0), 0.95)
    return (1 + r) / (1 - r)
