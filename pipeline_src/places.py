"""Where everything lies that the graph makes: rules, report, pruning, provenance and status ask here.

Results are relative to `results/SCALE`, the report to `reports/SCALE`, logs to `logs/SCALE`.

The templates are what a rule's output is named by, with its wildcards; the functions fill them in for a run.
[no torch, no pandas]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.runs import Architecture, Evaluation, Search, Size, Training

LOOKUP_TABLE = "lut/{dataset}.json"
LOOKUP_CHECK = "lut/{dataset}_check.json"
SEARCH = "search/{architecture}"
SAMPLED = "architectures/{architecture}"
PRETRAINING = "pretrain/{backbone}"
FINETUNING = "finetune/{architecture}/{training}"
EVALUATION = "evaluate/{architecture}/{training}/{split}-{size}.json"
SUBMISSION = "evaluate/{architecture}/{training}/submission"
SPEEDS = "speed/networks.json"
"""The timings of all networks at all sizes: one interleaved run, so that they can be compared."""
PREDICTIONS = "predictions/{figure}"

RESULTS, REPORTS, LOGS = "results", "reports", "logs"
"""The folders of the checkout with a folder for each scale."""

TABLES, FIGURES = "tables", "figures"
CELLS_SUFFIX = ".cells.csv"
TABLE = f"{TABLES}/{{artefact}}.csv"
TABLE_CELLS = f"{TABLES}/{{artefact}}{CELLS_SUFFIX}"
TABLE_MARKDOWN = f"{TABLES}/{{artefact}}.md"
TABLE_LATEX = f"{TABLES}/{{artefact}}.tex"
FIGURE_DATA = f"{FIGURES}/{{artefact}}.csv"
PICTURE = f"{FIGURES}/{{figure}}.{{kind}}"
CURVES = "curves/{kind}.csv"
METRICS = "metrics.json"
NETWORKS = f"{TABLES}/networks.csv"
CLAIMS, CLAIMS_TABLE, AGREEMENT = "claims.json", "claims.csv", "agreement.csv"
PROVENANCE = "provenance.csv"
PAGE, SUMMARY = "index.html", "summary.md"
SUMMARY_PICTURES = ("summary.svg", "summary.png")

GENOTYPE = "genotype.json"
EPOCHS = "log.csv"
BACKBONE_WEIGHTS = "weights.safetensors"
LAST_WEIGHTS = "weights_last.safetensors"
BEST_WEIGHTS = "weights_best.safetensors"
PREDICTIONS_INDEX = "index.json"
ARCHIVE = "submission.zip"

KINDS = frozenset(
    place.split("/")[0]
    for place in (
        LOOKUP_TABLE, SEARCH, SAMPLED, PRETRAINING, FINETUNING, EVALUATION, SPEEDS, PREDICTIONS,
    )
)  # fmt: skip
"""The folders of `results/SCALE`, one for each kind of result."""
SHOWN_FIGURES: tuple[str, ...] = ("figure_8", "figure_9")
"""The figures that show predictions."""


def size_text(size: Size) -> str:
    """(768, 1536) -> 768x1536, as in the names of files and in `--input-size`."""
    return f"{size[0]}x{size[1]}"


def of_scale(folder: str, scale: str) -> str:
    """The folder of a scale: `results/tiny`."""
    return f"{folder}/{scale}"


def log(rule: str, name: str) -> str:
    """What a job of a rule says; its name is of the run that it makes."""
    return f"{rule}/{name}.log"


def benchmark(rule: str, name: str) -> str:
    """What Snakemake measures of a job: time and memory."""
    return f"benchmarks/{rule}/{name}.tsv"


def lookup_table(dataset: str) -> str:
    """A data set's table of latencies."""
    return LOOKUP_TABLE.format(dataset=dataset)


def lookup_check(dataset: str) -> str:
    """The check of a data set's table against measured networks."""
    return LOOKUP_CHECK.format(dataset=dataset)


def search_log(search: Search) -> str:
    """The epochs of a search."""
    return f"{SEARCH.format(architecture=search.name)}/{EPOCHS}"


def architecture(one: Architecture) -> str:
    """The folder of an architecture that has a genotype: its search, or among the sampled ones."""
    return (SAMPLED if one.search is None else SEARCH).format(architecture=one.name)


def genotype(one: Architecture) -> str:
    """A genotype, beside the log of its search or alone."""
    return f"{architecture(one)}/{GENOTYPE}"


def pretraining_log(backbone: str) -> str:
    """The epochs of a pretraining."""
    return f"{PRETRAINING.format(backbone=backbone)}/{EPOCHS}"


def backbone_weights(backbone: str) -> str:
    """The weights that a pretraining ends with."""
    return f"{PRETRAINING.format(backbone=backbone)}/{BACKBONE_WEIGHTS}"


def finetuning(training: Training) -> str:
    """The folder of a finetuning."""
    return FINETUNING.format(architecture=training.architecture.name, training=training.name)


def finetuning_log(training: Training) -> str:
    """The epochs of a finetuning."""
    return f"{finetuning(training)}/{EPOCHS}"


def last_weights(training: Training) -> str:
    """The weights of a finetuning's last epoch."""
    return f"{finetuning(training)}/{LAST_WEIGHTS}"


def evaluation(one: Evaluation) -> str:
    """The metrics of a training on a split at a size."""
    run = one.training
    return EVALUATION.format(
        architecture=run.architecture.name, training=run.name, split=one.split, size=size_text(one.size)
    )


def submission(training: Training) -> str:
    """The folder of what is sent to the benchmark."""
    return SUBMISSION.format(architecture=training.architecture.name, training=training.name)


def predictions(figure: str) -> str:
    """The index of the frames of figure 8 or 9; the pictures that it names lie beside it."""
    return f"{PREDICTIONS.format(figure=figure)}/{PREDICTIONS_INDEX}"


def predictions_of(grid: Grid, figure: str) -> dict[str, Evaluation]:
    """The networks that figure 8 or 9 shows, by their headings; none where the figure is not run."""
    return {row.label: one for row in grid.of_table(figure) for one in (*row.val, *row.test)}


def every_run(grid: Grid) -> frozenset[str]:
    """The folder or file of every run that a grid names; its record is in the folder or beside the file."""
    tables = {one.dataset for one in grid.searches} | {grid.main}
    return frozenset(
        (
            *map(lookup_table, tables),
            *map(lookup_check, tables),
            *(architecture(one) for one in grid.architectures if not one.is_peer),
            *(PRETRAINING.format(backbone=one) for one in grid.backbones),
            *map(finetuning, grid.trainings),
            *map(evaluation, grid.evaluations),
            *map(submission, grid.trainings),
            SPEEDS,
            *(PREDICTIONS.format(figure=one) for one in SHOWN_FIGURES if predictions_of(grid, one)),
        )
    )
