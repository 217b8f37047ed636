"""Figures 8 and 9: image, ground truth, another system's prediction and ours, frame by frame. [no torch]

Composed from the pictures of `autortnet draw-predictions`; nothing is predicted here.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.peers import PEERS
from pipeline_src.reporting.drawing.dead import DEAD_COLOUR, words_on
from pipeline_src.reporting.drawing.panels import present
from pipeline_src.reporting.drawing.picture import WIDTH_IN, Picture, Words, house_style, not_run
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import prediction_sources
from pipeline_src.reporting.read.predictions import Network, Predictions, frame_pixels, read_predictions

PRINTED = ("ICNet", "AutoRTNet-A")
"""The columns of the paper beside image and ground truth."""
TITLES = {
    "figure_8": "Predictions on the Cityscapes validation set",
    "figure_9": "Predictions on the CamVid test set",
}
LEGEND_COLUMNS = 6
NO_PEER = "experiments.peers leaves it out"


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """Figure 8 or 9, or the picture that says why there is none.

    Raises:
        UserError: the index or a picture that it names is malformed or missing.
    """
    path = results / places.predictions(name)
    if not places.predictions_of(grid, name):
        reasons = dict.fromkeys(row.not_run for row in grid.of_table(name))
        return not_run(name, TITLES[name], "; ".join(filter(None, reasons)))
    if not path.exists():
        return not_run(name, TITLES[name], f"{places.predictions(name)} is missing")
    index = read_predictions(path)
    absent = {label: NO_PEER for label in _peer_titles() if label not in _labels(index)}
    dead = dead_columns(name, grid, results)
    with house_style():
        figure = _compose(index, path.parent, absent, dead)
    sources = present(results, prediction_sources(grid, name))
    return Picture(figure, _words(name, grid, index, absent, dead, sources))


def dead_columns(name: str, grid: Grid, results: Path) -> dict[str, str]:
    """The headings of networks that are dead, and why."""
    shown = places.predictions_of(grid, name)
    networks = {label: one.training.architecture for label, one in shown.items()}
    faults = faults_of(networks.values(), results)
    return {label: faults[one.name] for label, one in networks.items() if one.name in faults}


def _labels(index: Predictions) -> dict[str, Network]:
    return {network.label: network for network in index.networks}


def _peer_titles() -> list[str]:
    return [label for label in PRINTED if label in PEERS.values()]


def _columns(index: Predictions) -> list[str]:
    """Headings beside image and ground truth: the paper's, then whatever else was run, ours last."""
    others = [label for label in _labels(index) if label not in PRINTED]
    return [PRINTED[0], *others, *PRINTED[1:]]


def _compose(index: Predictions, folder: Path, absent: dict[str, str], dead: dict[str, str]) -> Figure:
    """Rows are frames. Heights follow the frames' own shape."""
    labels, headings = _labels(index), _columns(index)
    titles = ["Image", "Ground truth", *headings]
    shown = [item for item in index.classes if item.present]
    first = frame_pixels(folder / index.frames[0].files["image"], smooth=True)
    gap, top, under = 0.06, 0.38 if dead else 0.22, 0.16
    cell_w = (WIDTH_IN - gap * (len(titles) + 1)) / len(titles)
    cell_h = cell_w * first.shape[0] / first.shape[1]
    legend_h = 0.18 * -(-(len(shown) + index.void.present) // LEGEND_COLUMNS) + 0.15
    height = top + len(index.frames) * (cell_h + under) + legend_h
    figure = Figure(figsize=(WIDTH_IN, height))
    for row, frame in enumerate(index.frames):
        for column, title in enumerate(titles):
            left = gap + column * (cell_w + gap)
            bottom = height - top - (row + 1) * cell_h - row * under
            box = (left / WIDTH_IN, bottom / height, cell_w / WIDTH_IN, cell_h / height)
            axes = figure.add_axes(box)
            axes.set_axis_off()
            if row == 0:
                colour = DEAD_COLOUR if title in dead else "black"
                axes.set_title(_heading(title, labels, dead), pad=3, color=colour)
            if title in absent:
                text = f"not run:\n{absent[title]}"
                axes.text(0.5, 0.5, text, ha="center", va="center", size=6, transform=axes.transAxes)
                continue
            key = {"Image": "image", "Ground truth": "truth"}.get(title) or labels[title].column
            axes.imshow(frame_pixels(folder / frame.files[key], smooth=key == "image"), interpolation="none")
            if title in labels:
                _score(axes, frame.miou.get(key))
    figure.legend(handles=_legend(index), loc="lower center", ncols=LEGEND_COLUMNS, fontsize=7,
                  handlelength=1.2, handleheight=1.0, columnspacing=1.2, borderaxespad=0.2)  # fmt: skip
    return figure


def _heading(title: str, labels: dict[str, Network], dead: dict[str, str]) -> str:
    """Pictures travel without their captions: one that is not the published network says so itself."""
    network = labels.get(title)
    if title in dead:
        return f"{title}\n(dead network)"
    return f"{title} (from scratch)" if network and network.pretrained is False else title


def _score(axes: Axes, miou: float | None) -> None:
    text = "no labels" if miou is None else f"mIoU {100 * miou:.1f} %"
    axes.text(0.5, -0.02, text, ha="center", va="top", size=6.5, transform=axes.transAxes)


def _legend(index: Predictions) -> list[Patch]:
    entries = [(item.name, item.colour) for item in index.classes if item.present]
    if index.void.present:
        entries.append(("void (not judged)", index.void.colour))
    return [
        Patch(facecolor=(red / 255, green / 255, blue / 255), edgecolor="#777777", linewidth=0.5, label=name)
        for name, (red, green, blue) in entries
    ]


def _words(
    name: str,
    grid: Grid,
    index: Predictions,
    absent: dict[str, str],
    dead: dict[str, str],
    sources: tuple[str, ...],
) -> Words:
    count = len(index.frames)
    origin = grid.dataset_config(index.dataset)
    rendered = " rendered by this project" if origin.path is None and origin.render else ""
    trained = "; ".join(_trained(network) for network in index.networks)
    missing = "; ".join(f"{label} is not run: {reason}" for label, reason in absent.items())
    caption = (
        f"{count} evenly spaced frames of the {index.images_in_split} of {index.dataset} {index.split}"
        f"{rendered}, from top: {', '.join(frame.name for frame in index.frames)}. Label maps are in the"
        " data set's own colours; black in the ground truth is void, which is not judged. Weights are those"
        f" of the last epoch. {trained}. Below each prediction stands its mIoU on that frame alone, over the"
        f" classes in its label or prediction.{words_on(dead.values())} Scale {grid.config.scale}."
    )
    scores = "; ".join(_range(network, index) for network in index.networks)
    return Words(
        name,
        TITLES[name],
        caption + (f" {missing}." if missing else ""),
        f"{count} rows of pictures: a street, its labels, and the classes that each network sees in it. "
        f"mIoU on single frames: {scores}.{words_on(dead.values())}",
        "measured",
        missing,
        sources,
    )


def _trained(network: Network) -> str:
    epochs = f"{network.epoch} epochs" if network.epoch else "an unknown number of epochs"
    how = {False: "from scratch, without pretraining, ", True: "with a pretrained backbone, "}
    start = "" if network.pretrained is None else how[network.pretrained]
    return f"{network.label} was trained {start}for {epochs}"


def _range(network: Network, index: Predictions) -> str:
    scores = [frame.miou.get(network.column) for frame in index.frames]
    known = [100 * score for score in scores if score is not None]
    return f"{network.label} {min(known):.1f} to {max(known):.1f} %" if known else f"{network.label} none"
