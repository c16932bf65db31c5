"""Bins by numpy's rules over the samples of stats.json: edges.json.

usage: python3 tests/golden/make_edges.py      (numpy)
"""
import json
from pathlib import Path

import numpy

here = Path(__file__).parent
samples = json.loads((here / "stats.json").read_text())["samples"]
cases = []
for name, values in sorted(samples.items()):
    try:
        x = numpy.array([float(v) for v in values])
    except (TypeError, ValueError):
        continue
    if len(x) < 3 or not numpy.isfinite(x).all() or x.min() == x.max():
        continue
    for rule in ["equal_width", "sturges", "doane", "fd"]:
        edges = numpy.histogram_bin_edges(x, bins=7 if rule == "equal_width" else rule)
        if rule == "fd" and numpy.subtract(*numpy.percentile(x, [75, 25])) == 0 or not 2 < len(edges) <= 10_001:
            continue
        cases.append({"sample": name, "rule": rule, "edges": edges.tolist()})
(here / "edges.json").write_text(json.dumps({"numpy": numpy.__version__, "cases": cases}, indent=None) + "\n")
print(len(cases))
