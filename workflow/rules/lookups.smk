# What the rules ask of a wildcard: which search, which training, on what, from which files.
#
# in:  CONFIG, GRID and the folders of common.smk
# out: functions for `input` and `params`
from pipeline_src.reporting.sources import artifacts_of

SEARCHES = {one.name: one for one in GRID.searches}


def raw_marker(dataset):
    """What tells that a raw set has changed: the marker of a rendered one, else DVC's file beside the folder."""
    if is_rendered(dataset):
        return [f"{DATA}/raw/{dataset}/rendered.json"]
    if source_of(dataset) is None or source_of(dataset).path is None:
        return []
    pointer = f"{raw_root(dataset).rstrip('/')}.dvc"
    return [pointer] if Path(pointer).exists() else []


def search_of(wildcards):
    """The search of the wildcard `architecture`."""
    return SEARCHES[wildcards.architecture]


def search_crop(wildcards):
    """Crop that the search trains on."""
    block = source_of(search_of(wildcards).dataset)
    return size_text((block.search_crop_height_px, block.search_crop_width_px))


def training_of(wildcards):
    """The training of the wildcards `architecture` and `training`."""
    return TRAININGS[wildcards.architecture, wildcards.training]


def training_splits(wildcards):
    """Splits trained on: fine, with the validation set for the benchmark's test set, and coarse for `*` rows."""
    run = training_of(wildcards)
    splits = searched_splits(run.dataset) if run.split == "train" else "train,val"
    return splits + (",coarse" if run.coarse else "")


def best_epoch_split(wildcards):
    """The option for the split that picks the best epoch; none where it is trained on."""
    run = training_of(wildcards)
    return (
        f"--validation-split {judged_split(run.dataset)}"
        if run.split == "train"
        else ""
    )


def training_crop(wildcards):
    """Crop that finetuning trains on."""
    block = source_of(training_of(wildcards).dataset)
    return size_text((block.crop_height_px, block.crop_width_px))


def artifacts(wildcards):
    """Every result that a table or figure is made from."""
    return [f"{RESULTS}/{path}" for path in artifacts_of(GRID, wildcards.artefact)]
