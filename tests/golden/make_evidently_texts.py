"""What Evidently says of texts and of vectors: evidently_texts.json, with the texts and vectors themselves.

usage: python3 tests/golden/make_evidently_texts.py      (evidently==0.7.23, pandas<3, scikit-learn)
"""
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from evidently import Dataset, DataDefinition
from evidently import descriptors as d
from evidently.legacy.calculations.stattests import abs_text_content_drift_stat_test, perc_text_content_drift_stat_test
from evidently.legacy.core import ColumnType
from evidently.legacy.metrics.data_drift import embedding_drift_methods as methods

warnings.filterwarnings("ignore")
random = np.random.default_rng(7)

texts = [
    "The parcel came two days late. I want a refund!", "Thank you, all is well.", "123 456", "a", "!!!", "See https://example.org/help for more? Yes.",
    "Dear team, the invoice is wrong.", "dear Sir: call 555-0199", "REFUND please", "naïve café in Zürich", "one  two   three", "Ends with a dot.", "no end",
]
options = {"text": texts, "other": [text if i % 3 else text.upper() for i, text in enumerate(texts)]}
asked = {
    "TextLength": d.TextLength("text", alias="x"),
    "WordCount": d.WordCount("text", alias="x"),
    "SentenceCount": d.SentenceCount("text", alias="x"),
    "NonLetterCharacterPercentage": d.NonLetterCharacterPercentage("text", alias="x"),
    "Contains": d.Contains("text", items=["refund", "late"], case_sensitive=False, alias="x"),
    "DoesNotContain": d.DoesNotContain("text", items=["refund", "late"], case_sensitive=False, alias="x"),
    "BeginsWith": d.BeginsWith("text", prefix="dear", case_sensitive=False, alias="x"),
    "EndsWith": d.EndsWith("text", suffix=".", alias="x"),
    "RegExp": d.RegExp("text", reg_exp=r".*\d{3}.*", alias="x"),
    "ExactMatch": d.ExactMatch(columns=["text", "other"], alias="x"),
    "ContainsLink": d.ContainsLink("text", alias="x"),
    "IncludesWords": d.IncludesWords("text", words_list=["refund", "wrong"], lemmatize=False, alias="x"),
    "ExcludesWords": d.ExcludesWords("text", words_list=["refund", "wrong"], lemmatize=False, alias="x"),
    "TriggerWordsPresent": d.TriggerWordsPresent("text", words_list=["refund", "wrong"], lemmatize=False, alias="x"),
}
rows = {}
for name, descriptor in asked.items():
    try:
        frame = Dataset.from_pandas(pd.DataFrame(options), data_definition=DataDefinition(text_columns=["text", "other"]), descriptors=[descriptor]).as_dataframe()
        rows[name] = [float(v) for v in frame["x"]]
    except Exception as error:
        print(name, type(error), str(error)[:200])

vocabulary = [f"word{i}" for i in range(300)]
shares = 1 / np.arange(1, 301)
drifted = np.concatenate([shares[:250], shares[250:] * 20])


def documents(n, weights):
    p = weights / weights.sum()
    return [" ".join(random.choice(vocabulary, size=12, p=p)) for _ in range(n)]


corpora = {"same": (documents(400, shares), documents(400, shares)), "drifted": (documents(400, shares), documents(400, drifted))}
drift = {}
for name, (reference, current) in corpora.items():
    sides = [pd.Series(side, dtype=object) for side in (reference, current)]
    absolute = abs_text_content_drift_stat_test(*sides, ColumnType.Text, None)
    percentile = perc_text_content_drift_stat_test(*sides, ColumnType.Text, None)
    drift[name] = {"abs": [absolute.drift_score, bool(absolute.drifted)], "perc": [percentile.drift_score, bool(percentile.drifted)]}

vectors = {}
for name, shift in {"same": 0.0, "drifted": 0.6}.items():
    reference = np.round(random.normal(size=(200, 5)) * [1, 2, 0.5, 1, 3] + [0, 1, 0, -1, 2], 6)
    current = np.round(random.normal(size=(180, 5)) * [1, 2, 0.5, 1, 3] + [shift, 1, 0, -1 + shift, 2], 6)
    frames = lambda: (pd.DataFrame(current.copy()), pd.DataFrame(reference.copy()))
    answers = {f"distance {kind}": methods.distance(dist=kind)(*frames())[0] for kind in ("euclidean", "cosine", "cityblock", "chebyshev")}
    answers["ratio"] = methods.ratio()(*frames())[0]
    answers["model"] = methods.model()(*frames())[0]
    answers["mmd"] = methods.mmd()(*frames())[0]
    verdicts = {name: bool(method()(*frames())[1]) for name, method in {"distance": methods.distance, "ratio": methods.ratio, "model": methods.model, "mmd": methods.mmd}.items()}
    # The unbiased estimate by its definition, with the median distance within the reference as bandwidth.
    gap = lambda a, b: np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))
    pairs = np.sort(gap(reference, reference)[np.triu_indices(len(reference), 1)])
    median = pairs[len(pairs) // 2]
    k = lambda a, b: np.exp(-((gap(a, b) / median) ** 2) / 2)
    n, m = len(reference), len(current)
    answers["mmd by definition"] = (k(reference, reference).sum() - n) / (n * (n - 1)) + (k(current, current).sum() - m) / (m * (m - 1)) - 2 * k(reference, current).mean()
    vectors[name] = {"reference": reference.tolist(), "current": current.tolist(), "answers": {key: float(value) for key, value in answers.items()}, "verdicts": verdicts}

out = {"evidently": "0.7.23", "texts": options, "descriptors": rows, "corpora": {n: {"reference": r, "current": c, "drift": drift[n]} for n, (r, c) in corpora.items()}, "vectors": vectors}
(Path(__file__).parent / "evidently_texts.json").write_text(json.dumps(out, separators=(",", ":"), ensure_ascii=False) + "\n")
print(drift, {n: v["answers"] for n, v in vectors.items()})
