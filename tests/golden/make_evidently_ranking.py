"""Evidently's answers to the metrics and tests of rankings and recommenders, and scikit-learn's NDCG: evidently_ranking.json, with its tables in tables/ranking_*.parquet.

Rows of the json: {"metric", "options", "value"} or {"test", "options", "status", "value"}; an {"error"} stands in place of a value where Evidently raises. Options:
  side       the table that is the current one ("cur" or "ref"); the metrics of each side are computed alone, unless reference = true
  reference  whether ranking_ref is given as reference, and ranking_cur as current; a metric's value is then [current, reference]
  by         "score" or "rank": what the prediction is
  rows       "all"; "long": users of at least 10 rows; "known": rows whose item is in the training table; "apart": all, but no user of the reference is one of the training table
  order      "table": rows as stored (shuffled); "sorted": by user and rank. Evidently's MAP and MAR depend on it
  target     "target" (0 or 1) or "grade" (0 to 3); min_rel_score: what makes a grade relevant
Values of the metrics at k are lists of the values at 1, 2, ...; "at_k" has what Evidently says is the one at k. A metric "right ..." is not Evidently's: it is what the
defects in Evidently's way should be, in numpy. Metrics "new ..." are those of the new interface (0.7).

usage: python3 tests/golden/make_evidently_ranking.py      (evidently==0.7.23, scikit-learn, pandas<3, pyarrow)
"""
import json
import math
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Recsys, Report
from evidently import metrics as new
from evidently.legacy import metrics as old
from evidently.legacy import tests as checks
from evidently.legacy.metric_preset import RecsysPreset
from evidently.legacy.pipeline.column_mapping import ColumnMapping
from evidently.legacy.report import Report as OldReport
from evidently.legacy.test_preset import RecsysTestPreset
from evidently.legacy.test_suite import TestSuite
from evidently.presets import RecsysPreset as NewPreset
from sklearn.metrics import ndcg_score

warnings.filterwarnings("ignore")
np.seterr(all="ignore")
here = Path(__file__).parent
random = np.random.default_rng(23)
features = ["f1", "f2", "f3"]
items = pd.DataFrame({"item": [f"i{n:03}" for n in range(250)], "price": np.round(random.lognormal(3, 0.6, 250), 2), **{f: np.round(random.normal(size=250), 4) for f in features}})
popular = 1 / (1 + np.arange(250)) ** 0.6
users = pd.DataFrame({"user": [f"u{n:03}" for n in range(400)], "segment": random.choice(["a", "b", "c"], 400, p=[0.5, 0.3, 0.2])})


def drawn(some, first, longest):
    """Items of users: of the first of the catalogue, popular ones more often, from 1 to the longest list."""
    chance = popular[:first] / popular[:first].sum()
    rows = [(user, item) for user in some for item in random.choice(first, size=random.integers(1, longest + 1), replace=False, p=chance)]
    frame = pd.DataFrame(rows, columns=["user", "item"])
    frame["item"] = items["item"].to_numpy()[frame["item"]]
    return frame.merge(users, on="user").merge(items, on="item")


def recommended(some, skill):
    frame = drawn(some, 250, 30)
    latent = random.normal(size=len(frame))
    kind = frame["user"].map(dict(zip(some, random.choice(3, len(some), p=[0.15, 0.1, 0.75]))))
    frame["score"] = np.round(skill * latent + random.normal(size=len(frame)), 9)
    frame["grade"] = np.where(kind == 0, 0, np.digitize(latent, [0.4, 1.0, 1.6]))
    frame.loc[kind == 1, "grade"] = frame["grade"].clip(upper=1)
    frame["target"] = (frame["grade"] >= 2).astype(int)
    frame["rank"] = frame.groupby("user")["score"].rank(ascending=False).astype(int)
    assert frame["score"].is_unique
    return frame[["user", "item", "score", "rank", "target", "grade", "segment", "price", *features]]


tables = {"ref": recommended(users["user"][:300], 1.5), "cur": recommended(users["user"][100:], 0.8), "train": drawn(users["user"][:350], 220, 25)}
for name, table in tables.items():
    tables[name] = table.sample(frac=1, random_state=5).reset_index(drop=True)
    tables[name].to_parquet(here / "tables" / f"ranking_{name}.parquet", index=False)
train = tables["train"]


def table(side, rows="all", order="table"):
    frame = tables[side]
    if rows == "long":
        frame = frame[frame.groupby("user")["user"].transform("size") >= 10]
    elif rows == "known":
        frame = frame[frame["item"].isin(train["item"])].copy()
        frame["rank"] = frame.groupby("user")["score"].rank(ascending=False).astype(int)
    elif rows == "apart" and side == "ref":
        frame = frame.assign(user="r" + frame["user"])
    return (frame if order == "table" else frame.sort_values(["user", "rank"])).reset_index(drop=True)


def mapping(options):
    return ColumnMapping(target=options.get("target", "target"), prediction=options["by"], user_id="user", item_id="item", recommendations_type=options["by"], task="recsys")


def given(options, trained=True):
    """What a run of Evidently is given."""
    read = lambda side: table(side, options.get("rows", "all"), options.get("order", "table"))
    reference = read("ref") if options.get("reference") else None
    more = {"current_train_data": train.copy()} if trained else None
    return {"reference_data": reference, "current_data": read(options.get("side", "cur")), "column_mapping": mapping(options), "additional_data": more}


def plain(value):
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray, pd.Series)):
        return [plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(value)
    return value.item() if hasattr(value, "item") else value


for name, side, rows in (("long_cur", "cur", "long"), ("known_cur", "cur", "known"), ("known_ref", "ref", "known")):
    table(side, rows).to_parquet(here / "tables" / f"ranking_{name}.parquet", index=False)

found = []


def add(metric, options, value, **more):
    found.append({"metric": metric, "options": options, "value": plain(value), **plain(more)})


def result(metric, options, trained=True):
    report = OldReport(metrics=[metric])
    report.run(**given(options, trained))
    return report._first_level_metrics[0].get_result()


def attempt(metric, options, say):
    try:
        say()
    except Exception as error:
        found.append({"metric": metric, "options": options, "error": f"{type(error).__name__}: {error}"})


def at_k(name, k, options, beta=None):
    """A metric at k: its list, and which Evidently picks from it."""
    asked = {"k": k, "no_feedback_users": options["no_feedback_users"], "min_rel_score": options.get("min_rel_score")}
    answer = result(getattr(old, name)(**asked, **({} if beta is None else {"beta": beta})), options)
    said = {"at_k": answer.current_value} if hasattr(answer, "current_value") else {}
    add(name, {"k": k, **options, **({} if beta is None else {"beta": beta})}, [answer.current, answer.reference] if options.get("reference") else answer.current, first=int(answer.current.index[0]), **said)


ranked = ["PrecisionTopKMetric", "RecallTopKMetric", "FBetaTopKMetric", "MAPKMetric", "MARKMetric", "NDCGKMetric", "MRRKMetric", "HitRateKMetric"]
for name in ranked:
    for k in (5, 10):
        for by in ("score", "rank"):
            for no_feedback in (False, True):
                for side in ("cur", "ref"):
                    options = {"side": side, "by": by, "no_feedback_users": no_feedback}
                    attempt(name, {"k": k, **options}, lambda: at_k(name, k, options))
    for more in ({"order": "sorted"}, {"order": "sorted", "rows": "long"}, {"rows": "long"}, {"target": "grade"}, {"target": "grade", "min_rel_score": 2}, {"target": "grade", "order": "sorted", "rows": "long"}):
        for no_feedback in (False, True):
            options = {"side": "cur", "by": "score", "no_feedback_users": no_feedback, **more}
            attempt(name, {"k": 10, **options}, lambda: at_k(name, 10, options))
    for k, more in ((1, {}), (15, {}), (15, {"order": "sorted", "rows": "long"}), (40, {}), (10, {"reference": True})):
        options = {"side": "cur", "by": "score", "no_feedback_users": False, **more}
        attempt(name, {"k": k, **options}, lambda: at_k(name, k, options))
for beta in (0.5, 2.0):
    options = {"side": "cur", "by": "score", "no_feedback_users": False}
    attempt("FBetaTopKMetric", {"k": 5, **options, "beta": beta}, lambda: at_k("FBetaTopKMetric", 5, options, beta))

both = [{"side": side, "by": by} for by in ("score", "rank") for side in ("cur", "ref")]
both += [{"side": "cur", "by": by, "reference": True, "rows": rows} for by in ("score", "rank") for rows in ("all", "known")]
both += [{"side": "cur", "by": "score", "reference": True, "rows": "apart"}]


def one(name, build, options, trained=True, fields=("value",), call=None):
    def say():
        answer = result(build, options, trained)
        for field in fields:
            pair = [getattr(answer, f"current_{field}"), getattr(answer, f"reference_{field}")]
            add(name if field == "value" else f"{name} {field}", options, pair if options.get("reference") else pair[0])
    attempt(name, options, say)


def shape(distribution):
    return None if distribution is None else {"x": distribution.x, "y": distribution.y}


def bias(name, build, options):
    def say():
        answer = result(build, options)
        for field in ("current_train_distr", "current_distr", "reference_train_distr", "reference_distr"):
            if getattr(answer, field) is not None:
                add(f"{name} {field}", options, shape(getattr(answer, field)))
    attempt(name, options, say)


for k in (5, 10):
    for base in both:
        options = {"k": k, **base}
        one("DiversityMetric", old.DiversityMetric(k=k, item_features=features), options)
        one("SerendipityMetric", old.SerendipityMetric(k=k, item_features=features), options)
        one("NoveltyMetric", old.NoveltyMetric(k=k), options)
        one("PersonalizationMetric", old.PersonalizationMetric(k=k), options)
        for normalized in (False, True):
            one("PopularityBias", old.PopularityBias(k=k, normalize_arp=normalized), {**options, "normalize_arp": normalized}, fields=("apr", "coverage", "gini"))
        one("ScoreDistribution", old.ScoreDistribution(k=k), options, fields=("entropy",))
        bias("ItemBiasMetric", old.ItemBiasMetric(k=k, column_name="price"), {**options, "column": "price"})
    graded = {"k": k, "side": "cur", "by": "score", "target": "grade", "min_rel_score": 2}
    one("SerendipityMetric", old.SerendipityMetric(k=k, item_features=features, min_rel_score=2), graded)
    one("SerendipityMetric", old.SerendipityMetric(k=k, item_features=features), {**graded, "min_rel_score": None})
    alone = {"k": k, "side": "cur", "by": "score", "train": False}
    one("DiversityMetric", old.DiversityMetric(k=k, item_features=features), alone, False)
    one("DiversityMetric", old.DiversityMetric(k=k, item_features=features), {**alone, "reference": True}, False)
    one("NoveltyMetric", old.NoveltyMetric(k=k), alone, False)
    one("PersonalizationMetric", old.PersonalizationMetric(k=k), {**alone, "rows": "long"}, False)
for base in both[:1] + both[4:5]:
    bias("UserBiasMetric", old.UserBiasMetric(column_name="segment"), {**base, "column": "segment"})
    bias("ItemBiasMetric", old.ItemBiasMetric(k=5, column_name="segment"), {"k": 5, **base, "column": "segment"})


def cases():
    options = {"side": "cur", "by": "score", "reference": True, "item_num": 3, "display_features": ["price"]}
    answer = result(old.RecCasesTable(item_num=3, display_features=["price"]), options)
    frames = lambda of: {user: frame.values.tolist() for user, frame in of.items()}
    add("RecCasesTable", options, {"user_ids": answer.user_ids, "current": frames(answer.current), "reference": frames(answer.reference), "current_train": answer.current_train})


attempt("RecCasesTable", {}, cases)

# scikit-learn, and what is right where Evidently is not


def lists(side, by="score", rows="all", target="target"):
    """Relevance of each user's items, the best first."""
    frame = table(side, rows, "sorted")
    return {user: own[target].to_numpy(float) for user, own in frame.groupby("user")}


for side in ("cur", "ref"):
    for target in ("target", "grade"):
        own = {user: y for user, y in lists(side, target=target).items()}
        frames = dict(list(table(side).groupby("user")))
        for k in (1, 5, 10, None):
            each = {u: ndcg_score([f[target]], [f["score"]], k=k) if len(f) > 1 else float(f[target].iloc[0] > 0) for u, f in frames.items() if f[target].max() > 0}
            add("sklearn_ndcg", {"k": k, "side": side, "target": target, "users": "with feedback"}, np.mean(list(each.values())))
            add("sklearn_ndcg", {"k": k, "side": side, "target": target, "users": "all, 0 without feedback"}, sum(each.values()) / len(own))


def average(y, k, of, least=False):
    """Precision (or recall) at the relevant ranks up to k, over all that is relevant, or over what k allows."""
    hits = np.cumsum(y)
    at = hits / (np.arange(len(y)) + 1) if of == "precision" else hits / y.sum()
    return (at * y)[:k].sum() / (min(y.sum(), k) if least else y.sum())


catalogue = items.set_index("item")[features]
vectors = catalogue.to_numpy() / np.linalg.norm(catalogue.to_numpy(), axis=1, keepdims=True)
place = {item: n for n, item in enumerate(catalogue.index)}
away = lambda one, other: 1 - float(vectors[place[one]] @ vectors[place[other]])
owned = {user: list(own["item"]) for user, own in train.groupby("user")}
for side in ("cur", "ref"):
    frame = table(side, order="sorted")
    for k in (5, 10):
        options = {"k": k, "side": side}
        own = {u: y for u, y in lists(side).items()}
        fed = {u: y for u, y in own.items() if y.sum()}
        for name, of in (("map", "precision"), ("mar", "recall")):
            for no_feedback in (False, True):
                for least in (False, True):
                    whole = sum(average(y, k, of, least) for y in fed.values()) / len(own if no_feedback else fed)
                    add(f"right {name}", {**options, "no_feedback_users": no_feedback, "over": "min(relevant, k)" if least else "relevant"}, whole)
        for no_feedback in (False, True):
            add("right precision over k", {**options, "no_feedback_users": no_feedback}, sum(y[:k].sum() / k for y in own.values()) / len(own if no_feedback else fed))
        top = frame[frame["rank"] <= k]
        tops = {user: list(mine["item"]) for user, mine in top.groupby("user")}
        pairs = {u: np.mean([away(a, b) for a, b in combinations(mine, 2)]) for u, mine in tops.items() if len(mine) > 1}
        add("right diversity", {**options, "users": "of two items or more"}, np.mean(list(pairs.values())))
        add("right diversity", {**options, "users": "all, 0 of one item"}, sum(pairs.values()) / len(tops))
        liked = {u: list(mine["item"]) for u, mine in top[top["target"] > 0].groupby("user") if u in owned}
        add("right serendipity", options, np.mean([np.mean([away(a, b) for a in mine for b in owned[u]]) for u, mine in liked.items()]))
        sets = [set(mine) for mine in tops.values()]
        shared = [len(a & b) for a, b in combinations(sets, 2)]
        add("right personalization", {**options, "over": "k"}, 1 - np.mean(shared) / k)
        add("right personalization", {**options, "over": "the items"}, 1 - 2 * sum(shared) / ((len(sets) - 1) * sum(len(a) for a in sets)))
        add("right personalization", {**options, "over": "the shorter list"}, 1 - np.mean([len(a & b) / min(len(a), len(b)) for a, b in combinations(sets, 2)]))
        counts = np.sort(top["item"].value_counts().reindex(sorted(set(train["item"]) | set(top["item"])), fill_value=0).to_numpy())
        n = len(counts)
        add("right gini", {**options, "items": "training and recommended", "n": n}, ((2 * np.arange(1, n + 1) - n - 1) * counts).sum() / ((n - 1) * counts.sum()))
        known = set(train["item"])
        add("right coverage", options, len(known & set(top["item"])) / len(known))
        soft = lambda s: -(p := np.exp(s - s.max()) / np.exp(s - s.max()).sum()) @ np.log(p)
        add("right score entropy", {**options, "over": "mean of users"}, np.mean([soft(mine["score"].to_numpy()) for _, mine in top.groupby("user")]))

# the tests of the old interface, alone and with conditions


def check(name, build, options, trained=True):
    try:
        suite = TestSuite(tests=[build])
        suite.run(**given(options, trained))
        answer = suite.as_dict()["tests"][0]
        value = (answer.get("parameters") or {}).get("value")
        found.append({"test": name, "options": options, "status": answer["status"], "value": plain(value), **({"error": answer["description"]} if answer["status"] == "ERROR" else {})})
    except Exception as error:
        found.append({"test": name, "options": options, "error": f"{type(error).__name__}: {error}"})


top = ["TestPrecisionTopK", "TestRecallTopK", "TestFBetaTopK", "TestMAPK", "TestMARK", "TestNDCGK", "TestMRRK", "TestHitRateK"]
for k in (5, 10, 15):
    for by in ("score", "rank") if k < 15 else ("score",):
        for reference in (True, False):
            base = {"k": k, "by": by, "reference": reference}
            for name in top:
                for no_feedback in (False, True):
                    check(name, getattr(checks, name)(k=k, no_feedback_users=no_feedback), {**base, "no_feedback_users": no_feedback})
            for rows in ("all", "known") if reference else ("all",):
                own = {**base, "rows": rows}
                for name in ("TestNovelty", "TestPersonalization"):
                    check(name, getattr(checks, name)(k=k), own)
                for name in ("TestDiversity", "TestSerendipity"):
                    check(name, getattr(checks, name)(k=k, item_features=features), own)
                for name in ("TestARP", "TestGiniIndex", "TestCoverage", "TestScoreEntropy"):
                    check(name, getattr(checks, name)(k=k), own)
            check("TestARP", checks.TestARP(k=k, normalize_arp=True), {**base, "normalize_arp": True})
for name in top:
    base = {"k": 5, "by": "score", "reference": True, "target": "grade", "no_feedback_users": False, "order": "sorted", "rows": "long"}
    check(name, getattr(checks, name)(k=5, min_rel_score=2), {**base, "min_rel_score": 2})
    check(name, getattr(checks, name)(k=5, gte=0.4), {**base, "gte": 0.4, "reference": False})

# the presets: what is in them; and the new interface


def preset(name, options, build, trained):
    def say():
        report = OldReport(metrics=[build]) if name == "RecsysPreset" else TestSuite(tests=[build])
        report.run(**given(options, trained))
        whole = report.as_dict()
        add(f"preset {name}", {**options, "train": trained}, [m["metric"] for m in whole["metrics"]] if name == "RecsysPreset" else [[t["name"], t["status"]] for t in whole["tests"]])
    attempt(f"preset {name}", {**options, "train": trained}, say)


for by in ("score", "rank"):
    for trained in (True, False):
        for full in (True, False):
            wide = {"item_features": features, "user_bias_columns": ["segment"], "item_bias_columns": ["price"], "display_features": ["price"]} if full else {}
            preset("RecsysPreset", {"k": 5, "by": by, "columns": full}, RecsysPreset(k=5, **wide), trained)
    preset("RecsysTestPreset", {"k": 5, "by": by, "reference": True}, RecsysTestPreset(k=5), True)
    preset("RecsysTestPreset", {"k": 10, "by": by, "reference": True}, RecsysTestPreset(k=10), True)


for by in ("score", "rank"):
    ranking = DataDefinition(numerical_columns=["score", "rank", "target", "price", *features], categorical_columns=["segment", "user", "item"], ranking=[Recsys(user_id="user", item_id="item", target="target", prediction=by, recommendations_type=by)])
    sides = {side: Dataset.from_pandas(table(side, "known"), data_definition=ranking) for side in ("cur", "ref")}
    trained = {"current_train_data": Dataset.from_pandas(train.copy(), data_definition=DataDefinition())}
    every = [getattr(new, name)(k=5) for name in ("PrecisionTopK", "RecallTopK", "FBetaTopK", "MAP", "NDCG", "MRR", "HitRate", "ScoreDistribution", "Personalization", "Novelty")]
    every += [new.PopularityBiasMetric(k=5, metric=metric) for metric in ("arp", "coverage", "gini")]
    every += [getattr(new, name)(k=5, item_features=features) for name in ("Diversity", "Serendipity")]
    every += [new.ItemBias(k=5, column_name="price", distribution=d) for d in ("default", "train")] + [new.UserBias(column_name="segment", distribution=d) for d in ("default", "train")]
    for reference in (True, False):
        for metric in every:
            name = f"new {type(metric).__name__}"
            options = {"k": 5, "by": by, "rows": "known", "reference": reference, **{f: getattr(metric, f) for f in ("metric", "distribution") if hasattr(metric, f)}}

            def say():
                snapshot = Report([metric], include_tests=True).run(sides["cur"], sides["ref"] if reference else None, additional_data=trained)
                answer = next(iter(snapshot.metric_results.values()))
                frame = answer.value
                tests = [str(t["status"]).split(".")[-1] for t in snapshot.dict()["tests"]]
                add(name, options, {c: list(frame[c]) for c in frame.columns} if isinstance(frame, pd.DataFrame) else frame, tests=tests)

            attempt(name, options, say)

        def whole():
            snapshot = Report([NewPreset(k=5, item_features=features, user_bias_columns=["segment"], item_bias_columns=["price"])]).run(sides["cur"], sides["ref"] if reference else None, additional_data=trained)
            add("preset new RecsysPreset", {"k": 5, "by": by, "rows": "known", "reference": reference}, [m["metric_name"] for m in snapshot.dict()["metrics"]])

        attempt("preset new RecsysPreset", {"k": 5, "by": by, "rows": "known", "reference": reference}, whole)

(here / "evidently_ranking.json").write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":"), allow_nan=False) for row in found) + "\n]\n")
