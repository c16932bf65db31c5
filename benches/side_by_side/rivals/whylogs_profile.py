"""whylogs: a profile of the current file alone, as JSON in the form of its table of summaries.

Computes sketches: counts, missing values, approximate distinct values and quantiles, mean and deviation. The
reference is not read; whylogs compares saved profiles.

    python whylogs_profile.py REFERENCE.parquet CURRENT.parquet OUT.json
"""

import json
import os
import sys

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"  # Else it sends statistics of its use.

import pandas as pd
import whylogs as why

current = pd.read_parquet(sys.argv[2])
view = why.log(current).profile().view()
with open(sys.argv[3], "w") as file:
    json.dump(view.to_pandas().to_dict(orient="index"), file, default=str)
