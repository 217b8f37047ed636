# What the rules ask of a wildcard: which search, which training, on what, from which files.
#
# in:  CONFIG, GRID and the folders of common.smk
# out: functions for `input` and `params`
from functools import cache
from itertools import takewhile
from shlex import quote

from pipeline_src.config.runs import BENCHMARK_SPLITS
from pipeline_src.data.raw_state import doubts_in
from pipeline_src.data.raw_state import raw_state as raw_state_of
from pipeline_src.reporting.read.sources import artifacts_of

MOVED = [one for one in GRID.architectures if one.kind == "downsampling"]
SEARCHES = {one.name: one for one in GRID.searches}
TIMED = list(dict.fromkeys(one.architecture for one in GRID.speeds))
SHOWN = {name: places.predictions_of(GRID, name) for name in places.SHOWN_FIGURES}


def raw_marker(dataset):
    """The marker of a set that the project renders: it is rendered before it is prepared."""
    return [f"{DATA}/raw/{dataset}/rendered.json"] if is_rendered(dataset) else []


@cache
def raw_state(dataset):
    """What tells that a raw set has changed since it was prepared; cached, since it looks at every file once."""
    return raw_state_of(
        Path(raw_root(dataset)), Path(DATA, dataset), rendered=is_rendered(dataset)
    )


if workflow.is_main_process:  # a cluster's jobs look only at what they prepare
    try:
        for one in GRID.datasets:
            raw_state(one)
    except Exception as error:
        raise WorkflowError(told(error, sys.argv)) from None


def say_doubts():
    """Print what the preparation of the sets warned of: their logs are read only when something fails."""
    for dataset in GRID.datasets if workflow.is_main_process else ():
        for doubt in doubts_in(Path(DATA, dataset)):
            print(f"Look at the data: {dataset}: {doubt}", file=sys.stderr)


def search_of(wildcards):
    """The search of the wildcard `architecture`."""
    return SEARCHES[wildcards.architecture]


def null_option(wildcards):
    """The option for what a null search lacks; none for a search proper."""
    null = search_of(wildcards).null
    return option("null", null) if null else ""


def search_crop(wildcards):
    """The option for the crop that the search trains on."""
    block = source_of(search_of(wildcards).dataset)
    size = (block.search_crop_height_px, block.search_crop_width_px)
    return option("crop-size", places.size_text(size))


def training_of(wildcards):
    """The training of the wildcards `architecture` and `training`."""
    return TRAININGS[wildcards.architecture, wildcards.training]


def training_splits(wildcards):
    """The option for the splits trained on: fine, with the validation set for the benchmark's test set, and coarse
    for `*` rows."""
    run = training_of(wildcards)
    fine = (
        GRID.splits(run.dataset).trained if run.split == "train" else BENCHMARK_SPLITS
    )
    return option("splits", ",".join((*fine, *(["coarse"] if run.coarse else []))))


def best_epoch_split(wildcards):
    """The option for the split that picks the best epoch; none where it is trained on."""
    run = training_of(wildcards)
    return (
        option("validation-split", GRID.splits(run.dataset).judged)
        if run.split == "train"
        else ""
    )


def training_seed(wildcards):
    """The option for the seed of a training: the configuration's own, or a repeat's."""
    seed = training_of(wildcards).seed
    return option("seed", CONFIG.seed if seed is None else seed)


def training_crop(wildcards):
    """The option for the crop that finetuning trains on."""
    block = source_of(training_of(wildcards).dataset)
    size = (block.crop_height_px, block.crop_width_px)
    return option("crop-size", places.size_text(size))


def depth_option(depths):
    """The option for the initial numbers of cells."""
    return option("depths", ",".join(map(str, depths)))


def classes_of(dataset):
    """The number of classes of a data set."""
    return len(described(description_named(dataset)).classes)


def class_option(wildcards):
    """The option for the number of classes of the wildcard `dataset`."""
    return option("num-classes", classes_of(wildcards.dataset))


def backbone_of(wildcards):
    """The pretrained backbone of the wildcard `architecture`, if it has one."""
    one = ARCHITECTURES[wildcards.architecture]
    return f"{RESULTS}/{places.backbone_weights(one.backbone)}" if one.backbone else []


def network_of(wildcards):
    """The architecture of the wildcard `architecture`, or the one that the wildcard `backbone` is named for."""
    name = getattr(wildcards, "architecture", None) or wildcards.backbone
    return ARCHITECTURES[name]


def network_options(wildcards, input):
    """The options that say which network a command is about: `--genotype` or `--peer`, and `--backbone`."""
    one = network_of(wildcards)
    backbone = input.get("backbone")
    return (
        f"--peer {one.name}" if one.is_peer else f"--genotype {quote(input.genotype)}"
    ) + (f" --backbone {quote(backbone)}" if backbone else "")


def network_code(command):
    """A command's code; of other systems only the one that the job builds."""

    def code(wildcards):
        one = network_of(wildcards)
        return code_of(command, peers=frozenset({one.name} if one.is_peer else ()))

    return code


def timed_networks():
    """The options that name the networks that are timed."""
    return " ".join(
        f"--network {quote(one.name)} {quote(one.name if one.is_peer else genotype_path(one.name))}"
        for one in TIMED
    )


def timed_sizes():
    """The options that say at which sizes and in which forms which networks are timed."""
    networks = {}
    for speed, forms in GRID.speeds.items():
        key = (speed.dataset, places.size_text(speed.size), ",".join(forms))
        networks.setdefault(key, []).append(speed.architecture.name)
    return " ".join(
        f"--at {dataset} {classes_of(dataset)} {size} {forms} {quote(','.join(names))}"
        for (dataset, size, forms), names in networks.items()
    )


def finetune_settings(wildcards):
    """The settings of a finetuning; a peer's may have fewer epochs."""
    if not ARCHITECTURES[wildcards.architecture].is_peer:
        return settings("finetune_network")
    epochs = CONFIG.experiments.peer_epochs or CONFIG.finetune.epochs
    recipe = CONFIG.finetune.model_copy(update={"epochs": epochs})
    return settings("finetune_network", CONFIG.model_copy(update={"finetune": recipe}))


def last_weights(training):
    """The weights of a training's last epoch."""
    return f"{RESULTS}/{places.last_weights(training)}"


def shown_set(wildcards):
    """The data set of the wildcard `figure`."""
    return next(iter(SHOWN[wildcards.figure].values())).training.dataset


def shown_networks(wildcards):
    """The options that name the columns of a figure and their weights."""
    return " ".join(
        f"--network {quote(label)} {quote(last_weights(one.training))}"
        for label, one in SHOWN[wildcards.figure].items()
    )


def shown_code(wildcards):
    """The code that draws a figure's predictions; of other systems those that it shows."""
    shown = (one.training.architecture for one in SHOWN[wildcards.figure].values())
    return code_of(
        "draw_predictions", peers=frozenset(one.name for one in shown if one.is_peer)
    )


def artifacts(wildcards):
    """Every result that a table or figure is made from."""
    return [f"{RESULTS}/{path}" for path in artifacts_of(GRID, wildcards.artefact)]


def run_before(wildcards):
    """The options that name the networks of Table 5 that come before one: what equals them is not run again."""
    moved = {one.name.removeprefix("downsampling-"): one.name for one in MOVED}
    before = takewhile(lambda item: item[0] != wildcards.positions, moved.items())
    return " ".join(f"--run-before {name}={text}" for text, name in before)


def own_pictures():
    """The files of the figures that a user's own rules add to the page."""
    return expand(
        f"{REPORTS}/{places.PICTURE}", figure=OWN_FIGURES, kind=("svg", "json")
    )
