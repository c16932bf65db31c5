"""Evidently 0.7.23: a report over two Parquet files, as JSON in Evidently's own form.

Computes DataDriftPreset (drift of every column by the default test, and how many drifted) and DataSummaryPreset
(missing and distinct values, mean, deviation, extremes and quantiles of each column, duplicated and empty rows, …).

    python evidently_0723.py REFERENCE.parquet CURRENT.parquet OUT.json
"""

import sys

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset, DataSummaryPreset

reference, current = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
snapshot = Report([DataDriftPreset(), DataSummaryPreset()]).run(current_data=current, reference_data=reference)
snapshot.save_json(sys.argv[3])
