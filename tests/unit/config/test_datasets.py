"""Descriptions of data sets: ours are whole, bad ones are refused with the key and what is the matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_src.config.dataset import spare_colours
from pipeline_src.config.datasets import described, name_of, names, parse_description, path_of
from pipeline_src.errors import ConfigError

GOOD: dict[str, Any] = {
    "title": "Yard",
    "classes": [
        {"name": "floor", "colour": [1, 2, 3]},
        {"name": "wall", "colour": [4, 5, 6]},
        {"name": "door"},
    ],
    "raw": [
        {"name": "tiles", "becomes": "floor", "id": 3},
        {"name": "brick", "becomes": "wall", "id": 5},
        {"name": "gate", "becomes": "door", "id": 1000},
        {"name": "nothing", "becomes": None, "id": 0},
    ],
    "layouts": {
        "mine": {
            "images": "photos/{folder}/{name}",
            "labels": "masks/{folder}/{name}_L",
            "hold": "ids",
            "splits": {"train": {"rest": True}, "val": {"share": 0.2}, "test": {"list": "test.txt"}},
            "seed": 3,
            "keep_together": "folder",
        }
    },
    "sizes": {"input_height_px": 64, "input_width_px": 96},
}
MINE = ("layouts", "mine")


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """GOOD with one value changed, or taken out where `to` is ...."""
    values = yaml.safe_load(yaml.safe_dump(GOOD))
    place = values
    for part in path[:-1]:
        place = place[part]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return values


def parse(values: dict[str, Any]) -> Any:
    return parse_description(yaml.safe_dump(values), "yard.yaml")


def test_a_whole_description_is_read() -> None:
    found = parse(GOOD)
    assert found.class_names == ("floor", "wall", "door")
    assert found.palette == ((1, 2, 3), (4, 5, 6), spare_colours()[0])
    assert found.train_ids == {"floor": 0, "wall": 1, "door": 2}
    assert list(found.layouts["mine"].splits.given()) == ["train", "val", "test"]
    # As JSON, in which rules hand it on, it is the same.
    assert parse_description(found.model_dump_json(), "--dataset") == found


def test_the_spare_colours_all_differ() -> None:
    assert len(set(spare_colours())) == 255 and (0, 0, 0) not in spare_colours()


def test_ours_are_read_by_name_and_by_path() -> None:
    assert {"cityscapes", "camvid"} <= set(names())
    for name in names():
        found = described(name)
        assert found == described(str(path_of(name)))
        assert name_of(str(path_of(name))) == name
        assert found.title and found.layouts
    assert len(described("cityscapes").classes) == 19 and len(described("cityscapes").raw) == 34
    assert list(described("camvid").layouts) == [
        "indexed", "segnet", "class_dict", "codes", "original", "original_plain"
    ]  # fmt: skip


TWENTY = [{"name": f"c{index}"} for index in range(256)]
SPLITS = (*MINE, "splits")
BAD = [
    # a class twice, two classes of one colour, 1 class, 256 of them
    (
        changed("classes", 1, "name", to="floor"),
        "classes.1.name",
        "'floor' of 'floor' is that of 'floor' (entry 0)",
    ),
    (
        changed("classes", 1, "colour", to=[1, 2, 3]),
        "classes.1.colour",
        "(1, 2, 3) of 'wall' is that of 'floor'",
    ),
    (changed("classes", to=[{"name": "floor"}]), "classes", "has 1 class; a network needs two to tell apart"),
    (changed("classes", to=TWENTY), "classes", "has 256 classes; 255 are the most: 255 is void"),
    (changed("classes", 2, "name", to="Void"), "classes.2.name", "'Void' is what ignored pixels are called"),
    # a mapping with a hole, or to nowhere
    (changed("raw", 2, "becomes", to="wall"), "raw", "has no label that becomes 'door'"),
    (changed("raw", 2, "becomes", to="dor"), "raw.2.becomes", "'dor' is no class. Did you mean 'door'?"),
    (changed("raw", 2, "becomes", to=...), "raw.2.becomes", "Field required"),
    (changed("raw", 1, "id", to=3), "raw.1.id", "3 of 'brick' is that of 'tiles'"),
    (changed("raw", 1, "id", to=...), "layouts.mine.hold", "1 of 4 entries of raw have no id (brick)"),
    (changed("raw", 1, "id", to=65536), "raw.1.id", "less than or equal to 65535"),
    (changed("raw", to=...), "layouts.mine.hold", "3 of 3 entries of classes have no id"),
    (changed("classes", 0, "colour", to=[1, 2, 256]), "classes.0.colour.2", "less than or equal to 255"),
    # patterns
    (
        changed(*MINE, "images", to="photos/*.png"),
        "layouts.mine.images",
        "needs {name} once, in its last part",
    ),
    (
        changed(*MINE, "labels", to="photos/{folder}/{name}"),
        "layouts.mine.labels",
        "is the pattern of the images",
    ),
    (
        changed(*MINE, "labels", to="masks/{name}"),
        "layouts.mine.labels",
        "has {folder} where the other has none",
    ),
    (
        changed(*MINE, "images", to="/photos/{folder}/{name}"),
        "layouts.mine.images",
        "is not a path below the raw folder",
    ),
    (
        changed(*MINE, "images", to="../{folder}/{name}"),
        "layouts.mine.images",
        "is not a path below the raw folder",
    ),
    (
        changed(*MINE, "images", to="{fodler}/{name}"),
        "layouts.mine.images",
        "{fodler}. Did you mean 'folder'?",
    ),
    (
        changed(*MINE, "images", to="{folder}/{name}*"),
        "layouts.mine.images",
        "has a wildcard in its last part",
    ),
    # splits
    (
        changed(*SPLITS, "test", to={"list": "a.txt", "rest": True}),
        "layouts.mine.splits.test",
        "it has list and rest",
    ),
    (changed(*SPLITS, "test", to={}), "layouts.mine.splits.test", "needs one of list, share and rest"),
    (changed(*SPLITS, "test", to={"folder": "test"}), "layouts.mine.splits.test.folder", "no pattern has"),
    (changed(*SPLITS, "test", to={"rest": True}), "layouts.mine.splits", "gives the rest to two splits"),
    (
        changed(*SPLITS, "train", to={"list": "test.txt"}),
        "layouts.mine.splits.test.list",
        "is that of 'train', too",
    ),
    (changed(*SPLITS, "train", to={"share": 0.9}), "layouts.mine.splits", "shares that add up to 1.1"),
    (
        changed(*SPLITS, "train", to={"share": 0.5}),
        "layouts.mine.splits",
        "they must make 1, or leave a rest",
    ),
    (
        changed(*SPLITS, "test", to={"list": "test.lst"}),
        "layouts.mine.splits.test.list",
        "must end in .txt or .csv",
    ),
    (changed(*SPLITS, "val", to=...), "layouts.mine.splits.val", "Field required"),
    (
        changed(*MINE, "same_names", to=True),
        "layouts.mine.same_names",
        "is for splits in folders of their own",
    ),
    # values
    (
        changed(*MINE, "ignored", to=[[1, 2, 3]]),
        "layouts.mine.ignored",
        "has a colour, but the labels hold numbers",
    ),
    (
        changed(*MINE, "hold", to="colors"),
        "layouts.mine.hold",
        "Input should be 'train_ids', 'ids' or 'colours'",
    ),
    # keys
    (changed("clases", to=[]), "clases", "is not a known key. Did you mean 'classes'?"),
    (changed("classes", 0, "color", to=[1, 2, 3]), "classes.0.color", "Did you mean 'colour'?"),
    (changed(*MINE, "lables", to="x"), "layouts.mine.lables", "Did you mean 'labels'?"),
    (changed(*SPLITS, "trian", to={}), "layouts.mine.splits.trian", "Did you mean 'train'?"),
    (changed(*SPLITS, "val", "shares", to=0.2), "layouts.mine.splits.val.shares", "Did you mean 'share'?"),
    (changed("sizes", "input_hight_px", to=3), "sizes.input_hight_px", "Did you mean 'input_height_px'?"),
    (
        changed("official", to={"counts": {}, "train_percent": [1.0]}),
        "official.train_percent",
        "of the 3 classes",
    ),
]


@pytest.mark.parametrize(("values", "key", "words"), BAD, ids=[words for *_, words in BAD])
def test_a_bad_description_is_refused_with_its_key(values: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(values)
    said = f"{caught.value.where}: {caught.value.problem}"
    assert said.startswith("yard.yaml: ")
    lines = [line.strip() for line in said.removeprefix("yard.yaml: ").splitlines()]
    assert any(line.startswith(f"{key}: ") and words in line for line in lines), said
    assert caught.value.remedy


def test_a_folder_may_not_be_that_of_two_splits() -> None:
    values = changed(*MINE, "images", to="{split}/{name}")
    layout = values["layouts"]["mine"]
    layout |= {"labels": "{split}_labels/{name}", "keep_together": "frame"}
    layout["splits"] = {"train": {}, "val": {"folder": "train"}}
    with pytest.raises(ConfigError, match=r"splits\.val\.folder: 'train' is that of 'train', too"):
        parse(values)
    layout["splits"] = {"train": {}, "val": {"share": 0.5}}
    with pytest.raises(ConfigError, match=r"splits\.val: has share, but the patterns have \{split\}"):
        parse(values)


def test_one_colour_of_two_classes_is_refused_where_labels_hold_colours() -> None:
    values = changed(*MINE, "hold", to="colours")
    for entry, colour in zip(values["raw"], ([1, 1, 1], [2, 2, 2], [1, 1, 1], [0, 0, 0]), strict=True):
        entry["colour"] = colour
    with pytest.raises(ConfigError, match=r"raw\.2\.colour: \(1, 1, 1\) of 'gate' is that of 'tiles'"):
        parse(values)


def test_an_ignored_train_id_may_be_no_class() -> None:
    values = changed(*MINE, "hold", to="train_ids")
    values["layouts"]["mine"]["ignored"] = [2, 3, 255]
    with pytest.raises(ConfigError, match="has 2, which is the class 'door'"):
        parse(values)
    values["layouts"]["mine"]["ignored"] = [3, 255]
    assert parse(values).layouts["mine"].ignored == (3, 255)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: [", "is not readable YAML"),
        ("title: a\ntitle: b", "has the key 'title' twice, on lines 1 and 2"),
        ("- 1", "holds no keys"),
        ("", "holds no keys"),
        ("!!python/object/apply:os.system [ls]", "is not readable YAML"),
    ],
)
def test_what_is_no_description_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_description(text, "yard.yaml")


def test_an_unknown_name_is_told_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"camvdi: is no data set: .* Did you mean 'camvid'"):
        described("camvdi")
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        described("nowhere.yaml")


def test_a_users_own_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "workflow/datasets"
    folder.mkdir(parents=True)
    (folder / "yard.yaml").write_text(yaml.safe_dump(GOOD))
    monkeypatch.chdir(tmp_path)
    assert described("yard").title == "Yard" and "yard" in names()
    (folder / "yard.yaml").write_text(yaml.safe_dump(changed("title", to="Court")))
    assert described("yard").title == "Court"  # an edit is seen in the same process
