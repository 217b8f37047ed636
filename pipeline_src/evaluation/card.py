"""The model card of a packed network: what it is, how good, how made, what it is not good for. [no torch]"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_src.artifacts import RECORD
from pipeline_src.errors import UserError
from pipeline_src.evaluation.bundled import WEIGHTS
from pipeline_src.markdown import plain, table
from pipeline_src.parsing import read_text

SECTIONS = ("Data", "Not good for", "Licence")
"""What the notes must say, since no measurement can."""
WEAK_IOU = 0.2


def read_notes(path: Path) -> dict[str, str]:
    """The sections of the notes by their headings.

    Raises:
        UserError: the file cannot be read, or a section of `SECTIONS` is missing or empty.
    """
    parts = re.split(r"^## +(.+?) *$", read_text(path), flags=re.MULTILINE)
    found = {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    missing = [name for name in SECTIONS if not found.get(name)]
    if missing:
        wanted = ", ".join(f"`## {name}`" for name in missing)
        raise UserError(path, f"says nothing under {wanted}.", "A network without that is not handed on.")
    return {name: found[name] for name in SECTIONS}


def card_text(facts: Mapping[str, Any], notes: Mapping[str, str]) -> str:
    """The card as Markdown.

    Args:
        facts: of the packed network's record (`cli/pack_network.py`).
        notes: of `read_notes`.
    """
    scores, split = facts["scores"], facts["split"]
    size = f"{facts['input_height_px']}x{facts['input_width_px']}"
    chosen = (
        f" The epoch, {facts['epoch']}, was chosen on these same images, so the figure may flatter it."
        if facts["chosen_on"] == split
        else ""
    )
    parts = [
        f"# A network trained on {facts['dataset']}",
        f"{facts['parameters'] / 1e6:.2f} M parameters, {facts['bytes'] / 1e6:.1f} MB in half precision "
        f"(`{WEIGHTS}`), {len(facts['class_names'])} classes, input {size}. "
        f"Made by `autortnet pack-network`; all figures are from `{RECORD}`.",
        "## Data",
        notes["Data"],
        "## How well it sees",
        f"**{_percent(scores['miou'])} mIoU** and {_percent(scores['pixel_accuracy'])} of the pixels, on the "
        f"{facts['images']} images of the split `{split}`; one training, so no spread is known.{chosen} "
        f"The half-precision network gives {facts['equal_pixels']:.3%} of the pixels the class that the full "
        f"one gives ({facts['equal_pixels_min']:.1%} is the least); in full precision it has "
        f"{_percent(facts['scores_full_precision']['miou'])} mIoU.",
        _table(scores["per_class_iou"]),
        "## Not good for",
        f"{_weak(scores['per_class_iou'])}\n\n{notes['Not good for']}",
        "## How it was made",
        "\n".join(_step(record) for record in facts["training"]),
        "## Licence",
        notes["Licence"],
    ]
    return "\n\n".join(parts) + "\n"


def _percent(share: float | None) -> str:
    return "not defined" if share is None else f"{100 * share:.1f} %"


def _table(ious: Mapping[str, float | None]) -> str:
    return table(("class", "IoU"), [(name, _percent(value)) for name, value in ious.items()])


def _weak(ious: Mapping[str, float | None]) -> str:
    weak: Sequence[str] = [name for name, value in ious.items() if value is None or value < WEAK_IOU]
    if not weak:
        return f"No class has an IoU under {WEAK_IOU:.0%}."
    return f"Classes that it hardly sees (IoU under {WEAK_IOU:.0%}): {', '.join(map(plain, weak))}."


def _step(record: Mapping[str, Any]) -> str:
    """One line: what was run, when, how long, on what, by which code, with which settings."""
    command, settings = record["command"][1], record.get("settings")
    commit = (record.get("git") or {}).get("commit")
    code = f"commit `{commit[:7]}`" if commit else "an unknown commit"
    if isinstance(settings, str):
        settings = json.loads(settings)
    return (
        f"- `{command}`: {record['started'][:10]}, {record['wall_s']:.0f} s on {record['device']}, seed "
        f"{record['seed']}, PyTorch {record['versions']['torch']}, {code}; settings "
        f"`{json.dumps(settings, sort_keys=True)}`"
    )
