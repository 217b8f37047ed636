"""The paper's column names of classes, and the names the data sets give the same classes. [no torch]

Table 8 uses Cityscapes' classes, Table 10 CamVid's. Where Table 8 is measured on CamVid, a class is the
nearest one that CamVid has (Vegetation: Tree, Bicycle: Bicyclist); the others are not measured there.
"""

from __future__ import annotations

from collections.abc import Iterable

_SAME: tuple[tuple[str, ...], ...] = (
    ("sidewalk", "pavement"),
    ("pole", "columnpole"),
    ("trafficsign", "signsymbol", "sign"),
    ("vegetation", "tree"),
    ("person", "pedestrian"),
    ("bicycle", "bicyclist"),
)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def class_named(title: str, names: Iterable[str]) -> str | None:
    """The class among `names` that a column of the paper means, or None where there is none.

    Case, blanks and underscores do not count; an equal name wins over a related one.
    """
    by_plain = {_plain(name): name for name in names}
    wanted = _plain(title)
    related = next((group for group in _SAME if wanted in group), ())
    return next((by_plain[name] for name in (wanted, *related) if name in by_plain), None)
