"""Writes this example's tables from those of ../clinical: predictions of three weeks, and the diagnoses that came for them week by week.

The measurements, diagnoses and predictions are those of scikit-learn's breast cancer table and of a model of it; who came when is made up.
A tissue sample's diagnosis takes two to nine days, and one in fifty is never sent.

usage: python3 examples/late/prepare.py      (pandas, pyarrow)
"""
from pathlib import Path

import numpy as np
import pandas as pd

here = Path(__file__).parent
random = np.random.default_rng(4)
kept = ["mean_radius", "mean_texture", "mean_smoothness", "mean_concavity", "prediction", "proba", "target"]


def visits(side, first, days):
    frame = pd.read_parquet(here.parent / "clinical" / f"breast_cancer_shift_{side}.parquet")[kept]
    hours = np.sort(random.uniform(0, 24 * days, len(frame)))
    frame.insert(0, "visit", [f"{side}-{n:04}" for n in range(len(frame))])
    frame.insert(1, "at", (pd.Timestamp(first) + pd.to_timedelta(hours, unit="h")).floor("s"))
    return frame


visits("ref", "2026-08-03", 21).to_parquet(here / "reference.parquet", index=False)
current = visits("cur", "2026-09-07", 21)
current["came"] = (current["at"] + pd.to_timedelta(random.uniform(2, 9, len(current)), unit="D")).dt.floor("s")
sent = current[random.random(len(current)) > 0.02]
for folder in ("predictions", "labels"):
    (here / folder).mkdir(exist_ok=True)
for week in range(1, 5):
    first = pd.Timestamp("2026-09-07") + pd.Timedelta(weeks=week - 1)
    within = lambda frame, time: frame[(frame[time] >= first) & (frame[time] < first + pd.Timedelta(weeks=1))]
    made, came = within(current, "at"), within(sent, "came")
    if len(made):
        made.drop(columns=["target", "came"]).to_parquet(here / "predictions" / f"week_{week}.parquet", index=False)
    came.sort_values("came")[["visit", "target", "came"]].to_csv(here / "labels" / f"week_{week}.csv", index=False)
    print(f"week {week}: {len(made)} predictions, {len(came)} diagnoses")
