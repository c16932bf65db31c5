"""Evidently 0.6.7: a test suite over two Parquet files, as JSON in Evidently's own form.

Computes columns and rows with missing values, constant columns, duplicated rows, column types, drift of every
column, and drift of the first column of numbers and the first of strings, all by Evidently's default tests.

    python evidently_067.py REFERENCE.parquet CURRENT.parquet OUT.json
"""

import sys

import pandas as pd
from evidently.test_suite import TestSuite
from evidently.tests import (
    TestColumnDrift,
    TestColumnsType,
    TestNumberOfColumnsWithMissingValues,
    TestNumberOfConstantColumns,
    TestNumberOfDriftedColumns,
    TestNumberOfDuplicatedRows,
    TestNumberOfRowsWithMissingValues,
)

reference, current = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
number = reference.select_dtypes("number").columns[0]
string = reference.select_dtypes("object").columns[0]

suite = TestSuite(
    tests=[
        TestNumberOfColumnsWithMissingValues(),
        TestNumberOfRowsWithMissingValues(),
        TestNumberOfConstantColumns(),
        TestNumberOfDuplicatedRows(),
        TestColumnsType(),
        TestNumberOfDriftedColumns(),
        TestColumnDrift(column_name=number),
        TestColumnDrift(column_name=string),
    ]
)
suite.run(reference_data=reference, current_data=current)
with open(sys.argv[3], "w") as file:
    # The tests alone have their scores rounded to three decimals; the metrics behind them have all digits.
    file.write(suite.json(include_metrics=True))
