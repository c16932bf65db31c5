"""Reads what the programs wrote as numbers by (side, column, statistic), and compares them with Driftline's."""

import json
import math
from collections import Counter
from dataclasses import dataclass

SIDES = ("reference", "current")
COUNTS = {"rows", "duplicated_rows", "constant_columns", "rows_with_missing_values", "columns_with_missing_values", "missing", "distinct"}
EXACT = COUNTS | {"min", "max"}
SAMPLES = {
    "missing_values": "missing",
    "unique_values": "distinct",
    "min_value": "min",
    "max_value": "max",
    "mean_value": "mean",
    "standard_deviation_value": "standard_deviation",
    "row_count_value": "rows",
}
QUANTILES = {"0.25": "q25", "0.5": "median", "0.75": "q75"}


def load(path):
    with open(path) as file:
        return json.load(file)


@dataclass
class Bounded:
    """A number that Driftline knows to lie between two others: current exceeds the memory setting."""

    low: float
    high: float


def bounded(value, bounds):
    return Bounded(*bounds) if bounds else value


def driftline(path, swapped_path):
    """Records have current's numbers alone, so those of the reference are read from a run with the sides swapped."""
    numbers = {}
    outcome = load(path)
    for side, samples in (("current", outcome["samples"]), ("reference", load(swapped_path)["samples"])):
        for sample in samples:
            labels = sample["labels"]
            name = QUANTILES.get(labels.get("q")) if sample["name"] == "quantile_value" else SAMPLES.get(sample["name"])
            if name:
                numbers[side, labels.get("column"), name] = bounded(sample["value"], sample.get("bounds"))
    for check in outcome["suites"][0]["checks"]:
        column, test, fields = check["column"], check["test"], check["fields"]
        if check["metric"] == "drift" and "statistic" in fields:
            numbers["drift", column, test] = bounded(fields["statistic"], check["bounds"])
            if test == "wasserstein" and fields.get("effect_size"):
                # Evidently divides by the reference's deviation (population), but by no less than 0.001.
                numbers["drift", column, "wasserstein_normed"] = fields["statistic"] / max(fields["statistic"] / fields["effect_size"], 0.001)
            if test == "jensen_shannon":
                # Evidently's logarithms are natural.
                numbers["drift", column, "jensen_shannon_nats"] = fields["statistic"] * math.sqrt(math.log(2))
        elif check["metric"] in COUNTS:
            for side, of_side in (("current", fields), ("reference", check["reference"])):
                numbers[side, None, check["metric"]] = of_side.get("count")
    return numbers


def job(path):
    """`duckdb_job.py` and `polars_job.py`."""
    result, numbers = load(path), {}
    for side in SIDES:
        numbers |= {(side, None, name): result[side][name] for name in ("rows", "duplicated_rows")}
    for side, columns in [(side, result[side]["columns"]) for side in SIDES] + [("drift", result["drift"])]:
        numbers |= {(side, column, name): value for column, values in columns.items() for name, value in values.items()}
    return numbers


EVIDENTLY_DRIFT = {"Wasserstein distance (normed)": "wasserstein_normed", "Jensen-Shannon distance": "jensen_shannon_nats"}


def evidently_067(path):
    numbers = {}
    for metric in load(path)["metric_results"]:
        result = metric["result"]
        scores = list(result["drift_by_columns"].values()) if metric["metric"] == "DataDriftTable" else [result]
        for score in scores:
            if "drift_score" in score:
                numbers["drift", score["column_name"], EVIDENTLY_DRIFT.get(score["stattest_name"], score["stattest_name"])] = score["drift_score"]
        for side in SIDES if metric["metric"] in ("DatasetSummaryMetric", "DatasetMissingValuesMetric") else ():
            of_side = result[side]
            if metric["metric"] == "DatasetSummaryMetric":
                names = {"rows": "rows", "duplicated_rows": "duplicated_rows", "constant_columns": "constant_columns"}
                by_column = {"missing": "nans_by_columns", "distinct": "number_uniques_by_columns"}
            else:
                names = {name: name for name in ("rows_with_missing_values", "columns_with_missing_values")}
                by_column = {}
            numbers |= {(side, None, name): of_side["number_of_" + key] for name, key in names.items()}
            numbers |= {(side, c, name): n for name, key in by_column.items() for c, n in of_side[key].items()}
    return numbers


def evidently_0723(path):
    """It writes current's numbers alone."""
    numbers = {}
    simple = {"MinValue": "min", "MaxValue": "max", "MeanValue": "mean", "StdValue": "standard_deviation", "RowCount": "rows"}
    simple |= {"DuplicatedRowCount": "duplicated_rows", "ConstantColumnsCount": "constant_columns"}
    for metric in load(path)["metrics"]:
        config, value = metric["config"], metric["value"]
        kind, column = config["type"].rpartition(":")[2], config.get("column")
        if kind in simple:
            numbers["current", column, simple[kind]] = value
        elif kind == "MissingValueCount":
            numbers["current", column, "missing"] = value["count"]
        elif kind == "QuantileValue":
            numbers["current", column, QUANTILES[str(config["quantile"])]] = value
        elif kind == "ValueDrift":
            numbers["drift", column, EVIDENTLY_DRIFT.get(config["method"], config["method"])] = value
    return numbers


def whylogs_profile(path):
    """What is not a sketch of it."""
    numbers = {}
    for column, values in load(path).items():
        # NaN are among them.
        numbers["current", column, "missing"] = values["counts/null"]
        if values["types/string"] == 0:
            names = {"min": "min", "max": "max", "mean": "mean", "stddev": "standard_deviation"}
            numbers |= {("current", column, name): values["distribution/" + key] for key, name in names.items()}
    return numbers


# How to read a program's file, and the relative tolerance of what is not exact.
READERS = {
    "duckdb_job": (job, 1e-9),
    "polars_job": (job, 1e-9),
    "evidently_067": (evidently_067, 1e-6),
    "evidently_0723": (evidently_0723, 1e-6),
    "whylogs_profile": (whylogs_profile, 1e-6),
}

@dataclass
class Comparison:
    # How many numbers of each statistic agree.
    agreed: dict
    # Side, column, statistic, Driftline's number and the other.
    disagreed: list
    # What the program has and Driftline's job lacks: side, column, statistic.
    theirs_alone: list


def compare(rival, ours, path):
    read, tolerance = READERS[rival]
    theirs = read(path)
    agreed, disagreed = Counter(), []
    for key in sorted(theirs.keys() & ours.keys(), key=str):
        if agree(key[2], ours[key], theirs[key], tolerance):
            agreed[key[2]] += 1
        else:
            disagreed.append((*key, ours[key], theirs[key]))
    return Comparison(dict(agreed), disagreed, sorted(theirs.keys() - ours.keys(), key=str))


def same_outcome(path, other_path):
    """Whether two outcomes of Driftline differ in nothing but the time they took and the digest of their specs."""
    return load(path) | {"timings": 0, "spec_digest": 0} == load(other_path) | {"timings": 0, "spec_digest": 0}


def show(key):
    return ".".join(str(part) for part in key if part is not None)


def agree(statistic, ours, theirs, tolerance):
    """Whether two numbers do, or both lack a value."""
    if ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, Bounded):
        return ours.low <= theirs * (1 + tolerance) and theirs * (1 - tolerance) <= ours.high
    if statistic in EXACT:
        return ours == theirs
    if statistic.startswith("jensen_shannon"):
        # Of nearly equal sides it is the root of a difference that is all rounding, but for Driftline's.
        return abs(ours * ours - theirs * theirs) <= max(1e-15, tolerance * ours * ours)
    if statistic == "kolmogorov_smirnov":
        return abs(ours - theirs) <= 1e-12
    return math.isclose(ours, theirs, rel_tol=tolerance)
