#!/bin/sh
# All benchmarks, a JSON file each, into the folder given (benchmarks/results by default).
set -eu
cd "$(dirname "$0")/.."
folder=${1:-benchmarks/results}
mkdir -p "$folder"
for name in data_pipeline search_step training_step evaluation; do
    echo "benchmarks.$name"
    python -m "benchmarks.$name" > "$folder/$name.json"
done
