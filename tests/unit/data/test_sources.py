from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline_src.data.sources import check_source, missing_sets_message, require_source
from pipeline_src.errors import DataError

WORDS = {
    "cityscapes": ("cityscapes-dataset.com", "_gtFine_labelIds.png", "data.cityscapes.path"),
    "camvid": ("mi.eng.cam.ac.uk", "LabeledApproved_full", "data.camvid.path"),
    "imagenet": ("image-net.org", "train/CLASS", "data.imagenet.path"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_missing_set_is_told_with_place_layout_and_key(name, tmp_path):
    for path, problem in (
        (None, "no folder is configured"),
        (tmp_path / "nowhere", "does not exist"),
        (tmp_path, "lacks the sub-folders"),
    ):
        message = check_source(name, path)
        assert message is not None
        for words in (problem, *WORDS[name]):
            assert words in message
        with pytest.raises(DataError, match=problem) if path else pytest.raises(TypeError):
            require_source(name, path) if path else require_source()


def test_all_missing_sets_are_told_at_once(rendered):
    message = missing_sets_message(
        {"cityscapes": None, "camvid": rendered / "camvid", "imagenet": rendered / "nowhere"}
    )
    assert message is not None
    assert message.startswith("2 data sets are missing:")
    assert "data.cityscapes.path" in message
    assert "data.imagenet.path" in message
    assert "data.camvid.path" not in message


def test_sets_that_are_there(rendered):
    paths = {name: rendered / name for name in ("cityscapes", "camvid", "imagenet")}
    assert missing_sets_message(paths, coarse=True) is None
    assert check_source("camvid", rendered / "camvid-original") is None


def test_the_coarse_set_is_asked_for_only_when_used(real_data):
    root = real_data / "cityscapes_sample"
    assert check_source("cityscapes", root) is None
    assert "gtCoarse/train_extra" in (check_source("cityscapes", root, coarse=True) or "")


def test_real_folders_are_recognised(real_data):
    assert check_source("camvid", real_data / "camvid") is None
    assert check_source("imagenet", real_data / "imagenet_mini") is None


def test_checking_never_loads_torch():
    code = (
        "import sys, pipeline_src.data.sources, pipeline_src.data.prepare,"
        " pipeline_src.data.imagenet, pipeline_src.data.rendering.layouts, pipeline_src.data.manifest;"
        " assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
