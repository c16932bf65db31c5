"""Values of distributions to 50 digits, and SciPy's golden values that exact arithmetic refutes.

Usage: python make_tails.py stats.json OUT.json
Needs: mpmath.
"""
import json
import sys

from mpmath import mp, mpf

mp.dps = 60


def normal(z):
    return mp.erfc(abs(mpf(z)) / mp.sqrt(2))


def student(t, df):
    t, df = abs(mpf(t)), mpf(df)
    if df > 1000:
        # The hypergeometric series converges too slowly here; the density falls like a normal one.
        constant = mp.exp(mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2)) / mp.sqrt(df * mp.pi)
        cuts = [t + mpf(u) / (t + 1) for u in (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 700)]
        return 2 * constant * mp.quad(lambda s: mp.exp(-(df + 1) / 2 * mp.log1p(s * s / df)), cuts)
    return mp.betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True)


def cramer_von_mises(x):
    """1 - F by the series of Anderson and Darling (1952), eq. 4.35, with digits enough for the subtraction."""
    with mp.workdps(400):
        x, total, k = mpf(x), mpf(0), 0
        while True:
            q = mpf(4 * k + 1) ** 2 / (16 * x)
            term = mp.gamma(k + mpf(1) / 2) / mp.gamma(k + 1) * mp.sqrt(4 * k + 1) * mp.exp(-q) * mp.besselk(mpf(1) / 4, q)
            total += term
            if term < mpf(10) ** -390:
                break
            k += 1
        return 1 - total / (mp.pi ** mpf("1.5") * mp.sqrt(x))


def anderson_darling(x):
    """1 - F by Anderson and Darling's (1954) series, with digits enough for the subtraction."""
    with mp.workdps(60):
        x, total = mpf(x), mpf(0)
        for j in range(200):
            a = mpf(4 * j + 1) ** 2 * mp.pi ** 2 / (8 * x)
            inner = mp.quad(lambda w: mp.exp(x / (8 * (w * w + 1)) - a * w * w), [0, 1 / mp.sqrt(a), 4 / mp.sqrt(a), 16 / mp.sqrt(a)])
            term = mp.binomial(mpf(-1) / 2, j) * (4 * j + 1) * mp.exp(-a) * inner
            total += term
            if abs(term) < mpf(10) ** -55:
                break
        return 1 - mp.sqrt(2 * mp.pi) / x * total


def t_test(x, y, equal):
    x, y = [mpf(v) for v in x], [mpf(v) for v in y]
    n, m = len(x), len(y)
    a, b = sum(x) / n, sum(y) / m
    v, w = sum((t - a) ** 2 for t in x), sum((t - b) ** 2 for t in y)
    if equal:
        se, df = mp.sqrt((v + w) / (n + m - 2) * (mpf(1) / n + mpf(1) / m)), mpf(n + m - 2)
    else:
        p, q = v / (n - 1) / n, w / (m - 1) / m
        se, df = mp.sqrt(p + q), (p + q) ** 2 / (p * p / (n - 1) + q * q / (m - 1))
    t = (a - b) / se
    return t, student(t, df)


def mean(values):
    return sum(values) / len(values)


def levene(x, y, center):
    def deviations(values):
        values = sorted(mpf(v) for v in values)
        n = len(values)
        middle = mean(values) if center == "mean" else (values[(n - 1) // 2] + values[n // 2]) / 2
        return [abs(v - middle) for v in values]
    t, p = t_test(deviations(x), deviations(y), True)
    return t * t, p


def epps_singleton(x, y):
    x, y = [mpf(v) for v in x], [mpf(v) for v in y]
    pooled = sorted(x + y)

    def quantile(q):
        at = (len(pooled) - 1) * mpf(q)
        low = int(mp.floor(at))
        return pooled[low] + (pooled[min(low + 1, len(pooled) - 1)] - pooled[low]) * (at - low)
    scale = (quantile("0.75") - quantile("0.25")) / 2
    ts = [mpf("0.4") / scale, mpf("0.8") / scale]

    def components(values):
        rows = [[mp.cos(t * v) for t in ts] + [mp.sin(t * v) for t in ts] for v in values]
        means = [mean([row[i] for row in rows]) for i in range(4)]
        cov = mp.matrix(4, 4)
        for i in range(4):
            for j in range(4):
                cov[i, j] = mean([(row[i] - means[i]) * (row[j] - means[j]) for row in rows])
        return mp.matrix(means), cov
    n, m = len(x), len(y)
    total = n + m
    (a, s), (b, t) = components(x), components(y)
    d = a - b
    values, vectors = mp.eigsy(s * total / n + t * total / m)
    kept = [i for i in range(4) if values[i] > mpf(10) ** -40]
    w = total * sum((vectors[:, i].T * d)[0] ** 2 / values[i] for i in kept)
    if max(n, m) < 25:
        w *= 1 / (1 + mpf(total) ** mpf("-0.45") + mpf("10.1") * (mpf(n) ** mpf("-1.7") + mpf(m) ** mpf("-1.7")))
    return w, mp.gammainc(mpf(len(kept)) / 2, w / 2, regularized=True)


def cramer_von_mises_asymptotic(t, n, m):
    """The exact limit law at the exact statistic of SciPy's rule."""
    n, m, t = mpf(n), mpf(m), mpf(t)
    total, pairs = n + m, n * m
    mu = (1 + 1 / total) / 6
    var = (total + 1) * (4 * pairs * total - 3 * (n * n + m * m) - 2 * pairs) / (45 * total * total * 4 * pairs)
    x = mpf(1) / 6 + (t - mu) / mp.sqrt(45 * var)
    return cramer_von_mises(x) if x > mpf("0.003") else mpf(1)


def shapes(samples):
    rows = []
    for name, values in samples.items():
        if not isinstance(values[0], float):
            continue
        values = [mpf(v) for v in values]
        middle = mean(values)
        m2, m3, m4 = (mean([(v - middle) ** k for v in values]) for k in (2, 3, 4))
        rows.append({"sample": name, "skewness": float(m3 / m2 ** mpf("1.5")), "kurtosis": float(m4 / m2 ** 2 - 3)})
    return rows


def refuted(data):
    """The golden values that are off by more than 1e-12 (statistics) or 1e-9 (p-values), relatively."""
    rows = []
    for case in data["cases"]:
        x, y = data["samples"][case["reference"]], data["samples"][case["current"]]
        if case["test"] == "ttest_ind":
            found = t_test(x, y, case["params"]["equal_var"])
            reason = "means and variances are rounded before they are subtracted"
        elif case["test"] == "levene":
            found = levene(x, y, case["params"]["center"])
            reason = "means are rounded before they are subtracted"
        elif case["test"] == "epps_singleton_2samp":
            found = epps_singleton(x, y)
            reason = "arguments of sine and cosine and covariances are rounded"
        elif case["test"] == "cramervonmises_2samp" and (case["params"]["method"] == "asymptotic" or len(x) > 20):
            found = (mpf(case["statistic"]), cramer_von_mises_asymptotic(case["statistic"], len(x), len(y)))
            reason = "the series is cut off at 1e-7 and subtracted from 1"
        else:
            continue
        for field, exact, tolerance in (("statistic", found[0], 1e-12), ("pvalue", found[1], 1e-9)):
            if abs(case[field] - exact) > tolerance * abs(exact):
                rows.append({"id": case["id"], "field": field, "exact": float(exact), "reason": reason})
    return rows


def main(stats, out):
    data = json.load(open(stats))
    found = {
        "normal": [{"z": z, "p": float(normal(z))} for z in (0, 1e-9, 0.01, 0.5, 1, 1.96, 3, 5, 8, 12, 20, 30, 37)],
        "student": [{"t": t, "df": df, "p": float(student(t, df))}
                    for df in (0.7, 1, 2, 3, 5.5, 10, 30, 100, 1e3, 1e4, 1e6, 1e9)
                    for t in (1e-6, 1e-3, 0.1, 0.9, 1.7, 3, 6, 12, 25, 36, 200, 1e6)
                    if student(t, df) > mpf(10) ** -300],
        "cramer_von_mises_limit": [{"x": x, "p": float(cramer_von_mises(x))}
                                   for x in (0.01, 0.03, 0.06, 0.09, 0.11, 0.2, 0.46136, 1, 2, 5, 20, 60, 130)],
        "anderson_darling_limit": [{"x": x, "p": float(anderson_darling(x))}
                                   for x in (0.2, 0.3, 0.5, 1, 2, 2.492, 4, 6, 10, 20)],
        "shapes": shapes(data["samples"]),
        "refuted": refuted(data),
    }
    with open(out, "w") as f:
        json.dump(found, f, indent=1)
        f.write("\n")
    print({key: len(rows) for key, rows in found.items()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
