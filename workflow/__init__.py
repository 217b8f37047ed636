"""What stands between Snakemake and DVC; the only Python here that knows of both."""
