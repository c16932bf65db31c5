"""Evidently's answers to the tests that its presets do not have, and to the metrics of its new interface: evidently_more.json. Each case says what a
suite with compatibility = "evidently" asks in its place.

usage: python3 tests/golden/make_evidently_more.py      (evidently==0.7.23, pandas<3, pyarrow)
"""
import json
import math
import warnings
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently import metrics as new
from evidently.legacy import tests as old
from evidently.legacy.pipeline.column_mapping import ColumnMapping
from evidently.legacy.test_suite import TestSuite
from evidently.tests import Reference, eq

warnings.filterwarnings("ignore")
here = Path(__file__).parent
methods = json.loads((here / "evidently.json").read_text())["tables"]
tables = ["mixed_800", "edge_500", "diabetes_shift", "iris_rand"]


def read(table, side):
    return pd.read_parquet(here / "tables" / f"{table}_{side}.parquet")


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value.item() if hasattr(value, "item") else value


def kinds(table, roles):
    of = lambda kind: [c for c, found in methods[table].items() if found["kind"] == kind and c not in roles]
    return of("num"), of("cat")


def asked(table):
    """Evidently's test, what it is given, and what ours is given in TOML."""
    target = ("target", "prediction") if table in ("diabetes_shift",) else ()
    apart = [c for c in methods[table] if c in ("target", "prediction") or c.startswith("proba")]
    num, cat = kinds(table, apart)
    cases = []
    add = lambda test, given={}, ours="", columns=None: cases.append((test, given, ours, columns))
    for test in ["TestNumberOfRows", "TestNumberOfMissingValues", "TestShareOfMissingValues", "TestNumberOfDifferentMissingValues", "TestShareOfColumnsWithMissingValues",
                 "TestShareOfRowsWithMissingValues", "TestNumberOfEmptyColumns", "TestNumberOfEmptyRows", "TestNumberOfDuplicatedColumns"]:
        add(test)
    if len(num) > 1:
        add("TestHighlyCorrelatedColumns")
        add("TestCorrelationChanges", {"method": "pearson"})
        add("TestCorrelationChanges", {"method": "spearman", "corr_diff": 0.05}, 'method = "spearman"\nmargin = 0.05')
    if target:
        add("TestTargetPredictionCorrelation")
        add("TestTargetFeaturesCorrelations")
        add("TestPredictionFeaturesCorrelations")
        add("TestConflictTarget")
        add("TestConflictPrediction")
    for column in num + cat:
        for test in ["TestColumnShareOfMissingValues", "TestColumnNumberOfMissingValues", "TestColumnNumberOfDifferentMissingValues", "TestColumnAllConstantValues",
                     "TestColumnAllUniqueValues", "TestNumberOfUniqueValues", "TestUniqueValuesShare", "TestMostCommonValueShare"]:
            add(test, {"column_name": column}, "", column)
    for column in num:
        for test in ["TestColumnValueMin", "TestColumnValueMax", "TestColumnValueMean", "TestColumnValueMedian", "TestColumnValueStd", "TestMeanInNSigmas", "TestValueRange",
                     "TestNumberOfOutRangeValues", "TestShareOfOutRangeValues"]:
            add(test, {"column_name": column}, "", column)
        add("TestColumnQuantile", {"column_name": column, "quantile": 0.9}, "q = 0.9", column)
        add("TestNumberOfOutRangeValues", {"column_name": column, "left": 0, "right": 5}, "min = 0.0\nmax = 5.0", column)
        add("TestColumnDrift", {"column_name": column, "stattest": "psi", "stattest_threshold": 0.2}, 'test = { name = "psi", threshold = 0.2 }', column)
    if num:
        add("TestCustomFeaturesValueDrift", {"features": num[:2]}, "", num[:2])
    for column in cat:
        for test in ["TestValueList", "TestNumberOfOutListValues", "TestShareOfOutListValues"]:
            add(test, {"column_name": column}, "", column)
        values = sorted(str(v) for v in read(table, "ref")[column].dropna().unique())[:1]
        if read(table, "ref")[column].dtype == object and values:
            for test in ["TestCategoryShare", "TestCategoryCount"]:
                add(test, {"column_name": column, "category": values[0]}, f'category = "{values[0]}"', column)
            add("TestColumnRegExp", {"column_name": column, "reg_exp": "[a-k].*"}, 'pattern = "^(?:[a-k].*)"', column)
    return num, cat, target, cases


def new_metrics(table):
    num, cat, target, _ = asked(table)
    cases = []
    near = {"tests": [eq(Reference(relative=0.1))]}
    for column in num:
        cases.append((new.SumValue(column=column, **near), "SumValue", "", column, "value"))
        cases.append((new.MedianValue(column=column, **near), "MedianValue", "", column, "value"))
        ranges = {"left": 0.0, "right": 5.0, "tests": near["tests"], "share_tests": near["tests"]}
        cases.append((new.InRangeValueCount(column=column, **ranges), "InRangeValueCount", "min = 0.0\nmax = 5.0", column, "inside"))
        cases.append((new.OutRangeValueCount(column=column, **ranges), "OutRangeValueCount", "min = 0.0\nmax = 5.0", column, "count"))
    for column in cat:
        if read(table, "ref")[column].dtype != object:
            continue
        value = sorted(str(v) for v in read(table, "ref")[column].dropna().unique())[0]
        lists = {"values": [value], "tests": near["tests"], "share_tests": near["tests"]}
        cases.append((new.InListValueCount(column=column, **lists), "InListValueCount", f'list = ["{value}"]', column, "inside"))
        cases.append((new.OutListValueCount(column=column, **lists), "OutListValueCount", f'list = ["{value}"]', column, "count"))
        cases.append((new.CategoryCount(column=column, category=value, tests=near["tests"], share_tests=near["tests"]), "CategoryCount", f'category = "{value}"', column, "count"))
    return cases


found = []
for table in tables:
    reference, current = read(table, "ref"), read(table, "cur")
    num, cat, target, cases = asked(table)
    apart = [c for c in methods[table] if (c in ("target", "prediction") or c.startswith("proba")) and c not in target]
    reference, current = reference.drop(columns=apart), current.drop(columns=apart)
    mapping = ColumnMapping(target="target" if target else None, prediction="prediction" if target else None, numerical_features=num, categorical_features=cat)
    for side in (reference, None):
        for test, given, ours, columns in cases:
            suite = TestSuite(tests=[getattr(old, test)(**given)])
            suite.run(reference_data=None if side is None else side.copy(), current_data=current.copy(), column_mapping=mapping)
            for answer in suite.as_dict()["tests"]:
                parameters = answer.get("parameters") or {}
                value = parameters.get("value", parameters.get("score"))
                column = parameters.get("column_name") or columns
                found.append([table, side is not None, test, ours, column if isinstance(column, str) else columns, answer["status"], plain(value)])
    definition = DataDefinition(numerical_columns=num + [c for c in target], categorical_columns=cat)
    sides = [Dataset.from_pandas(frame.copy(), data_definition=definition) for frame in (current, reference)]
    for metric, name, ours, column, field in new_metrics(table):
        snapshot = Report([metric]).run(*sides).dict()
        value = snapshot["metrics"][0]["value"]
        value = plain(value["count"] if isinstance(value, dict) else value)
        statuses = [test["status"] for test in snapshot["tests"]]
        found.append([table, True, name, ours, column, [str(s).split(".")[-1] for s in statuses], value, field])
    print(table, len(found))
models = []
classification = ["TestAccuracyScore", "TestF1Score", "TestPrecisionScore", "TestRecallScore", "TestRocAuc", "TestLogLoss"]
rates = ["TestTPR", "TestTNR", "TestFPR", "TestFNR"]
regression = ["TestValueMAE", "TestValueRMSE", "TestValueMAPE", "TestValueMeanError", "TestValueR2Score", "TestValueAbsMaxError"]
for table in ["breast_cancer_rand", "breast_cancer_shift", "iris_rand", "iris_shift", "diabetes_rand", "diabetes_shift"]:
    folder = here.parent.parent / "examples/clinical" if table.startswith("breast") else here / "tables"
    sides = [pd.read_parquet(folder / f"{table}_{side}.parquet") for side in ("ref", "cur")]
    asked_of = regression if table.startswith("diabetes") else classification + (rates if table.startswith("breast") else [])
    mapping = ColumnMapping(target="target", prediction="prediction", task="regression" if table.startswith("diabetes") else "classification")
    if table.startswith("breast"):
        mapping.prediction, mapping.pos_label = "proba", 1
    if table.startswith("iris"):
        mapping.prediction = ["0", "1", "2"]
        sides = [side.rename(columns={f"proba_{k}": str(k) for k in range(3)}).assign(target=side["target"].astype(str)).drop(columns=["prediction"]) for side in sides]
    for reference in (sides[0], None):
        names = [(test, {}) for test in asked_of]
        if table.startswith("iris"):
            names += [(test, {"label": label}) for test in ("TestF1ByClass", "TestPrecisionByClass", "TestRecallByClass") for label in ("0", "1", "2")]
        for test, given in names:
            suite = TestSuite(tests=[getattr(old, test)(**given)])
            suite.run(reference_data=None if reference is None else reference.copy(), current_data=sides[1].copy(), column_mapping=mapping)
            answer = suite.as_dict()["tests"][0]
            models.append([table, reference is not None, test, given.get("label"), answer["status"], plain((answer.get("parameters") or {}).get("value"))])
(here / "evidently_more.json").write_text(json.dumps({"evidently": "0.7.23", "models": models, "cases": found}, separators=(",", ":")) + "\n")
