#!/usr/bin/env bash
# The SLURM tests alone, with what SLURM recorded of their jobs. The cluster is stopped whatever happens.
set -euo pipefail
cd "$(dirname "$0")/../../.."

AUTORTNET_SLURM_DIR=$(mktemp -d)
export AUTORTNET_SLURM_DIR FULL="${FULL:-}"
trap 'bash tests/workflow/slurm/stop.sh "$AUTORTNET_SLURM_DIR"; rm -rf "$AUTORTNET_SLURM_DIR"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$AUTORTNET_SLURM_DIR"
pytest tests/workflow/test_slurm.py --capture=no -rs "$@"
