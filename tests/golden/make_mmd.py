"""Maximum mean discrepancy of pairs of samples of stats.json by its definition, in numpy: mmd.json.

usage: python3 tests/golden/make_mmd.py      (numpy)
"""
import json
from pathlib import Path

import numpy

here = Path(__file__).parent
samples = json.loads((here / "stats.json").read_text())["samples"]
pairs = sorted({(c["reference"], c["current"]) for c in json.loads((here / "stats.json").read_text())["cases"] if c["test"] == "ks_2samp"} or [])
cases = []
for a, b in pairs:
    x, y = (numpy.sort(numpy.array(samples[n], dtype=float)) for n in (a, b))
    if len(x) > 400 or len(y) > 400 or len(x) < 8 or len(y) < 8 or not (numpy.isfinite(x).all() and numpy.isfinite(y).all()):
        continue
    distances = numpy.sort(numpy.abs(x[:, None] - x[None, :])[numpy.triu_indices(len(x), 1)])
    median = distances[len(distances) // 2]
    if median == 0:
        continue
    k = lambda u, v: numpy.exp(-((u[:, None] - v[None, :]) / median) ** 2 / 2)
    n, m = len(x), len(y)
    quadratic = (k(x, x).sum() - n) / (n * (n - 1)) + (k(y, y).sum() - m) / (m * (m - 1)) - 2 * k(x, y).mean()
    p = min(n, m) // 2
    h = lambda u, v: numpy.exp(-((u - v) / median) ** 2 / 2)
    xs, ys = x[: 2 * p].reshape(p, 2), y[: 2 * p].reshape(p, 2)
    terms = h(xs[:, 0], xs[:, 1]) + h(ys[:, 0], ys[:, 1]) - h(xs[:, 0], ys[:, 1]) - h(xs[:, 1], ys[:, 0])
    cases.append({"reference": a, "current": b, "median": float(median), "quadratic": float(quadratic), "linear": float(terms.mean())})
(here / "mmd.json").write_text(json.dumps({"numpy": numpy.__version__, "cases": cases}, indent=None) + "\n")
print(len(cases))
