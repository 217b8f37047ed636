#!/usr/bin/env bash
# Debian's SLURM and munge, where they are not there yet and may be installed. Exit status 3: may not.
set -euo pipefail

if command -v slurmctld > /dev/null && command -v srun > /dev/null && command -v munged > /dev/null; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  echo "SLURM is not installed, and this user cannot install it (root and apt-get are needed)." >&2
  exit 3
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends slurm-wlm munge
