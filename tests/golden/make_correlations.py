"""Correlations of pairs of samples of stats.json: correlations.json. Ranks by SciPy; Pearson's r in rational arithmetic, since SciPy's is off
by 6e-9 (relative) on values far from 0 (`scipy_pearson` is kept beside it).

usage: python3 tests/golden/make_correlations.py      (numpy, scipy, mpmath)
"""
import json
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy
import scipy
from scipy import stats

mpmath.mp.dps = 50


def pearson(x, y):
    x, y = [[Fraction(float(v)) for v in values] for values in (x, y)]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    cross = sum((a - mx) * (b - my) for a, b in zip(x, y))
    squares = sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y)
    real = lambda f: mpmath.mpf(f.numerator) / f.denominator
    return float(real(cross) / mpmath.sqrt(real(squares)))


here = Path(__file__).parent
samples = json.loads((here / "stats.json").read_text())["samples"]
numbers = {}
for name, values in samples.items():
    try:
        x = numpy.array([float(v) for v in values])
    except (TypeError, ValueError):
        continue
    if 3 <= len(x) <= 600 and numpy.isfinite(x).all() and x.min() < x.max() and abs(x).max() < 1e100:
        numbers[name] = x
names = sorted(numbers)
cases = []
for i, a in enumerate(names):
    b = names[(i + 1) % len(names)]
    n = min(len(numbers[a]), len(numbers[b]))
    # Samples are read in ascending order: every second value from the other end makes them less monotone.
    x = numpy.sort(numbers[a])[:n]
    y = numpy.sort(numbers[b])[:n]
    y = numpy.where(numpy.arange(n) % 2 == 0, y, y[::-1])
    if x.min() == x.max() or y.min() == y.max():
        continue
    cases.append({
        "a": a, "b": b, "n": n,
        "pearson": pearson(x, y),
        "scipy_pearson": float(stats.pearsonr(x, y).statistic),
        "spearman": float(stats.spearmanr(x, y).statistic),
        "kendall": float(stats.kendalltau(x, y).statistic),
    })
tables = []
random = numpy.random.default_rng(7)
for rows, columns, n in [(2, 2, 40), (3, 4, 100), (5, 2, 1000), (4, 4, 12), (10, 12, 5000)]:
    table = random.multinomial(n, random.dirichlet(numpy.ones(rows * columns))).reshape(rows, columns) + 1
    tables.append({"table": table.tolist(), "cramers_v": float(stats.contingency.association(table, method="cramer"))})
(here / "correlations.json").write_text(json.dumps({"scipy": scipy.__version__, "cases": cases, "tables": tables}, indent=None) + "\n")
print(len(cases), len(tables))
