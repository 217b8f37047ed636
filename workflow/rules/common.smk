# Configuration, the grid of runs, and what every rule shares.
#
# in:  params.yaml, workflow/scales/SCALE.yaml
# out: CONFIG, GRID, the folders of this scale
import json
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, workflow.basedir)

from pipeline_src import places
from pipeline_src.artifacts import require_place_for
from pipeline_src.cli.boundary import told
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import given_params, resolve
from pipeline_src.data.sources import missing_sets_message

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


SCALE = CONFIG.scale
DATA, RESULTS, REPORTS, LOGS = (
    f"{folder}/{SCALE}" for folder in ("data", "results", "reports", "logs")
)
CHECKPOINTS = f".checkpoints/{SCALE}"
try:
    for folder in (DATA, RESULTS, REPORTS, LOGS, CHECKPOINTS):
        require_place_for(Path(folder))
except Exception as error:
    raise WorkflowError(told(error, sys.argv)) from None
DATASETS = sorted({one.dataset for one in (*GRID.trainings, *GRID.searches)})


def source_of(dataset):
    """The configuration block of cityscapes, camvid or imagenet."""
    return getattr(CONFIG.data, dataset)


def is_rendered(dataset):
    """Whether the project renders the set itself: nothing is configured, and the scale says what to render."""
    block = source_of(dataset)
    return block is not None and block.path is None and block.render is not None


def raw_root(dataset):
    """Root of a set's raw images."""
    return f"{DATA}/raw/{dataset}" if is_rendered(dataset) else source_of(dataset).path


missing = missing_sets_message(
    {
        name: source_of(name).path
        for name in (*DATASETS, "imagenet")
        if not is_rendered(name)
    },
    coarse=CONFIG.experiments.coarse,
)
if missing:
    raise WorkflowError(f"scale {SCALE}: {missing}")


# Keys that say how jobs are started, not what they do: a job does not rerun when one of them changes.
SCHEDULING = {"runtime": {"processes", "job_minutes_max"}}


def settings(*blocks, **replaced):
    """The blocks of the configuration that a rule depends on, as the JSON that --settings takes.

    A rule that names its blocks reruns when one of their keys changes, and only then.
    """
    chosen = {
        block: getattr(CONFIG, block).model_dump(
            mode="json", exclude=SCHEDULING.get(block)
        )
        for block in blocks
    }
    return json.dumps({**chosen, **replaced}, separators=(",", ":"))


def modules(command, *packages):
    """The source files a command runs: Snakemake sees only what is an input."""
    files = [ROOT / "pipeline_src/cli" / f"{command}.py"]
    for package in packages:
        files += sorted((ROOT / "pipeline_src" / package).rglob("*.py"))
    return [str(path.relative_to(ROOT)) for path in files]


def input_size(dataset):
    """Deployed size of a data set as HEIGHTxWIDTH."""
    return places.size_text(GRID.input_size(dataset))


ARCHITECTURES = {one.name: one for one in GRID.architectures}
TRAININGS = {(one.architecture.name, one.name): one for one in GRID.trainings}


def genotype_path(name):
    """Where an architecture's genotype is made."""
    return f"{RESULTS}/{places.genotype(ARCHITECTURES[name])}"


def genotype_of(wildcards):
    """The genotype of the wildcard `architecture` or `backbone`; a peer has none."""
    one = network_of(wildcards)
    return [] if one.is_peer else genotype_path(one.name)


wildcard_constraints:
    architecture=r"[^/]+",
    backbone=r"[^/]+",
    training=r"[^/]+",
    dataset=r"cityscapes|camvid",
    size=r"\d+x\d+",
    index=r"\d+",
    split=r"val|test",
