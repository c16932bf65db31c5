"""What Evidently answers on the tables of `tables/` and `examples/clinical/`, made smaller: evidently.json (every drift method on every column),
evidently_suites.json (test suites of 0.6.7) and evidently_reports.json (presets of 0.7.23).

usage: python3 tests/golden/make_evidently.py FOLDER     (FOLDER has Evidently's own answers: stattests_0.7.23.json, testsuite_0.6.7.json,
reports_0.7.23.json)
"""
import json
import re
import sys
from pathlib import Path

here, given = Path(__file__).parent, Path(sys.argv[1])


def read(name):
    return json.loads((given / name).read_text())


def write(name, value):
    (here / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


found = read("stattests_0.7.23.json")
tables = {
    table: {
        column: {"kind": seen["type_old_api"], "default": seen.get("default"), "tests": seen["tests"]}
        for column, seen in columns.items()
    }
    for table, columns in found["tables"].items()
}
write("evidently.json", {"versions": found["versions"], "how": found["how"], "tables": tables})

found = read("testsuite_0.6.7.json")
tables = {}
for table, suites in found["tables"].items():
    tables[table] = {}
    for suite, tests in suites.items():
        if isinstance(tests, list):
            rows = []
            for test in tests:
                parameters = test["parameters"]
                named = re.search(r"\*\*(.+?)\*\*", test["description"])
                column = parameters.get("column_name") or (named.group(1) if named else None)
                rows.append([test["name"].strip(), column, test["status"], parameters.get("value", parameters.get("score"))])
            tables[table][suite] = rows
        else:
            tables[table][suite] = tests
write("evidently_suites.json", {"versions": found["versions"], "tables": tables})

found = read("reports_0.7.23.json")
tables = {}
for table, reports in found["tables"].items():
    tables[table] = {"definition": reports["definition"]}
    for preset in ("DataDriftPreset", "DataSummaryPreset"):
        metrics = [[m["config"]["type"].split(":")[-1], {k: v for k, v in m["config"].items() if k in ("column", "quantile", "method", "threshold")}, m["value"]] for m in reports[preset]["metrics"] if "column_type" not in m["config"]]
        tests = [[t["metric_config"]["params"]["type"].split(":")[-1], {k: v for k, v in t["metric_config"]["params"].items() if k in ("column", "quantile")}, t["status"]] for t in reports[preset]["tests"]]
        tables[table][preset] = {"metrics": metrics, "tests": tests}
    tables[table]["performance"] = {}
    for preset in ("ClassificationPreset", "RegressionPreset"):
        for suffix in ("", "_no_reference"):
            if preset + suffix in reports:
                report = reports[preset + suffix]
                metrics = [[m["config"]["type"].split(":")[-1], m["value"]] for m in report["metrics"]]
                tests = [[t["metric_config"]["params"]["type"].split(":")[-1], t["status"]] for t in report["tests"]]
                tables[table]["performance"][preset + suffix] = {"metrics": metrics, "tests": tests}
    old = reports["legacy_metrics"]
    tables[table]["legacy"] = {
        name: {side: {k: v for k, v in answer.get(side, {}).items() if not isinstance(v, (dict, list)) and v is not None} for side in ("current", "reference")}
        for name, answer in old.items()
        if name in ("DatasetSummaryMetric", "DatasetMissingValuesMetric")
    }
    correlations = old.get("DatasetCorrelationsMetric", {})
    tables[table]["correlations"] = {
        method: stats["abs_max_features_correlation"] for method, stats in correlations.get("current", {}).get("stats", {}).items()
    }
write("evidently_reports.json", {"versions": found["versions"], "tables": tables})
