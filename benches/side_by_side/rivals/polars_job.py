"""Polars: the statistics of Driftline's job over two Parquet files.

The same numbers in the same form as `duckdb_job.py`. Each column of numbers is read and sorted once a side; its
statistics and the merge of both sides, which the distances are made of, make use of the order.

    python polars_job.py REFERENCE.parquet CURRENT.parquet OUT.json
"""

import json
import sys

import polars as pl
import polars.selectors as cs

SIDES = ("reference", "current")


def main(reference, current, out):
    sides = [pl.scan_parquet(path).with_columns(cs.float().fill_nan(None)) for path in (reference, current)]
    result = {name: rows_of(side) | {"columns": {}} for name, side in zip(SIDES, sides)} | {"drift": {}}
    for column, kind in sides[0].collect_schema().items():
        of_column = strings if kind == pl.String else numbers
        *statistics, result["drift"][column] = of_column(column, sides, [result[name]["rows"] for name in SIDES])
        for name, values in zip(SIDES, statistics):
            result[name]["columns"][column] = values
    with open(out, "w") as file:
        json.dump(result, file)


def rows_of(side):
    rows = side.select(pl.len()).collect(engine="streaming").item()
    distinct_rows = side.unique().select(pl.len()).collect(engine="streaming").item()
    return {"rows": rows, "duplicated_rows": rows - distinct_rows}


def numbers(column, sides, rows):
    values = [side.select(pl.col(column).drop_nulls().sort()).collect().to_series() for side in sides]
    r, c = (v.len() for v in values)
    if r == 0 or c == 0:
        distances = {"kolmogorov_smirnov": None, "wasserstein": None}
    else:
        marked = [pl.DataFrame({"v": v}).with_columns(r=pl.lit(i, pl.Int8)) for v, i in zip(values, (1, 0))]
        merged = marked[0].merge_sorted(marked[1], key="v").lazy()
        below = pl.col("r").cast(pl.Int64).cum_sum()
        steps = merged.select(
            difference=(below / r - (pl.int_range(1, pl.len() + 1) - below) / c).abs(),
            width=pl.col("v").diff().shift(-1),
        )
        distances = steps.select(
            # Of equal values the last alone stands for the distribution functions there; the others have no width.
            kolmogorov_smirnov=pl.col("difference").filter(pl.col("width").ne_missing(0)).max(),
            wasserstein=(pl.col("difference") * pl.col("width")).sum(),
        )
        distances = distances.collect().row(0, named=True)
    return *(describe(v, n - v.len()) for v, n in zip(values, rows)), distances


def describe(values, missing):
    q25, median, q75 = (values.quantile(q, "linear") for q in (0.25, 0.5, 0.75))
    return {
        "missing": missing,
        "distinct": values.n_unique(),
        "min": values.min(),
        "max": values.max(),
        "mean": values.mean(),
        "standard_deviation": values.std(),
        "q25": q25,
        "median": median,
        "q75": q75,
    }


def strings(column, sides, rows):
    marked = [side.select(v=column, r=pl.lit(i, pl.Int8)) for side, i in zip(sides, (1, 0))]
    counts = pl.concat(marked).group_by("v").agg(r=pl.col("r").sum().cast(pl.Int64), n=pl.len().cast(pl.Int64))
    counts = counts.select("v", "r", c=pl.col("n") - pl.col("r")).collect(engine="streaming")
    present = counts.filter(pl.col("v").is_not_null())
    p, q = pl.col("r") / pl.col("r").sum(), pl.col("c") / pl.col("c").sum()
    both = pl.col("r") + pl.col("c")
    expected_r, expected_c = (pl.col(side).sum() * both / both.sum() for side in ("r", "c"))
    bits = lambda a: pl.when(a > 0).then(a * (2 * a / (p + q)).log(2)).otherwise(0).sum()
    distances = present.select(
        jensen_shannon=((bits(p) + bits(q)) / 2).clip(lower_bound=0).sqrt(),
        chi_square=((pl.col("r") - expected_r) ** 2 / expected_r + (pl.col("c") - expected_c) ** 2 / expected_c).sum(),
    )
    statistics = [{"missing": n - present[s].sum(), "distinct": (present[s] > 0).sum()} for s, n in zip("rc", rows)]
    return *statistics, distances.row(0, named=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
