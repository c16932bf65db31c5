"""Writes a large Parquet file of random float64 columns for the memory bench.

Usage: python benches/make_large.py OUT.parquet ROWS [COLUMNS]      (needs numpy and pyarrow; 8 bytes a value, so
60,000,000 rows of 10 columns are 4.8 GB and with one integer column 5.3 GB)
"""
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

out, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10
rng = np.random.default_rng(1)
names = [f"x{i}" for i in range(columns)]
schema = pa.schema([("key", pa.int64())] + [(n, pa.float64()) for n in names])
GROUP = 500_000
with pq.ParquetWriter(out, schema, use_dictionary=False, compression="none") as writer:
    for start in range(0, rows, GROUP):
        n = min(GROUP, rows - start)
        key = rng.integers(0, 1 << 62, n)
        writer.write_table(pa.table([key] + [rng.standard_normal(n) for _ in names], schema), row_group_size=GROUP)
