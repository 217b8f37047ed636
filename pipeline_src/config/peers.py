"""The other systems that can be run here: their names in settings, and in the paper's tables."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

PEERS: dict[str, str] = {"icnet": "ICNet"}
"""Short name: the paper's name of the row. `pipeline_src.peers` builds them."""


def known_peer(name: str) -> str:
    """The name itself.

    Raises:
        ValueError: there is no such system; the nearest is named.
    """
    if name in PEERS:
        return name
    near = difflib.get_close_matches(name.lower(), PEERS, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Choose among {', '.join(PEERS)}"
    raise ValueError(f"{name!r} is no system that can be run here. {hint}")


Peer = Annotated[str, AfterValidator(known_peer), WithJsonSchema({"type": "string", "enum": list(PEERS)})]
"""A key of `PEERS`."""
