"""DuckDB: the statistics of Driftline's job over two Parquet files, in SQL.

Of each side the rows and duplicated rows; of each column missing and distinct values; of numbers least and greatest
value, mean, standard deviation and exact quartiles; and between the sides Kolmogorov-Smirnov's D and Wasserstein's
distance of numbers, Jensen-Shannon's distance (base 2) and the chi-square statistic of strings. Null and NaN are
missing. No p-values and no verdicts.

    python duckdb_job.py REFERENCE.parquet CURRENT.parquet OUT.json
"""

import json
import sys
import tempfile

import duckdb

SIDES = ("reference", "current")
NAMES = ("missing", "min", "max", "mean", "standard_deviation", "q25", "median", "q75")

# Rows of each value on both sides, in the order of the values; one group for -0.0 and 0.0.
COUNTS = """
with counts as materialized (
    select v, sum(r)::bigint as r, count(*) - sum(r)::bigint as c
    from (select {column} as v, 1 as r from reference union all select {column}, 0 from current)
    where v is not null group by v
)"""

NUMBERS = COUNTS + """, totals as (
    select sum(r) as all_r, sum(c) as all_c from counts
), steps as (
    select r, c, sum(r) over below as below_r, sum(c) over below as below_c, lead(v) over (order by v) - v as width
    from counts window below as (order by v rows unbounded preceding)
), differences as (
    select r, c, width, abs(below_r / all_r - below_c / all_c) as difference from steps, totals
)
select count(*) filter (r > 0), count(*) filter (c > 0), max(difference), sum(difference * width) from differences"""

STRINGS = COUNTS + """, shares as (
    select r, c, r / sum(r) over () as p, c / sum(c) over () as q, (p + q) / 2 as m,
        sum(r) over () * (r + c) / sum(r + c) over () as expected_r, sum(c) over () * (r + c) / sum(r + c) over () as expected_c
    from counts
)
select count(*) filter (r > 0), count(*) filter (c > 0),
    sqrt(greatest(0, sum(if(p > 0, p * log2(p / m), 0) + if(q > 0, q * log2(q / m), 0)) / 2)),
    sum((r - expected_r) ** 2 / expected_r + (c - expected_c) ** 2 / expected_c)
from shares"""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def main(reference, current, out):
    with tempfile.TemporaryDirectory() as spill, duckdb.connect(config={"temp_directory": spill}) as db:
        for side, path in zip(SIDES, (reference, current)):
            literal = "'" + path.replace("'", "''") + "'"
            types = {row[0]: row[1] for row in db.execute(f"describe from read_parquet({literal})").fetchall()}
            # `= 'nan'` would not do: the statistics of Parquet know no NaN, and DuckDB trusts them.
            clean = [f"if(isnan({quoted(c)}), null, {quoted(c)}) as {quoted(c)}" if t in ("DOUBLE", "FLOAT") else quoted(c) for c, t in types.items()]
            db.execute(f"create view {side} as select {', '.join(clean)} from read_parquet({literal})")
        strings = [column for column, kind in types.items() if kind == "VARCHAR"]
        numbers = [column for column in types if column not in strings]

        result = {side: side_of(db, side, numbers, strings) for side in SIDES} | {"drift": {}}
        for column in numbers + strings:
            query = NUMBERS if column in numbers else STRINGS
            keys = ("kolmogorov_smirnov", "wasserstein") if column in numbers else ("jensen_shannon", "chi_square")
            *distinct, first, second = db.execute(query.format(column=quoted(column))).fetchone()
            result["drift"][column] = dict(zip(keys, (first, second)))
            for side, count in zip(SIDES, distinct):
                result[side]["columns"][column]["distinct"] = count
    with open(out, "w") as file:
        json.dump(result, file)


def side_of(db, side, numbers, strings):
    """All but the distinct values of one side, which the comparison counts anyway."""
    rows, distinct_rows = db.execute(f"select (select count(*) from {side}), (select count(*) from (select distinct * from {side}))").fetchone()
    of_number = "count(*) - count({0}), min({0}), max({0}), avg({0}), stddev_samp({0}), quantile_cont({0}, [0.25, 0.5, 0.75])"
    terms = [of_number.format(quoted(c)) for c in numbers] + [f"count(*) - count({quoted(c)})" for c in strings]
    values = iter(db.execute(f"select {', '.join(terms)} from {side}").fetchone())
    columns = {}
    for column in numbers:
        *first, quartiles = (next(values) for _ in range(6))
        columns[column] = dict(zip(NAMES, first + (quartiles or [None] * 3)))
    columns |= {column: {"missing": next(values)} for column in strings}
    return {"rows": rows, "duplicated_rows": rows - distinct_rows, "columns": columns}


if __name__ == "__main__":
    main(*sys.argv[1:])
