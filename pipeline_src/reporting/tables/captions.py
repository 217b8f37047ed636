"""A line on every table and picture, for lists of them. [no torch, no pandas]"""

from __future__ import annotations

from pipeline_src.reporting.tables.layout import layout_of

FIGURES: dict[str, str] = {
    "figure_1": "Speed against accuracy on the Cityscapes test set",
    "figure_2": "Framework of the method",
    "figure_3": "A hyper-cell and where it is cut",
    "figure_4": "The aggregation cell",
    "figure_5": "Numbers of cells over the epochs of the search",
    "figure_6": "Weights of the latency term on CamVid",
    "figure_7": "The searched architecture",
    "figure_8": "Predictions on the Cityscapes validation set",
    "figure_9": "Predictions on the CamVid test set",
}
"""The paper's figures."""
BEYOND: dict[str, str] = {
    "lut_check": "Predictions of the lookup table against measured latency",
    "soft_to_hard": "Gap between the searched mixture and the network derived from it",
    "search_curves": "Curves of the searches",
    "training_curves": "Curves of pretraining and finetuning",
    "confusion": "Confusion of classes",
    "class_difference": "Class values here against the paper's",
    "matched_random": "Random networks of the searched one's latency",
}
"""The pictures beyond the paper."""


def caption_of(artefact: str) -> str:
    """What a table or a picture shows.

    Raises:
        ConfigError: there is no such table.
    """
    if artefact.startswith("table_"):
        return layout_of(artefact).caption
    return {**FIGURES, **BEYOND}.get(artefact, artefact.replace("_", " "))
