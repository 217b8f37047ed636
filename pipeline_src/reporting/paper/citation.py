"""The paper that is reproduced: title, authors, year, where it is. [no torch, no pandas]"""

from __future__ import annotations

TITLE = "Real-Time Semantic Segmentation via Auto Depth, Downsampling Joint Decision and Feature Aggregation"
AUTHORS = ("Peng Sun", "Jiaxiang Wu", "Songyuan Li", "Peiwen Lin", "Junzhou Huang", "Xi Li")
YEAR = 2020
ARXIV = "2003.14226"
URL = f"https://arxiv.org/abs/{ARXIV}"


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
