"""The pictures as the templates need them: inside the page, with caption and alternative text. [no torch]"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline_src.artifacts import read_json
from pipeline_src.errors import UserError
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.tables.captions import FIGURES, caption_of

_AS_PHOTOGRAPHS = ("figure_8", "figure_9")
_PLAIN_IN_URI = " ,;:/=()!*+@?$"
_WORDS = ("title", "caption", "alt", "status", "reason", "sources")


@dataclass(frozen=True)
class FigureView:
    """One picture.

    Attributes:
        image: a data URI, empty where the picture is missing.
        status: of the picture's words, or `missing`.
        key: opens its facts; empty where it is from no result file.
        spots: its points that lead to rows of this page: x, y, key, label, as in the picture's words.
        cells, cells_at: of a drawn network, as in the picture's words.
    """

    name: str
    anchor: str
    number: str
    title: str
    caption: str
    alt: str
    status: str
    reason: str
    image: str
    key: str
    spots: tuple[dict[str, Any], ...] = ()
    cells: tuple[dict[str, Any], ...] = ()
    cells_at: str = ""

    @property
    def kind(self) -> str:
        """Of its file in the page."""
        return _kind(self.name)


def _kind(name: str) -> str:
    return "png" if name in _AS_PHOTOGRAPHS else "svg"


def view(name: str, folder: Path, facts: Facts) -> FigureView:
    """A picture from `folder`, or a box that says why there is none.

    Raises:
        UserError: its words are malformed, or it shows measurements without provenance.
    """
    words_path = folder / f"{name}.json"
    image_path = folder / f"{name}.{_kind(name)}"
    number = name.removeprefix("figure_") if name in FIGURES else ""
    anchor = name.replace("_", "-")
    if not (words_path.is_file() and image_path.is_file()):
        lacking = " and ".join(path.name for path in (words_path, image_path) if not path.is_file())
        why = f"{lacking} not in {folder.as_posix()}"
        return FigureView(name, anchor, number, caption_of(name), "", "", "missing", why, "", "")
    words = read_json(words_path)
    lacking = ", ".join(key for key in _WORDS if key not in words)
    if lacking:
        raise UserError(words_path, f"lacks {lacking}.", "Delete it and draw the picture again.")
    sources = tuple(words["sources"])
    key = ""
    if sources or words["status"] == "measured":
        told = {"Status": words["status"].replace("_", " "), "Why": words["reason"]}
        key = facts.add(name, words["title"], told, sources)
    image = data_uri(image_path)
    title, caption, alt, status, reason = (str(words[one]) for one in _WORDS[:-1])
    title = re.sub(r"^Figure \d+[:.] *", "", title)  # the page numbers its figures itself
    title = title[:1].upper() + title[1:]
    spots = tuple(one for one in words.get("spots", ()) if one["key"] in facts)
    cells, cells_at = tuple(words.get("cells", ())), words.get("cells_at", "")
    return FigureView(
        name, anchor, number, title, caption, alt, status, reason, image, key, spots, cells, cells_at
    )


def views(names: Iterable[str], folder: Path, facts: Facts) -> tuple[FigureView, ...]:
    """Several pictures in order."""
    return tuple(view(name, folder, facts) for name in names)


def data_uri(path: Path) -> str:
    """An SVG or PNG file as a data URI.

    Raises:
        UserError: it cannot be read.
    """
    try:
        if path.suffix == ".svg":
            return svg_uri(path.read_text(encoding="utf-8"))
        return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(path, f"cannot be read ({error}).", "Run the step that makes it again.") from error


def svg_uri(text: str) -> str:
    """An SVG as a data URI; as text it is a fifth smaller than in base64."""
    return f"data:image/svg+xml,{quote(text, safe=_PLAIN_IN_URI)}"
