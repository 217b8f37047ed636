"""Bad input: exit status 2, a message that names the place, the fault and the remedy, and no output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_stand_ins import SETTINGS, SIZE, Steps
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import ClassificationNetwork
from pipeline_src.space.reach import cell_keys
from pipeline_src.training.checkpoint import save_weights

Refused = Callable[..., str]


def first(folder: Path) -> Path:
    return sorted(path for path in folder.rglob("*") if path.suffix == ".png" or path.suffix == ".jpg")[0]


def image_and_label(steps: Steps, name: str) -> tuple[Path, Path]:
    """The first training image of a raw set, and its label."""
    if name == "camvid":
        folder = steps.raw / name / "train"
        return first(folder / "images"), first(folder / "labels")
    image = first(steps.raw / name / "leftImg8bit" / "train")
    label = next((steps.raw / name / "gtFine" / "train").rglob("*_gtFine_labelIds.png"))
    stem = label.name.removesuffix("_gtFine_labelIds.png")
    return next(image.parent.parent.rglob(f"{stem}_leftImg8bit.png")), label


def cut(path: Path, share: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def no_manifest(steps: Steps) -> bool:
    """Checked labels may stand already, but nothing says that the set is prepared, and all are whole."""
    names = [path.name for path in steps.written()]
    return "manifest.json" not in names and not any(name.startswith(".") for name in names)


# Data sets


@pytest.mark.parametrize("name", ["cityscapes", "camvid", "imagenet"])
def test_a_missing_data_folder(steps: Steps, refused: Refused, name: str) -> None:
    shutil.rmtree(steps.raw / name)
    refused(
        steps.prepare(name),
        steps.raw / name, "does not exist", "to be had at", "layout:", f"data.{name}.path",
    )  # fmt: skip
    assert steps.written() == []


@pytest.mark.parametrize("name", ["cityscapes", "camvid"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_an_unreadable_image(steps: Steps, refused: Refused, name: str, share: float) -> None:
    image, _ = image_and_label(steps, name)
    cut(image, share)
    refused(steps.prepare(name), image, "cannot be decoded", "Fetch or unpack this file again.")
    assert no_manifest(steps)


def test_a_truncated_label(steps: Steps, refused: Refused) -> None:
    _, label = image_and_label(steps, "cityscapes")
    cut(label)
    refused(steps.prepare("cityscapes"), label, "cannot be decoded")
    assert no_manifest(steps)


def test_a_truncated_photograph_of_a_class(steps: Steps, refused: Refused) -> None:
    image = first(steps.raw / "imagenet" / "train")
    cut(image)
    refused(steps.prepare("imagenet"), image, "cannot be decoded")
    assert no_manifest(steps)


@pytest.mark.parametrize("name", ["cityscapes", "camvid"])
def test_an_image_and_a_label_of_different_size(steps: Steps, refused: Refused, name: str) -> None:
    image, label = image_and_label(steps, name)
    Image.fromarray(np.zeros((30, 64), np.uint8)).save(label)
    refused(steps.prepare(name), label, "64x30", image, "64x32", "must have the same size")
    assert no_manifest(steps)


@pytest.mark.parametrize(("name", "value"), [("cityscapes", 34), ("camvid", 12)])
def test_an_unknown_label_value(steps: Steps, refused: Refused, name: str, value: int) -> None:
    _, label = image_and_label(steps, name)
    Image.fromarray(np.full((32, 64), value, np.uint8)).save(label)
    refused(steps.prepare(name), label, f"unknown label value {value}", "Use the")
    assert no_manifest(steps)


@pytest.mark.parametrize("name", ["cityscapes", "camvid"])
def test_an_empty_split(steps: Steps, refused: Refused, name: str) -> None:
    below = "leftImg8bit/val" if name == "cityscapes" else "val/images"
    for image in (steps.raw / name / below).rglob("*.*"):
        image.unlink()
    refused(steps.prepare(name), steps.raw / name, "no images in split 'val'", "layout")
    assert no_manifest(steps)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_frame_in_two_splits(steps: Steps, refused: Refused, renamed: bool) -> None:
    image, label = image_and_label(steps, "camvid")
    stem = "another" if renamed else image.stem
    for source, kind in ((image, "images"), (label, "labels")):
        shutil.copy(source, steps.raw / "camvid" / "val" / kind / f"{stem}{source.suffix}")
    problem = (
        "has the same content as" if renamed else f"frame {image.stem} is in split 'train' and in split 'val'"
    )
    refused(steps.prepare("camvid"), problem, "A frame may be in one split")
    assert no_manifest(steps)


def test_a_label_without_its_file(steps: Steps, refused: Refused) -> None:
    image, label = image_and_label(steps, "cityscapes")
    label.unlink()
    refused(steps.prepare("cityscapes"), image, f"has no label {label.name} in", "Unpack the labels")


def test_raw_images_that_have_gone_since(steps: Steps, refused: Refused) -> None:
    shutil.move(steps.raw / "camvid", steps.raw / "elsewhere")
    refused(steps.finetune(), steps.raw / "camvid")
    assert steps.written() == []


def test_an_image_that_was_spoilt_since(steps: Steps, refused: Refused) -> None:
    image, _ = image_and_label(steps, "camvid")
    cut(image)
    refused(steps.finetune(), image, "is not the file that was prepared")
    assert steps.written() == []


@pytest.mark.parametrize("spoil", [lambda path: cut(path), lambda path: path.write_text("{}"), Path.unlink])
def test_a_spoilt_manifest(steps: Steps, refused: Refused, spoil: Callable[[Path], None]) -> None:
    manifest = steps.prepared / "camvid" / "manifest.json"
    spoil(manifest)
    refused(steps.evaluate(), manifest)
    assert steps.written() == []


def test_an_unknown_split(steps: Steps, refused: Refused) -> None:
    refused(steps.evaluate("coarse"), "has no split 'coarse'; it has train, val, test")
    assert steps.written() == []


@pytest.mark.parametrize("step", ["search", "pretrain", "finetune"])
def test_a_set_smaller_than_a_batch(steps: Steps, refused: Refused, step: str) -> None:
    words = getattr(steps, step)(**{step: {"batch_size": 64}})
    refused(words, "has 4 images", "fewer than a batch of 64", "Lower batch_size")
    assert steps.written() == []


# Settings


@pytest.mark.parametrize(
    ("step", "over", "parts"),
    [
        ("search", {"search": {"epoch": 3}}, ("search.epoch", "Did you mean 'epochs'?")),
        ("finetune", {"finetune": {"learning_rate": 1}}, ("finetune.learning_rate", "is not a known key")),
        ("pretrain", {"pretrian": {}}, ("pretrian", "Did you mean 'pretrain'?")),
        ("search", {"search": {"batch_size": 0}}, ("search.batch_size", "equal to 1", "(it is 0)")),
        ("finetune", {"finetune": {"lr": -1.0}}, ("finetune.lr", "greater than 0")),
        ("finetune", {"finetune": {"lr": "fast"}}, ("finetune.lr", "(it is 'fast')")),
        ("finetune", {"finetune": {"optimizer": "Adam"}}, ("finetune.optimizer", "Did you mean 'adam'?")),
        ("evaluate", {"runtime": {"precision": "int4"}}, ("runtime.precision", "'float32'")),
        ("sample", {"space": {"stem_strides": [2, 3]}}, ("space.stem_strides.1",)),
    ],
)  # fmt: skip
def test_a_wrong_setting(
    steps: Steps, refused: Refused, step: str, over: dict, parts: tuple[str, ...]
) -> None:
    refused(getattr(steps, step)(**over), "--settings", *parts, "Mend the key")
    assert steps.written() == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"space": {', ("--settings: is not readable JSON", "Mend the JSON")),
        ('{"runtime": {}}', ("lacks space", "Give each block")),
        ("nowhere.yaml", ("nowhere.yaml: does not exist",)),
    ],
)
def test_settings_that_cannot_be_read(
    steps: Steps, refused: Refused, text: str, parts: tuple[str, ...]
) -> None:
    words = steps.sample()
    words[words.index("--settings") + 1] = text
    refused(words, *parts)
    assert steps.written() == []


# Lookup tables and genotypes


def reachable_by_search() -> list[str]:
    """The key of a separable convolution that halves the size of the first hyper-cell's input."""
    height, width = map(int, SIZE.split("x"))
    keys = cell_keys(SpaceConfig.model_validate(SETTINGS["space"]), (height, width), 0, "reduction")
    return [key.text for key in keys[0] if key.operation == "sepconv3x3"]


def edit(path: Path, change: Callable[[dict], None]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def test_a_lookup_table_of_another_device(steps: Steps, refused: Refused) -> None:
    edit(steps.lut, lambda table: table["fingerprint"].update(device="Titan XP"))
    refused(
        steps.search(),
        "lookup table",
        "device is 'Titan XP', not",
        "measure-lut",
        "latency.allow_other_device",
    )
    assert steps.written() == []


def test_another_devices_table_is_used_when_the_user_says_so(steps: Steps) -> None:
    edit(steps.lut, lambda table: table["fingerprint"].update(device="Titan XP"))
    assert main(steps.search(latency={"allow_other_device": True})) == 0
    assert {"genotype.json", "log.csv", "run.json"} == {path.name for path in steps.written()}


def test_a_lookup_table_that_lacks_a_key(steps: Steps, refused: Refused) -> None:
    # Every search reaches a reduction cell of the first hyper-cell.
    (key,) = reachable_by_search()
    edit(steps.lut, lambda table: table["entries"].pop(key))
    refused(steps.search(), "lookup table", f"has no entry {key}", "autortnet measure-lut --input-size")
    assert steps.written() == []


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (cut, "is not readable JSON"),
        (lambda path: path.write_text("[]"), "is not a lookup table"),
        (Path.unlink, "does not exist"),
    ],
)
def test_a_spoilt_lookup_table(
    steps: Steps, refused: Refused, spoil: Callable[[Path], None], problem: str
) -> None:
    spoil(steps.lut)
    refused(steps.search(), steps.lut, problem, "autortnet measure-lut")
    assert steps.written() == []


@pytest.mark.parametrize("step", ["pretrain", "finetune"])
def test_a_genotype_of_another_space(steps: Steps, refused: Refused, step: str) -> None:
    words = getattr(steps, step)(space={"initial_channels": 6})
    refused(
        words, steps.genotype, "another search space", "initial_channels is 2, here 6", "`space` settings"
    )
    assert steps.written() == []


@pytest.mark.parametrize("step", ["pretrain", "finetune", "evaluate"])
def test_a_truncated_genotype(steps: Steps, refused: Refused, step: str) -> None:
    cut(steps.genotype)
    refused(getattr(steps, step)(), steps.genotype, "is not readable JSON")
    assert steps.written() == []


def test_a_genotype_with_an_unknown_operation(steps: Steps, refused: Refused) -> None:
    edit(steps.genotype, lambda genotype: genotype["hyper_cells"][0]["normal"].__setitem__(0, "conv7x7"))
    refused(steps.finetune(), steps.genotype, "'conv7x7' is not an operation of this space")
    assert steps.written() == []


# Weights and checkpoints


@pytest.mark.parametrize(
    ("step", "name"), [("finetune", "backbone"), ("evaluate", "weights"), ("predict", "weights")]
)
def test_truncated_weights(steps: Steps, refused: Refused, step: str, name: str) -> None:
    path: Path = getattr(steps, name)
    cut(path, 0.9)
    refused(getattr(steps, step)(), path, "is truncated", "Run the step that makes it again")
    assert steps.written() == []


def test_weights_with_one_changed_byte(steps: Steps, refused: Refused) -> None:
    content = bytearray(steps.weights.read_bytes())
    content[-1] ^= 1
    steps.weights.write_bytes(content)
    refused(steps.predict(), steps.weights, "was altered (its checksum differs)")
    assert steps.written() == []


def test_a_backbone_of_another_genotype(steps: Steps, refused: Refused) -> None:
    genotype = Genotype.load(steps.genotype)
    deeper = [{**cell.model_dump(), "depth": cell.depth + 1} for cell in genotype.hyper_cells]
    other = ClassificationNetwork(genotype.with_(hyper_cells=deeper), 2).state_dict()
    save_weights(steps.backbone, other, {})
    refused(steps.finetune(), steps.backbone, "too many keys", "Pretrain the backbone of this very genotype")
    assert steps.written() == []


@pytest.mark.parametrize("step", ["search", "pretrain", "finetune"])
def test_only_truncated_checkpoints(steps: Steps, refused: Refused, step: str) -> None:
    steps.checkpoints.mkdir()
    for number in (1, 2):
        (steps.checkpoints / f"step_{number:010d}.ckpt").write_bytes(b"autortnet checkpoint 1\n" + b"0" * 80)
    refused(getattr(steps, step)(), steps.checkpoints, "each is truncated or altered", "Delete the folder")
    assert steps.written() == []


# Arguments and outputs


@pytest.mark.parametrize("step", ["sample", "predict", "evaluate"])
def test_an_output_that_cannot_be_written(steps: Steps, refused: Refused, step: str) -> None:
    steps.out.write_text("a file, where a folder is to be")
    refused(getattr(steps, step)(), steps.out, "cannot be written", "run again")
    assert steps.out.read_text() == "a file, where a folder is to be"


def test_a_prepared_set_that_cannot_be_written(steps: Steps, refused: Refused) -> None:
    steps.out.write_text("")
    refused(steps.prepare("camvid"), steps.out, "cannot be written")


def test_the_raw_folder_as_the_prepared_one(steps: Steps, refused: Refused) -> None:
    words = [
        "prepare-data",
        "--dataset",
        "camvid",
        "--root",
        str(steps.raw / "camvid"),
        "--output",
        str(steps.raw / "camvid"),
    ]
    refused(words, "is the folder of the raw data", "Give another folder")


@pytest.mark.parametrize(
    ("word", "nearest"), [("serch-architecture", "search-architecture"), ("sample-ramdom", "sample-random")]
)
def test_an_unknown_command_names_the_nearest(refused: Refused, word: str, nearest: str) -> None:
    refused([word], f"unknown command {word!r}", f"Did you mean {nearest!r}?")


def test_a_command_like_none(refused: Refused) -> None:
    refused(["xyz"], "unknown command 'xyz'", "autortnet --help")


@pytest.mark.parametrize(
    ("step", "option", "value", "problem"),
    [
        ("search", "--gamma", "-1", "--gamma"),
        ("search", "--gamma", "nan", "--gamma"),
        ("search", "--depths", "1,1", "three integers"),
        ("search", "--seed", "-1", "--seed"),
        ("finetune", "--crop-size", "32", "HEIGHTxWIDTH"),
        ("sample", "--index", "-1", "--index"),
        ("sample", "--seed", "-1", "--seed"),
        ("pretrain", "--crop", "0", "--crop"),
        ("pretrain", "--resize", "wide", "not a whole number"),
    ],
)
def test_an_argument_out_of_range(
    steps: Steps, capsys: pytest.CaptureFixture[str], step: str, option: str, value: str, problem: str
) -> None:
    words = getattr(steps, step)()
    words[words.index(option) + 1] = value
    try:
        status: object = main(words)
    except SystemExit as ended:
        status = ended.code
    error = capsys.readouterr().err
    assert status == 2 and problem in error and "Traceback" not in error
    assert steps.written() == []


def test_downsampling_positions_out_of_order(steps: Steps, refused: Refused) -> None:
    words = [
        "--reference",
        str(steps.genotype),
        "--positions",
        "5,3,1",
        "--output",
        str(steps.out / "g.json"),
    ]
    refused(["sample-downsampling", *words], "positions (5, 3, 1)", "do not increase within 1..12")
    assert steps.written() == []
