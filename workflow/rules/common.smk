# Configuration, the grid of runs, and what every rule shares.
#
# in:  params.yaml, workflow/scales/SCALE.yaml
# out: CONFIG, GRID, the folders of this scale; settings(COMMAND), execution(COMMAND) and code_of(COMMAND) for `params`
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, workflow.basedir)

from pipeline_src import places
from pipeline_src.artifacts import require_place_for
from pipeline_src.cli.boundary import told
from pipeline_src.config.datasets import described
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import given_params, resolve
from pipeline_src.config.priorities import FIRST, READY, Priorities
from pipeline_src.config.settings import execution_settings, result_settings
from pipeline_src.data.sources import missing_sets_message
from workflow.code import code_of
from workflow.progress import Progress
from workflow.requests import (
    remove_default_rate_limit,
    require_device,
    require_targets,
    targets_of,
)

ROOT = Path(workflow.basedir)
PARAMS = Path("params.yaml")

try:
    # Read here and not by Snakemake: it takes a key that stands twice, and makes text of what --config nests.
    GIVEN = given_params(
        [PARAMS, *map(Path, workflow.config_settings.configfiles)],
        workflow.config_settings.config or {},
    )
    CONFIG = resolve(GIVEN, ROOT / "workflow/scales", "params.yaml or --config")
    GRID = Grid(CONFIG)
    GRID.rows
except Exception as error:
    raise WorkflowError(told(error, sys.argv)) from None


configfile: str(PARAMS)  # now that it is known to be whole: Snakemake hands it on to a cluster's jobs


PROGRESS = Progress.install(workflow)
SCALE = CONFIG.scale
DATA, RESULTS, REPORTS, LOGS = (
    places.of_scale(folder, SCALE)
    for folder in ("data", places.RESULTS, places.REPORTS, places.LOGS)
)
CHECKPOINTS = f".checkpoints/{SCALE}"
try:
    for folder in (DATA, RESULTS, REPORTS, LOGS, CHECKPOINTS):
        require_place_for(Path(folder))
except Exception as error:
    raise WorkflowError(told(error, sys.argv)) from None


def source_of(dataset):
    """The configuration block of a data set."""
    return CONFIG.data.block(dataset)


def description_named(dataset):
    """Name or path of a set's description."""
    is_own = CONFIG.data.own is not None and dataset == GRID.main
    return CONFIG.data.own.description if is_own else dataset


@cache
def description_of(dataset):
    """What a set's description says: a rule that follows from it reruns when it changes."""
    return described(description_named(dataset)).model_dump_json()


def layout_option(dataset):
    """The option for a set's layout, where its settings have one."""
    layout = getattr(source_of(dataset), "layout", None)
    return option("layout", layout) if layout else ""


def coarse_option(dataset):
    """The option that leaves a set's coarse split out; none where it has none, or it is used."""
    layouts = described(description_named(dataset)).layouts.values()
    has_coarse = any(layout.splits.coarse for layout in layouts)
    return "--without-coarse" if has_coarse and not CONFIG.experiments.coarse else ""


def is_rendered(dataset):
    """Whether the project renders the set itself: nothing is configured, and the scale says what to render."""
    block = source_of(dataset)
    return block is not None and block.path is None and block.render is not None


def raw_root(dataset):
    """Root of a set's raw images."""
    return f"{DATA}/raw/{dataset}" if is_rendered(dataset) else source_of(dataset).path


missing = missing_sets_message(
    {
        description_named(name): source_of(name).path
        for name in GRID.datasets
        if not is_rendered(name)
    },
    coarse=CONFIG.experiments.coarse,
)
if missing:
    raise WorkflowError(f"scale {SCALE}: {missing}")


def blocks_of(command):
    """The settings that a command declares to read."""
    return import_module(f"pipeline_src.cli.{command}").BLOCKS


@cache
def settings(command, config=CONFIG):
    """The settings that a command's result follows from, for --settings: a rule reruns when one of them changes."""
    return result_settings(config, blocks_of(command))


def unwatched(value):
    """A parameter that changes how a job runs and no result: a change of it reruns nothing.

    Snakemake does not compare what is a function of `threads`.
    """
    return lambda wildcards, threads: value


def execution(command):
    """Of a command's settings those that change no result, for --execution."""
    return unwatched(execution_settings(CONFIG, blocks_of(command)))


def log_of(rule, name):
    """Where a job's log lies; rule, command, log and benchmark share the name."""
    return f"{LOGS}/{places.log(rule, name)}"


def benchmark_of(rule, name):
    """Where a job's benchmark lies."""
    return f"{LOGS}/{places.benchmark(rule, name)}"


def option(name, value):
    """An option with its value. Snakemake compares a job's parameters as a set, without their names: a bare
    value could trade places with another's, or hide behind one that is the same."""
    return f"--{name} {value}"


def input_size(dataset):
    """Deployed size of a data set as HEIGHTxWIDTH."""
    return places.size_text(GRID.input_size(dataset))


# What a user's own rules (`workflow.custom_rules`) add to: names of figures for the page, and other files to be made.
OWN_FIGURES = []
OWN_TARGETS = []
CUSTOM_RULES = [str(Path(one).absolute()) for one in CONFIG.workflow.custom_rules]
for one in CUSTOM_RULES:
    if not Path(one).is_file():
        raise WorkflowError(
            f"workflow.custom_rules: {one} is not there. Give the path of a file of rules, from this folder on."
        )


ARCHITECTURES = {one.name: one for one in GRID.architectures}
TRAININGS = {(one.architecture.name, one.name): one for one in GRID.trainings}


def genotype_path(name):
    """Where an architecture's genotype is made."""
    return f"{RESULTS}/{places.genotype(ARCHITECTURES[name])}"


def genotype_of(wildcards):
    """The genotype of the wildcard `architecture` or `backbone`; a peer has none."""
    one = network_of(wildcards)
    return [] if one.is_peer else genotype_path(one.name)


PRIORITIES = Priorities(GRID)


def claim_priority(wildcards):
    """Jobs come in the order in which claims become decidable: by network, and by training where it is one."""
    name = wildcards.get("architecture") or wildcards.get("backbone")
    run = TRAININGS.get((name, wildcards.get("training")))
    return PRIORITIES.of_training(run) if run else PRIORITIES.of_architecture(name)


wildcard_constraints:
    architecture=r"[^/]+",
    backbone=r"[^/]+",
    training=r"[^/]+",
    dataset="|".join({"cityscapes", "camvid", GRID.main}),
    size=r"\d+x\d+",
    index=r"\d+",
    split=r"val|test",
