"""What scikit-learn says of the performance of models: performance.json, with the tables' rows where they are not in tables/ or examples/clinical/.

usage: python3 tests/golden/make_performance.py      (scikit-learn, scipy, pandas, pyarrow)
"""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from scipy import stats
from sklearn import metrics as m

here = Path(__file__).parent
random = np.random.default_rng(11)


def read(name):
    folder = here.parent.parent / "examples/clinical" if name.startswith("breast") else here / "tables"
    return pd.read_parquet(folder / f"{name}.parquet")


def labels(t, p, positive=None):
    """Metrics of labels; those of rates without anything to be a share of are left out, as zero_division=nan does."""
    out = {"accuracy": m.accuracy_score(t, p), "balanced_accuracy": m.balanced_accuracy_score(t, p), "matthews_correlation": m.matthews_corrcoef(t, p), "cohen_kappa": m.cohen_kappa_score(t, p)}
    names = sorted(set(t) | set(p), key=str)
    for average in ("macro", "micro", "weighted"):
        out[f"precision {average}"] = m.precision_score(t, p, average=average, zero_division=np.nan)
        out[f"recall {average}"] = m.recall_score(t, p, average=average, zero_division=np.nan)
        out[f"f_beta {average}"] = m.fbeta_score(t, p, beta=1, average=average, zero_division=np.nan)
        out[f"f_beta2 {average}"] = m.fbeta_score(t, p, beta=2, average=average, zero_division=np.nan)
    for name in names:
        own, other = np.array(t) == name, np.array(p) == name
        out[f"precision label {name}"] = m.precision_score(own, other, zero_division=np.nan)
        out[f"recall label {name}"] = m.recall_score(own, other, zero_division=np.nan)
        out[f"true_negative_rate label {name}"] = m.recall_score(~own, ~other, zero_division=np.nan)
        out[f"false_positive_rate label {name}"] = 1 - m.recall_score(~own, ~other, zero_division=np.nan)
    return out


def scores(t, s, positive):
    y = np.array(t) == positive
    s = np.array(s, dtype=float)
    order = np.argsort(-s, kind="stable")
    out = {"roc_auc": m.roc_auc_score(y, s), "average_precision": m.average_precision_score(y, s)}
    if ((s >= 0) & (s <= 1)).all():
        out["log_loss"] = m.log_loss(y, np.clip(s, np.finfo(float).eps, 1 - np.finfo(float).eps))
        out["brier_score"] = m.brier_score_loss(y, s)
        bins = np.minimum((s * 10).astype(int), 9)
        out["expected_calibration_error"] = sum(abs(s[bins == b].sum() - y[bins == b].sum()) for b in range(10)) / len(s)
    if len(set(s)) == len(s) and len(s) % 10 == 0:
        out["gain"] = y[order[: len(s) // 10]].sum() / y.sum()
        out["lift"] = out["gain"] / 0.1
    return out


def numbers(t, p):
    t, p = np.array(t, dtype=float), np.array(p, dtype=float)
    e = p - t
    out = {
        "mean_error": e.mean(),
        "mean_absolute_error": m.mean_absolute_error(t, p),
        "root_mean_squared_error": m.root_mean_squared_error(t, p),
        "mean_absolute_percentage_error": m.mean_absolute_percentage_error(t, p),
        "symmetric_mean_absolute_percentage_error": np.mean(np.where(e == 0, 0, 2 * abs(e) / np.where(e == 0, 1, abs(t) + abs(p)))),
        "max_absolute_error": m.max_error(t, p),
        "median_absolute_error": m.median_absolute_error(t, p),
        "quantile_loss 0.5": m.mean_pinball_loss(t, p, alpha=0.5),
        "quantile_loss 0.9": m.mean_pinball_loss(t, p, alpha=0.9),
        "mean_absolute_error dummy": m.mean_absolute_error(t, np.full(len(t), np.median(t))),
        "max_absolute_error dummy": m.max_error(t, np.full(len(t), np.median(t))),
        "median_absolute_error dummy": m.median_absolute_error(t, np.full(len(t), np.median(t))),
        "root_mean_squared_error dummy": m.root_mean_squared_error(t, np.full(len(t), t.mean())),
    }
    if t.std() > 0:
        out["r2_score"] = m.r2_score(t, p)
    if e.std() > 0 and len(e) > 3:
        out["error_normality statistic"], out["error_normality normality_p_value"] = stats.jarque_bera(e)
    return out


cases = {"labels": [], "scores": [], "numbers": []}
for table in ("breast_cancer_rand_cur", "breast_cancer_shift_cur", "iris_rand_cur", "iris_shift_cur"):
    frame = read(table)
    t, p = frame["target"].astype(str).tolist(), frame["prediction"].astype(str).tolist()
    cases["labels"].append({"name": table, "target": t, "prediction": p, "answers": labels(t, p)})
    columns = {"1": "proba"} if "proba" in frame else {str(k): f"proba_{k}" for k in range(3)}
    for label, column in columns.items():
        cases["scores"].append({"name": f"{table} {label}", "target": t, "score": frame[column].tolist(), "positive": label, "answers": scores(t, frame[column], label)})
for name, t, p in [
    ("never predicted", ["a", "b", "c", "a", "b"], ["a", "a", "a", "a", "b"]),
    ("never true", ["a", "b", "a", "b"], ["a", "b", "c", "c"]),
    ("numbers as text", ["1", "10", "2", "2", "10"], ["1", "2", "2", "2", "10"]),
    ("all wrong", ["a", "b"] * 4, ["b", "a"] * 4),
    ("unbalanced", ["n"] * 97 + ["y"] * 3, ["n"] * 96 + ["y"] * 3 + ["n"]),
]:
    cases["labels"].append({"name": name, "target": t, "prediction": p, "answers": labels(t, p)})
for name, y, s in [
    ("ties", random.integers(0, 2, 200), random.integers(0, 5, 200) / 5),
    ("distinct", random.integers(0, 2, 200), random.random(200)),
    ("negative scores", random.integers(0, 2, 150), random.normal(size=150)),
    ("perfect", np.repeat([0, 1], 20), np.linspace(0, 1, 40)),
    ("sure and wrong", np.array([0, 1, 0, 1]), np.array([1.0, 0.0, 0.0, 1.0])),
    ("rare", (random.random(500) < 0.02).astype(int) | (np.arange(500) == 7), random.random(500)),
]:
    t = [str(v) for v in y]
    cases["scores"].append({"name": name, "target": t, "score": [float(v) for v in s], "positive": "1", "answers": scores(t, s, "1")})
for table in ("diabetes_rand_cur", "diabetes_shift_cur"):
    frame = read(table)
    cases["numbers"].append({"name": table, "target": frame["target"].tolist(), "prediction": frame["prediction"].tolist(), "answers": numbers(frame["target"], frame["prediction"])})
for name, t, p in [
    ("zeros in the target", [0.0, 1.0, 2.0, 0.0, 5.0], [0.5, 1.0, 2.5, 0.0, 4.0]),
    ("constant target", [3.0] * 6, [3.0, 2.0, 4.0, 3.5, 3.0, 1.0]),
    ("large offset", list(1e9 + random.normal(size=50)), list(1e9 + random.normal(size=50))),
    ("two rows", [1.0, 2.0], [1.5, 1.0]),
]:
    cases["numbers"].append({"name": name, "target": [float(v) for v in t], "prediction": [float(v) for v in p], "answers": numbers(t, p)})
# tables of thresholds, rows of several labels, places of labels, errors beside features: what numpy and scikit-learn make of them
more = {"tables": [], "top": [], "sets": [], "ranks": [], "errors": []}
for name, y, s in [
    ("distinct", random.integers(0, 2, 200), random.random(200)),
    ("ties", random.integers(0, 2, 200), random.integers(0, 7, 200) / 7),
    ("rare", (random.random(500) < 0.05).astype(int), random.normal(size=500)),
]:
    order = np.argsort(-s, kind="stable")
    table = []
    for line in range(1, 11):
        least = s[order][max(int(np.ceil(line / 10 * len(s) - 1e-9)), 1) - 1]
        said = s >= least
        table.append({"top": f"{line * 10}%", "value": m.precision_score(y, said), "recall": m.recall_score(y, said), "threshold": least, "rows": int(said.sum()), "dummy": y.mean()})
    wrong, right, _ = m.roc_curve(y, s, drop_intermediate=False)
    # Upright steps are taken whole: of equal false positive rates the highest.
    highest = {f: r for f, r in zip(wrong, right)}
    exact = lambda rate: next((r for f, r in highest.items() if abs(f - rate) < 1e-12), None)
    rates = {f"{line * 10}%": float(np.interp(line / 10, wrong, right) if exact(line / 10) is None else exact(line / 10)) for line in range(1, 11)}
    more["tables"].append({"name": name, "target": [str(v) for v in y], "score": s.tolist(), "precision_recall": table, "roc": rates})
    for top in (5, 20, 60):
        said = s >= s[order][top - 1]
        more["top"].append({"name": name, "target": [str(v) for v in y], "score": s.tolist(), "top": top, "answers": {"accuracy": m.accuracy_score(y, said), "precision": m.precision_score(y, said), "recall": m.recall_score(y, said), "f_beta": m.f1_score(y, said), "matthews_correlation": m.matthews_corrcoef(y, said)}})
names = ["red", "green", "blue", "grey"]
for name, true, said in [
    ("random", random.random((150, 4)) < [0.5, 0.3, 0.1, 0.4], random.random((150, 4)) < [0.4, 0.4, 0.1, 0.5]),
    ("mostly right", (first := random.random((200, 4)) < 0.3), first ^ (random.random((200, 4)) < 0.1)),
]:
    answers = {"accuracy": m.accuracy_score(true, said), "hamming_loss": m.hamming_loss(true, said), "jaccard": m.jaccard_score(true, said, average="samples", zero_division=1)}
    for average in ("macro", "micro", "weighted"):
        answers[f"precision {average}"] = m.precision_score(true, said, average=average)
        answers[f"recall {average}"] = m.recall_score(true, said, average=average)
        answers[f"f_beta {average}"] = m.f1_score(true, said, average=average)
    answers["hamming_loss dummy"] = (2 * true.mean(axis=0) * (1 - true.mean(axis=0))).mean()
    for i, label in enumerate(names):
        answers[f"precision label {label}"] = m.precision_score(true[:, i], said[:, i])
    lists = lambda rows: [[label for label, has in zip(names, row) if has] for row in rows]
    more["sets"].append({"name": name, "target": lists(true), "prediction": lists(said), "answers": answers})
for name, s in [("distinct", random.random((120, 4))), ("ties", random.integers(0, 3, (120, 4)) / 3)]:
    t = random.integers(0, 4, 120)
    more["ranks"].append({"name": name, "target": [str(v) for v in t], "probabilities": s.tolist(), "answers": {str(k): m.top_k_accuracy_score(t, s, k=k, labels=range(4)) for k in (1, 2, 3)}})
for name, n in [("even", 400), ("odd", 173)]:
    x, c = random.normal(size=n), random.choice(["a", "b", "c"], n)
    t = random.normal(size=n)
    p = t + random.normal(size=n) + 0.5 * x + (c == "a")
    e = p - t
    low, high = np.quantile(e, 0.05), np.quantile(e, 0.95)
    under, over = e <= low, e >= high
    most = ~under & ~over
    shares = lambda group: np.array([(c[group] == v).mean() for v in "abc"])
    answers = {"error_distribution": {"median": np.median(e), "min": e.min(), "percentile_5": low, "percentile_25": np.quantile(e, 0.25), "percentile_75": np.quantile(e, 0.75), "percentile_95": high, "max": e.max(), "mean": e.mean(), "standard_deviation": e.std(ddof=1)}}
    answers["error_bias x"] = {"value": abs(x[over].mean() - x[under].mean()) / (x.max() - x.min()), "underestimated": x[under].mean(), "majority": x[most].mean(), "overestimated": x[over].mean(), "error_underestimated": e[under].mean(), "error_majority": e[most].mean(), "error_overestimated": e[over].mean(), "rows": int(under.sum() + over.sum())}
    answers["error_bias c"] = {"value": abs(shares(over) - shares(under)).sum() / 2}
    more["errors"].append({"name": name, "target": t.tolist(), "prediction": p.tolist(), "x": x.tolist(), "c": c.tolist(), "answers": answers})

for of in cases.values():
    for case in of:
        case["answers"] = {key: float(value) for key, value in case["answers"].items() if np.isfinite(value)}
(here / "performance.json").write_text(json.dumps({"sklearn": sklearn.__version__, **cases, **more}, separators=(",", ":")) + "\n")
print({family: len(of) for family, of in cases.items()})
