"""Every job of the graph with what it reads and writes: as the rules have it, without Snakemake. [no torch]

`tests/workflow/test_plan_graph.py` holds it against Snakemake's own dry run, job by job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.priorities import FIRST, READY, Priorities
from pipeline_src.config.runs import Architecture, Training
from pipeline_src.data.folders import MANIFEST_NAME
from pipeline_src.reporting.claims.sources import claim_sources
from pipeline_src.reporting.provenance.trace import provenance_sources
from pipeline_src.reporting.read.pictures import PICTURES
from pipeline_src.reporting.read.sources import TABLES, artifacts_of
from pipeline_src.reporting.tables.overview import CURVES, overview_sources

DRAWN_FIGURES = ("figure_1", "figure_5", "figure_6")
"""Figures whose numbers lie in a table of their own."""
STAGES: Mapping[str, tuple[str, ...]] = {
    "data": (
        "render_scenes", "render_objects", "prepare_data", "prepare_imagenet",
    ),
    "latency": ("measure_lut", "check_lut"),
    "search": ("search_architecture",),
    "baselines": (
        "sample_random", "sample_matched", "sample_control", "sample_downsampling", "sample_aggregation",
    ),
    "pretrain": ("pretrain_backbone",),
    "finetune": ("finetune_network",),
    "evaluate": ("evaluate_network", "export_submission", "draw_predictions"),
    "speed": ("measure_speeds",),
    "report": (
        "tabulate_table", "collect_figure", "collect_overview", "plot_figure", "judge_claims",
        "trace_provenance", "render_report",
    ),
}  # fmt: skip
"""The stages in the order of the work, and their rules."""
ALONE = frozenset(STAGES["latency"]) | frozenset(STAGES["speed"])
"""Measurements: nothing runs beside them."""
ON_DEVICE = frozenset(("search_architecture", "pretrain_backbone", "finetune_network")) | frozenset(
    STAGES["evaluate"]
)
"""What needs a device, one or several; measurements take all."""


@dataclass(frozen=True)
class Task:
    """One job.

    Attributes:
        rule, name: as its log is named.
        inputs, outputs: relative to the checkout.
        priority: larger first.
        architecture: of a job on one network. training: of a finetuning or its evaluation.
        size: (height, width) that a network is run at, where the job has one. split: that is judged.
        dataset: that is read or measured for; empty where there is none.
    """

    rule: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    priority: int = 0
    architecture: Architecture | None = None
    training: Training | None = None
    size: tuple[int, int] | None = None
    dataset: str = ""
    split: str = ""


class Graph:
    """The jobs behind `reproduce_tables`, and which wait for which."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.priorities = grid, Priorities(grid)
        self.scale = grid.config.scale
        self.tasks = tuple(
            task
            for part in (
                self._data(), self._latency(), self._architectures(), self._trainings(), self._judged(),
                self._timed(), self._report(),
            )
            for task in part
        )  # fmt: skip
        self.maker = {path: task for task in self.tasks for path in task.outputs}

    def waits_for(self, task: Task) -> tuple[Task, ...]:
        """The jobs whose outputs a job reads."""
        return tuple(dict.fromkeys(self.maker[path] for path in task.inputs if path in self.maker))

    def result(self, path: str) -> str:
        """A place below `results/SCALE`."""
        return f"{places.of_scale(places.RESULTS, self.scale)}/{path}"

    def report(self, path: str) -> str:
        """A place below `reports/SCALE`."""
        return f"{places.of_scale(places.REPORTS, self.scale)}/{path}"

    def manifest(self, dataset: str) -> str:
        """The manifest of a prepared set."""
        return f"data/{self.scale}/{dataset}/{MANIFEST_NAME}"

    def _results(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.result, paths))

    def _data(self) -> Iterator[Task]:
        for dataset in self.grid.datasets:
            raw = f"data/{self.scale}/raw/{dataset}/rendered.json"
            rendered = self.grid.is_rendered(dataset)
            if rendered:
                rule = "render_objects" if dataset == "imagenet" else "render_scenes"
                yield Task(rule, dataset, (), (raw,), dataset=dataset)
            inputs = (raw,) if rendered else ()
            rule = "prepare_imagenet" if dataset == "imagenet" else "prepare_data"
            yield Task(rule, dataset, inputs, (self.manifest(dataset),), dataset=dataset)

    def _latency(self) -> Iterator[Task]:
        for dataset in sorted({one.dataset for one in self.grid.searches} | {self.grid.main}):
            table, size = self.result(places.lookup_table(dataset)), self.grid.input_size(dataset)
            yield Task("measure_lut", dataset, (), (table,), READY, dataset=dataset, size=size)
        table, check = (one(self.grid.main) for one in (places.lookup_table, places.lookup_check))
        yield Task(
            "check_lut",
            self.grid.main,
            (self.result(table),),
            (self.result(check),),
            dataset=self.grid.main,
            size=self.grid.input_size(self.grid.main),
        )

    def _architectures(self) -> Iterator[Task]:
        for one in self.grid.architectures:
            if one.search is not None:
                folder = places.SEARCH.format(architecture=one.name)
                yield Task(
                    "search_architecture",
                    one.name,
                    (self.manifest(one.search.dataset), self.result(places.lookup_table(one.search.dataset))),
                    self._results((f"{folder}/{places.GENOTYPE}", f"{folder}/{places.EPOCHS}")),
                    self.priorities.of_architecture(one.name),
                    one,
                    dataset=one.search.dataset,
                )
            elif not one.is_peer:
                yield self._sampled(one)

    def _sampled(self, one: Architecture) -> Task:
        kinds = {
            "random": "sample_random",
            "matched": "sample_matched",
            "control": "sample_control",
            "downsampling": "sample_downsampling",
        }
        rule = kinds.get(one.kind, "sample_aggregation")
        name = one.name.removeprefix(f"{rule.removeprefix('sample_')}-")
        inputs = [] if one.kind == "random" else [places.genotype(self.grid.network_a)]
        if one.kind == "matched":
            inputs.append(places.lookup_table(self.grid.main))
        outputs = (self.result(places.genotype(one)),)
        return Task(rule, name, self._results(inputs), outputs, READY, one)

    def _genotype(self, one: Architecture) -> tuple[str, ...]:
        return () if one.is_peer else (self.result(places.genotype(one)),)

    def _trainings(self) -> Iterator[Task]:
        known = {one.name: one for one in self.grid.architectures}
        for backbone in self.grid.backbones:
            log, weights = places.pretraining_log(backbone), places.backbone_weights(backbone)
            yield Task(
                "pretrain_backbone",
                backbone,
                (*self._genotype(known[backbone]), self.manifest("imagenet")),
                self._results((weights, log)),
                self.priorities.of_architecture(backbone),
                known[backbone],
                dataset="imagenet",
            )
        for run in self.grid.trainings:
            one, folder = run.architecture, places.finetuning(run)
            before = [self.result(places.backbone_weights(one.backbone))] if one.backbone else []
            names = (places.LAST_WEIGHTS, places.BEST_WEIGHTS, places.EPOCHS)
            yield Task(
                "finetune_network",
                f"{one.name}-{run.name}",
                (*self._genotype(one), *before, self.manifest(run.dataset)),
                self._results(f"{folder}/{name}" for name in names),
                self.priorities.of_training(run),
                one,
                run,
                dataset=run.dataset,
            )

    def _judged(self) -> Iterator[Task]:
        for judged in self.grid.evaluations:
            run, size = judged.training, places.size_text(judged.size)
            folder = places.finetuning(run)
            weights = self._results(f"{folder}/{name}" for name in (places.LAST_WEIGHTS, places.BEST_WEIGHTS))
            yield Task(
                "evaluate_network",
                f"{run.architecture.name}-{run.name}-{judged.split}-{size}",
                (*weights, *self._genotype(run.architecture), self.manifest(run.dataset)),
                (self.result(places.evaluation(judged)),),
                self.priorities.of_training(run),
                run.architecture,
                run,
                judged.size,
                run.dataset,
                judged.split,
            )
        for run in self.grid.trainings:
            if run.dataset == "cityscapes" and run.split == "trainval":
                yield Task(
                    "export_submission",
                    f"{run.architecture.name}-{run.name}",
                    (
                        self.result(places.last_weights(run)),
                        *self._genotype(run.architecture),
                        self.manifest("cityscapes"),
                    ),
                    (self.result(f"{places.submission(run)}/{places.ARCHIVE}"),),
                    0,
                    run.architecture,
                    run,
                    self.grid.input_size("cityscapes"),
                    "cityscapes",
                    "test",
                )
        for figure in places.SHOWN_FIGURES:
            shown = list(places.predictions_of(self.grid, figure).values())
            if shown:
                dataset = shown[0].training.dataset
                weights = self._results(places.last_weights(one.training) for one in shown)
                yield Task(
                    "draw_predictions",
                    figure,
                    (*weights, self.manifest(dataset)),
                    (self.result(places.predictions(figure)),),
                    size=self.grid.input_size(dataset),
                    dataset=dataset,
                )

    def _timed(self) -> Iterator[Task]:
        timed = dict.fromkeys(speed.architecture for speed in self.grid.speeds)
        genotypes = tuple(path for one in timed for path in self._genotype(one))
        yield Task("measure_speeds", "networks", genotypes, (self.result(places.SPEEDS),))

    def _report(self) -> Iterator[Task]:
        grid = self.grid
        for table in TABLES:
            makes = (places.TABLE, places.TABLE_CELLS, places.TABLE_MARKDOWN, places.TABLE_LATEX)
            outputs = tuple(self.report(place.format(artefact=table)) for place in makes)
            yield Task("tabulate_table", table, self._results(artifacts_of(grid, table)), outputs)
        for figure in DRAWN_FIGURES:
            data = self.report(places.FIGURE_DATA.format(artefact=figure))
            yield Task("collect_figure", figure, self._results(artifacts_of(grid, figure)), (data,))
        curves = (self.report(places.CURVES.format(kind=kind)) for kind in CURVES)
        overview = (self.report(places.METRICS), self.report(places.NETWORKS), *curves)
        yield Task("collect_overview", "overview", self._results(overview_sources(grid)), overview)
        for name, entry in PICTURES.items():
            kinds = ("json", "svg", "pdf", "png")  # its record lies beside the words
            pictures = tuple(self.report(places.PICTURE.format(figure=name, kind=kind)) for kind in kinds)
            sources = self._results(entry.sources(grid))
            yield Task("plot_figure", name, sources, pictures, 0 if sources else FIRST)
        claims = (places.CLAIMS, places.CLAIMS_TABLE, places.AGREEMENT)
        outputs = tuple(map(self.report, claims))
        yield Task("judge_claims", "claims", self._results(claim_sources(grid)), outputs)
        provenance = (self.report(places.PROVENANCE),)
        yield Task("trace_provenance", "provenance", self._results(provenance_sources(grid)), provenance)
        yield Task("render_report", "report", self._behind_the_page(), (self.report(places.PAGE),))

    def _behind_the_page(self) -> tuple[str, ...]:
        """The page counts the hours of every step, so all of them come before it."""
        paths = [places.TABLE_CELLS.format(artefact=one) for one in TABLES]
        paths += [places.FIGURE_DATA.format(artefact=one) for one in DRAWN_FIGURES]
        paths += [places.PICTURE.format(figure=name, kind="json") for name in PICTURES]
        paths += [places.CLAIMS, places.METRICS, places.NETWORKS]
        runs = [places.lookup_check(self.grid.main)]
        runs += [
            f"{places.submission(run)}/{places.ARCHIVE}"
            for run in self.grid.trainings
            if run.dataset == "cityscapes" and run.split == "trainval"
        ]
        return (*map(self.report, paths), *self._results(runs))
