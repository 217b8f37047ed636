"""The page from its context: one file that asks for nothing else. [no torch]"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline_src.errors import UserError

LARGEST_BYTES = 10_000_000
"""A page that opens on a phone and passes as an attachment."""
STYLES = ("style.css", "browse.css", "figures.css", "print.css")
SCRIPTS = ("panel.js", "tables.js", "browse.js", "cite.js", "figures.js")
"""In their order; each is a question of its own."""


def render(context: dict[str, Any]) -> str:
    """The page's HTML; the same context gives the same text.

    Raises:
        UserError: the page would be larger than `LARGEST_BYTES`.
    """
    style, script = ("".join(_part(name) for name in names) for names in (STYLES, SCRIPTS))
    environment = Environment(
        loader=PackageLoader("pipeline_src.reporting.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}  # facts are told in the order given
    page = environment.get_template("index.html.j2").render(
        **context,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    size = len(page.encode())
    if size > LARGEST_BYTES:
        raise UserError(
            "the page",
            f"would have {size / 1e6:.1f} MB, over {LARGEST_BYTES / 1e6:.0f} MB.",
            "Draw smaller pictures: they are inside of it.",
        )
    return page


def _code(text: str) -> Markup:
    """What stands in backticks as code, all else as plain text."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def _part(name: str) -> str:
    """The project's own style or script, whose text is trusted; it may not end its element."""
    text = files("pipeline_src.reporting.page").joinpath("templates", name).read_text(encoding="utf-8")
    if "</" in text:
        raise UserError(name, "holds `</`, which would end its element.", "Write it otherwise.")
    return text


def _hash(text: str) -> str:
    """As Content-Security-Policy names what may act: the hash of exactly what stands in the element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
