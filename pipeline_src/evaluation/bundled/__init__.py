"""The network that comes with the package: weights in half precision, their record, their card. [no torch]

All but `notes.md` is written by `autortnet pack-network`; the card says how it was made.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.errors import UserError

FOLDER = Path(str(files("pipeline_src.evaluation.bundled")))
WEIGHTS, CARD, NOTES = "network.safetensors", "card.md", "notes.md"


def bundled_weights(folder: Path = FOLDER) -> Path:
    """The weights that commands take where none are given.

    Raises:
        UserError: this installation lacks them.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise UserError(path, "is missing: it comes with the package.", "Install again, or give --weights.")
    return path


def told(folder: Path = FOLDER) -> str:
    """One line for who uses it without having asked for it: what it is, how good, where its limits stand."""
    record = read_json(folder / RECORD)
    scores = record["scores"]
    return (
        f"the network of the package: trained on {record['dataset']}, {100 * scores['miou']:.1f} % mIoU on "
        f"its {record['images']} {record['split']} images; licence and limits: {folder / CARD}"
    )
