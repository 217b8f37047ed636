"""The paper that is reproduced: title, authors, year, where it is. [no torch, no pandas]"""

from __future__ import annotations

from collections.abc import Sequence

TITLE = "Real-Time Semantic Segmentation via Auto Depth, Downsampling Joint Decision and Feature Aggregation"
AUTHORS = ("Peng Sun", "Jiaxiang Wu", "Songyuan Li", "Peiwen Lin", "Junzhou Huang", "Xi Li")
YEAR = 2020
ARXIV = "2003.14226"
URL = f"https://arxiv.org/abs/{ARXIV}"


PIPELINE = "AutoRTNet as a reproducibility pipeline"
PIPELINE_AUTHORS = "The AutoRTNet pipeline authors"
"""As in CITATION.cff; a test holds the two together."""


def report_bibtex(scale: str, commits: Sequence[str], year: str) -> str:
    """The entry of a report of this pipeline: which code made it, at which scale.

    Args:
        scale: of the runs.
        commits: of the code that made the results; one with changes since ends in words that say so.
        year: of the last run, empty where it is not known.
    """
    made = f", code at commit {', '.join(commit[:12] + commit[40:] for commit in commits)}" if commits else ""
    dated = f"  year = {{{year}}},\n" if year else ""
    return (
        f"@misc{{autortnet-reproduction-{scale},\n"
        f"  title = {{{PIPELINE}: report of the scale {scale}}},\n"
        f"  author = {{{{{PIPELINE_AUTHORS}}}}},\n"
        f"{dated}"
        f"  note = {{Reproduction of arXiv:{ARXIV}{made}}}\n"
        "}"
    )


def bibtex() -> str:
    """The paper's entry for BibTeX."""
    return (
        "@article{sun2020autortnet,\n"
        f"  title = {{{TITLE}}},\n"
        f"  author = {{{' and '.join(AUTHORS)}}},\n"
        f"  journal = {{arXiv preprint arXiv:{ARXIV}}},\n"
        f"  year = {{{YEAR}}}\n"
        "}"
    )
