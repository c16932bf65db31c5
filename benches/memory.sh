#!/usr/bin/env bash
# Peak memory over a Parquet file of 5 GB, duplicated rows included.
# Usage: benches/memory.sh [ROWS]     (60,000,000 by default; needs 15 GB of disk, numpy, pyarrow and GNU time)
set -euo pipefail
rows=${1:-60000000}
here=$(cd "$(dirname "$0")" && pwd)
binary=${CARGO_TARGET_DIR:-$here/../target}/release/driftline
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/make_large.py" "$work/reference.parquet" 1000000
python3 "$here/make_large.py" "$work/current.parquet" "$rows"
cat > "$work/monitor.toml" <<T
[monitor]
name = "large"
[source.reference]
kind = "parquet"
path = "reference.parquet"
[source.current]
kind = "parquet"
path = "current.parquet"
[[suite]]
name = "all"
[[suite.check]]
metric = "drift"
columns = "x*"
[[suite.check]]
metric = "duplicated_rows"
fail = "count > 0"
[[record]]
metric = "mean"
columns = "x*"
[[record]]
metric = "unique_values"
columns = "key"
[run]
memory = "128MiB"
T
ls -l "$work"/*.parquet
export TMPDIR=$work
status=0
/usr/bin/time -f "%e s wall, %U s user, %M KiB peak resident" "$binary" run "$work/monitor.toml" || status=$?
echo "exit $status"
