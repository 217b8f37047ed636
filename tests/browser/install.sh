#!/usr/bin/env bash
# Debian's Chromium and LaTeX, where they are not there yet and may be installed. Exit status 3: may not.
# chromium takes some 400 MB of disk; texlive-latex-recommended 150 MB (XeLaTeX would be 190 MB more: not needed
# for anything that this project writes, see docs/report.md).
set -euo pipefail

if command -v chromium > /dev/null && command -v pdflatex > /dev/null; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  echo "Chromium or LaTeX is not installed, and this user cannot install it (root and apt-get are needed)." >&2
  exit 3
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core texlive-latex-recommended
