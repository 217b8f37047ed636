"""Dead networks in pictures: marked in the picture itself, and told in its words. [no torch]"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matplotlib.figure import Figure

from pipeline_src.reporting.drawing.panels import TEXT_PT, counted, listed

DEAD_COLOUR = "#8a1c00"


def mark(figure: Figure, label: str) -> None:
    """Write above the panels that the network shown is dead; to be called within `data_style`."""
    text = f"{label} is a dead network"
    figure.suptitle(text, x=0.01, ha="left", size=TEXT_PT, weight="bold", color=DEAD_COLOUR)


def words_on(faults: Iterable[str]) -> str:
    """The sentence of a caption on dead networks, each with its fault; empty where there is none."""
    said = "; ".join(faults)
    return f" The network {said}." if said else ""


def words_among(names: Iterable[str], faults: Mapping[str, str]) -> str:
    """The sentence of a caption on the dead ones of many networks; empty where there is none.

    Args:
        names: of the networks that are drawn.
        faults: of all dead ones.
    """
    dead = [name for name in dict.fromkeys(names) if name in faults]
    if not dead:
        return ""
    return f" Dead among them, as nothing gets through or pretraining is not above chance: {listed(dead)}."


def share_dead(names: Iterable[str], faults: Mapping[str, str]) -> str:
    """`, 2 of 9 dead`; empty where none is."""
    every = set(names)
    dead = len(every & set(faults))
    return f", {dead} of {len(every)} dead" if dead else ""


def head_of(title: str, what: tuple[str, str], names: Iterable[str], faults: Mapping[str, str]) -> str:
    """`CamVid, 4 searches`, or in two lines `CamVid` and `4 searches, 1 dead`.

    Args:
        title: of the panel. what: one and many of its runs. names: of these. faults: of all dead ones.
    """
    every = set(names)
    dead = len(every & set(faults))
    runs = counted(len(every), *what)
    return f"{title}\n{runs}, {dead} dead" if dead else f"{title}, {runs}"
