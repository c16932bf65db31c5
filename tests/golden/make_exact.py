"""Exact values for `driftline::stats::math`, computed with integers, fractions and 60-digit floats: no SciPy involved.

Usage: python make_exact.py STATS.json OUT.json        (about 5 minutes)
Needs: mpmath, numpy (only as a container of Python integers).

Layout of the file (floats are correctly rounded and written with repr precision)
  refuted          cases of STATS.json where SciPy misses the project's tolerance: id, field, reason, scipy, exact
  kolmogorov       P(D >= d) of one sample: n, d, sf
  smirnov          P(D+ >= d) of one sample: n, d, sf
  two_sample       P(D >= h / lcm(n, m)) by counting lattice paths: n, m, h, two_sided, p
  chi_square       survival function: x, dof, sf
  moments          mean and population variance of numeric samples of STATS.json
"""
import json
import math
import sys
from fractions import Fraction

import mpmath as mp
import numpy as np

mp.mp.dps = 60
BITS = 192          # of the fixed-point numbers
BAND = 30           # 1/30! = 4e-33
STATISTIC, P_VALUE = 1e-12, 1e-9


def to_mp(x):
    x = Fraction(x)
    return mp.mpf(x.numerator) / x.denominator


def kolmogorov_sf(d, n):
    """1 - n!/n^n (H^n)[k,k] by Durbin's matrix (Marsaglia, Tsang, Wang 2003), acting on one row of fixed-point integers."""
    t = Fraction(d) * n
    if t >= n:
        return mp.mpf(0)
    if 2 * t <= 1:
        return mp.mpf(1)
    if 2 * Fraction(d) >= 1:
        return 2 * smirnov_sf(d, n)
    k = math.floor(t) + 1
    h, m = k - t, 2 * (math.floor(t) + 1) - 1
    one = 1 << BITS
    band = min(BAND, m + 1)
    fixed = lambda q: (q.numerator << BITS) // q.denominator
    whole = [fixed(Fraction(1, math.factorial(i))) for i in range(band + 1)]
    # h is a dyadic rational: round it once (60 digits) so that its powers stay short.
    h = Fraction(fixed(h), one)
    partial = [fixed((1 - h ** i) / math.factorial(i)) for i in range(band + 1)]
    corner = 1 - 2 * h ** m + max(Fraction(0), 2 * h - 1) ** m if m <= band else Fraction(0)
    corner = fixed(corner / math.factorial(m)) if m <= band else 0

    def step(row):
        nxt = np.zeros(m, dtype=object)
        last = row[m - 1]
        row = row.copy()
        row[m - 1] = 0
        for i in range(band + 1):                 # nxt[j] += row[j-1+i] / i!, j >= 1
            src = row[i:] if i < m else []
            if len(src):
                nxt[1:1 + len(src)] += (src * whole[i])[:m - 1]
        nxt[0] = sum(row[i] * partial[i + 1] for i in range(min(m, band))) + last * corner
        for i in range(1, min(m, band + 1)):
            nxt[m - i] += last * partial[i]
        return nxt >> BITS

    row = np.zeros(m, dtype=object)
    row[:] = 0
    row[k - 1] = one
    shifts = 0
    for s in range(1, n // 2 + 1):
        row = step(row)
        if s % 32 == 0:
            row = row >> 46
            shifts += 46
    half = row
    if n % 2:
        row = step(row)
    entry = mp.mpf(int(sum(half * row[::-1]))) / mp.mpf(2) ** (2 * BITS)
    log_factor = mp.loggamma(n + 1) - n * mp.log(n) + 2 * shifts * mp.log(2)
    return 1 - entry * mp.exp(log_factor)


def smirnov_sf(d, n, nodes=None):
    """Birnbaum and Tingey's sum, every term; with `nodes` every (n/nodes)-th, a trapezoid rule for sizes beyond reach."""
    d, n = to_mp(d), mp.mpf(n)
    if nodes is None:
        total, coefficient = mp.mpf(0), mp.mpf(1)
        for j in range(int(mp.floor(n * (1 - d))) + 1):
            total += coefficient * (d + j / n) ** (j - 1) * (1 - d - j / n) ** (n - j)
            coefficient = coefficient * (n - j) / (j + 1)
        return d * total
    step, total, x = n / nodes, mp.mpf(0), n / nodes
    while n * (1 - d) - x > 1:
        log = mp.loggamma(n + 1) - mp.loggamma(x + 1) - mp.loggamma(n - x + 1)
        total += mp.exp(log + (x - 1) * mp.log(d + x / n) + (n - x) * mp.log(1 - d - x / n))
        x += step
    return d * total * step


def two_sample(n, m, h, two_sided):
    """Paths from (0,0) to (n,m) that touch |i a - j b| >= h (or i a - j b >= h), counted with integers, over all paths."""
    g = math.gcd(n, m)
    a, b = m // g, n // g
    inside = [0] * (m + 1)
    for i in range(n + 1):
        below = 0
        for j in range(m + 1):
            value = i * a - j * b
            out = value >= h or (two_sided and -value >= h)
            below = 0 if out else (1 if i == j == 0 else inside[j] + below)
            inside[j] = below
    paths = math.comb(n + m, n)
    return mp.mpf(paths - inside[m]) / paths


def wasserstein(x, y):
    x, y = sorted(map(Fraction, x)), sorted(map(Fraction, y))
    points = sorted(set(x) | set(y))
    total, i, j = Fraction(0), 0, 0
    for left, right in zip(points, points[1:]):
        while i < len(x) and x[i] <= left:
            i += 1
        while j < len(y) and y[j] <= left:
            j += 1
        total += abs(Fraction(i, len(x)) - Fraction(j, len(y))) * (right - left)
    return float(total)


def refute(case, field, exact, tolerance, reason):
    scipy = case["statistic" if field == "statistic" else "pvalue"]
    error = abs(scipy - exact) / abs(exact) if exact else abs(scipy - exact)
    if error <= tolerance:
        return []
    return [{"id": case["id"], "field": field, "reason": reason, "scipy": scipy, "exact": exact, "relative_error": error}]


def refuted(data):
    out = []
    for case in data["cases"]:
        if case["test"] == "wasserstein_distance":
            x, y = data["samples"][case["reference"]], data["samples"][case["current"]]
            out += refute(case, "statistic", wasserstein(x, y), STATISTIC, "SciPy multiplies rounded shares and cancels")
        if case["test"] == "ks_2samp" and case["params"] == {"method": "asymp"}:
            n, m = len(data["samples"][case["reference"]]), len(data["samples"][case["current"]])
            size = round(Fraction(n * m, n + m))
            exact = float(kolmogorov_sf(case["statistic"], size))
            out += refute(case, "pvalue", exact, P_VALUE, "kstwo.sf uses 2*smirnov or Pelz-Good's series beyond n = 140")
        if case["test"] == "ks_2samp" and case["params"].get("method") in ("exact", "auto"):
            n, m = len(data["samples"][case["reference"]]), len(data["samples"][case["current"]])
            if n * m > 1_100_000:
                continue
            h = round(case["statistic"] * (n * m // math.gcd(n, m)))
            exact = float(two_sample(n, m, h, True)) if h else 1.0
            out += refute(case, "pvalue", exact, P_VALUE, "rounding in SciPy's lattice recurrence")
    return out


def kolmogorov_points():
    for n in (1, 2, 3, 4, 10, 37, 140, 141, 300, 1000, 3000, 8000):
        for s in (0.021, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.1, 2.3, 3.0, 3.5, 4.0, 4.5, 6.0, 18.5):
            d = math.sqrt(s / n)
            if d < 1 and n * d > 0.5:
                yield n, d
    yield from ((n, t / n) for n in (5, 50, 2000) for t in (0.51, 0.75, 1.0, 1.25, 1.999, 2.0, 3.5))
    yield from ((n, d) for n in (5, 20, 100) for d in (0.3, 0.45, 0.5, 0.55, 0.9, 0.999))
    yield from ((n, math.sqrt(s / n)) for n, s in ((20000, 0.5), (20000, 2.0), (20001, 0.05), (20001, 0.3), (20001, 0.5),
                                                   (20001, 0.9), (20001, 2.0)))


def smirnov_points():
    for n in (1, 2, 7, 40, 300, 999, 1001, 5000, 20000):
        for s in (1e-6, 1e-3, 0.03, 0.2, 1.0, 5.0, 30.0, 150.0, 345.0):
            if s < n:
                yield n, math.sqrt(s / n), None
    yield from ((1001, t / 1001, None) for t in (0.5, 3.3, 10.0, 15.9, 16.1, 45.9, 46.1))
    yield from ((100_000, math.sqrt(s / 100_000), None) for s in (1e-4, 2e-3, 0.019, 1.0, 340.0))
    yield from ((120_000, math.sqrt(s / 120_000), None) for s in (1e-3, 0.005, 0.0199, 0.0201))
    yield from ((n, math.sqrt(s / n), 4000) for n in (10**6, 10**9) for s in (0.3, 1.0, 5.0, 40.0, 200.0, 340.0))


def two_sample_points():
    for n, m, hs in ((7, 5, (1, 9, 20, 35)), (60, 45, (20, 100, 180)), (150, 100, (30, 150, 300)), (97, 89, (500, 4000, 8633)),
                     (400, 400, (10, 100, 300, 400)), (700, 300, (400, 1500, 2100)), (600, 500, (300, 1500, 2900, 3000))):
        for h in hs:
            yield n, m, h, True
            yield n, m, h, False


def chi_square_points():
    for dof in (1, 2, 3, 9, 10, 31, 32, 100, 999, 1e4, 1e6):
        for z in (-5, -1, 0, 0.1, 1, 3, 8, 20, 35):
            yield max(1e-3, dof + z * math.sqrt(2 * dof)), dof
    yield from ((x, dof) for dof in (1, 2, 9, 50, 0.7) for x in (1e-10, 0.5, 60.0, 400.0, 1370.0))


def chi_square_sf(x, dof):
    a, y = mp.mpf(dof) / 2, mp.mpf(x) / 2
    if dof <= 1e4:
        return mp.gammainc(a, y, mp.inf, regularized=True)
    if y > a + 1:  # Legendre's continued fraction by Lentz: quadrature loses digits far out.
        b, tiny = y + 1 - a, mp.mpf(10) ** -60
        c, d = 1 / tiny, 1 / b
        h, i = d, 0
        while True:
            i += 1
            an, b = -i * (i - a), b + 2
            d, c = 1 / (an * d + b), b + an / c
            h *= d * c
            if abs(d * c - 1) < mp.mpf(10) ** (5 - mp.mp.dps):
                return mp.exp(a * mp.log(y) - y - mp.loggamma(a)) * h
    # Adaptive quadrature of the density, scaled at its largest value.
    start = y if y > a - 1 else a - 1
    log = lambda u: (a - 1) * mp.log(u) - u - mp.loggamma(a)
    width = mp.sqrt(a)
    knots = [y + width * k / 4 for k in range(0, 400)]
    if y < a - 1:
        knots = [y] + [k for k in knots if k > y]
    return mp.quad(lambda u: mp.exp(log(u)), knots)


def moments(data):
    for name in ("normal_7", "normal_3000", "cauchy_350", "tiny_scale_220", "huge_offset_200", "huge_offset_210"):
        x = list(map(Fraction, data["samples"][name]))
        mean = sum(x) / len(x)
        variance = sum((v - mean) ** 2 for v in x) / len(x)
        yield {"sample": name, "mean": float(mean), "variance": float(variance)}


def main(stats, out):
    with open(stats) as f:
        data = json.load(f)
    smallest = mp.mpf("1e-305")
    keep = lambda rows, key: [r for r in rows if r[key] > float(smallest)]
    result = {"mpmath": mp.__version__, "refuted": refuted(data)}
    result["kolmogorov"] = keep([{"n": n, "d": d, "sf": float(kolmogorov_sf(d, n) if n * d * d < 12 else
                                                             2 * smirnov_sf(d, n))} for n, d in kolmogorov_points()], "sf")
    result["smirnov"] = keep([{"n": n, "d": d, "sf": float(smirnov_sf(d, n, nodes))} for n, d, nodes in smirnov_points()], "sf")
    result["two_sample"] = [{"n": n, "m": m, "h": h, "two_sided": two, "p": float(two_sample(n, m, h, two))}
                            for n, m, h, two in two_sample_points()]
    result["chi_square"] = keep([{"x": x, "dof": k, "sf": float(chi_square_sf(x, k))} for x, k in chi_square_points()], "sf")
    result["moments"] = list(moments(data))
    with open(out, "w") as f:
        rows = lambda value: "[\n" + ",\n".join("  " + json.dumps(r) for r in value) + "\n]"
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {rows(v) if isinstance(v, list) else json.dumps(v)}"
                                   for k, v in result.items()) + "\n}\n")
    print({k: len(v) for k, v in result.items() if isinstance(v, list)})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
