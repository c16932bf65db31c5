"""Makes the spec of Driftline's job over two Parquet files.

    python job.py REFERENCE.parquet CURRENT.parquet [--memory 1GiB] [--threads 1] > job.toml
    driftline run job.toml --output json

Columns are called num_* and cat_*. Of every column the missing and distinct values; of numbers least and greatest value, mean, deviation and quartiles,
Kolmogorov-Smirnov's and Wasserstein's tests; of strings Jensen-Shannon's and the chi-square test; and the checks of
the dataset.
"""

import argparse
import json
from pathlib import Path

# Nobody judges these: metric, columns, and the rest.
RECORDS = [
    ("row_count", None, ""),
    ("missing_values", "*", ""),
    ("unique_values", "*", ""),
    ("min", "@numerical", ""),
    ("max", "@numerical", ""),
    ("mean", "@numerical", ""),
    ("standard_deviation", "@numerical", ""),
    ("quantile", "@numerical", "q = 0.25"),
    ("quantile", "@numerical", "q = 0.5"),
    ("quantile", "@numerical", "q = 0.75"),
]

# Name, metric, columns, and the rest.
CHECKS = [
    ("kolmogorov_smirnov", "drift", "@numerical", 'test = "kolmogorov_smirnov"\nfail = "effect_size > 0.1 and p_value < 0.01"'),
    ("wasserstein", "drift", "@numerical", 'test = "wasserstein"\nfail = "effect_size > 0.1"'),
    ("jensen_shannon", "drift", "@categorical", 'test = "jensen_shannon"\nfail = "effect_size > 0.1 and p_value < 0.01"'),
    ("chi_square", "drift", "@categorical", 'test = "chi_square"\nfail = "effect_size > 0.1 and p_value < 0.01"'),
    ("drifted_columns", "drifted_columns", None, 'fail = "dataset_drift == 1"'),
    ("duplicated_rows", "duplicated_rows", None, 'fail = "share > reference.share + 1%"'),
    ("constant_columns", "constant_columns", None, 'fail = "count > reference.count"'),
    ("column_types", "column_types", None, 'fail = "missing + retyped > 0"'),
    ("rows_with_missing_values", "rows_with_missing_values", None, 'fail = "share > reference.share * 1.1"'),
    ("columns_with_missing_values", "columns_with_missing_values", None, 'fail = "count > reference.count"'),
]


def sources(reference, current):
    """The paths become absolute, since Driftline takes them relative to the spec."""
    text = '[monitor]\nname = "side_by_side"\n'
    for side, path in (("reference", reference), ("current", current)):
        text += f'[source.{side}]\nkind = "parquet"\npath = {json.dumps(str(Path(path).resolve()), ensure_ascii=False)}\n'
    return text


def spec(reference, current, memory=None, threads=None):
    text = sources(reference, current)
    # Declared, since integers of few values are categories by inference.
    text += '[columns]\nnumerical = ["num_*"]\ncategorical = ["cat_*"]\n[run]\n'
    text += f"memory = {json.dumps(memory)}\n" if memory else ""
    text += f"threads = {threads}\n" if threads else ""
    text += "".join("[[record]]\n" + metric(*record) for record in RECORDS)
    text += '[[suite]]\nname = "all"\n'
    return text + "".join(f'[[suite.check]]\nname = "{name}"\n' + metric(*check) for name, *check in CHECKS)


def metric(name, columns, rest):
    lines = [f'metric = "{name}"'] + ([f'columns = "{columns}"'] if columns else []) + ([rest] if rest else [])
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("current")
    parser.add_argument("--memory", help="memory of the run; Driftline's default unless given")
    parser.add_argument("--threads", type=int, help="one for each core unless given")
    given = parser.parse_args()
    print(spec(given.reference, given.current, given.memory, given.threads), end="")
