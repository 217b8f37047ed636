from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from known_sets import prepare_camvid
from PIL import Image

from pipeline_src.cli.sources import keep_frames
from pipeline_src.config.models import RuntimeConfig
from pipeline_src.data.datasets import ClassificationDataset, ItemKey, SegmentationDataset
from pipeline_src.data.imagenet import prepare_imagenet
from pipeline_src.data.loading import batch_count, batch_keys, batches, collate
from pipeline_src.data.transforms import (
    ClassEvalTransform,
    ClassTrainTransform,
    EvalTransform,
    TrainTransform,
)
from pipeline_src.errors import DataError

TRAIN = TrainTransform((32, 64), (64, 128))


@pytest.fixture(scope="module")
def prepared(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("prepared")
    prepare_camvid(rendered / "camvid", root / "camvid")
    prepare_imagenet(rendered / "imagenet", root / "imagenet")
    return root


@pytest.fixture
def frames(prepared: Path, rendered: Path) -> SegmentationDataset:
    return SegmentationDataset(prepared / "camvid", rendered / "camvid", ("train", "val"), TRAIN)


def _epoch(dataset, **more):
    options = {"batch_size": 3, "seed": 1, "epoch": 2, "shuffle": True, "drop_last": True, **more}
    return list(batches(dataset, **options))


def _same(first, second) -> bool:
    return len(first) == len(second) and all(
        torch.equal(a, b) for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_splits_are_concatenated(frames):
    assert len(frames) == 7
    assert frames.num_classes == 11
    assert frames.items[0].name.startswith("TR")
    assert frames.items[6].name.startswith("VA")


def test_samples_are_a_function_of_seed_epoch_and_item(frames):
    first = frames[ItemKey(0, 0, 3)]
    frames[ItemKey(0, 0, 1)]
    assert torch.equal(first[0], frames[ItemKey(0, 0, 3)][0])
    assert not torch.equal(first[0], frames[ItemKey(0, 1, 3)][0])
    assert not torch.equal(first[0], frames[ItemKey(1, 0, 3)][0])
    assert torch.equal(first[0], frames[3][0])


def test_cache_changes_nothing(frames, prepared, rendered):
    kept = SegmentationDataset(prepared / "camvid", rendered / "camvid", ("train", "val"), TRAIN, cache=True)
    assert _same(_epoch(frames), _epoch(kept))
    assert kept.arrays(0)[0] is kept.arrays(0)[0]
    assert frames.arrays(0)[0] is not frames.arrays(0)[0]
    assert kept.arrays(0)[0].dtype == np.uint8


@pytest.mark.parametrize("workers", [0, 2])
def test_frames_in_a_file_change_nothing_and_are_decoded_once(
    frames, prepared, rendered, workers, tmp_path, monkeypatch
):
    """Loader processes write to one file, so that a second epoch reads no image any more."""
    raw = shutil.copytree(rendered / "camvid", tmp_path / "raw")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = SegmentationDataset(prepared / "camvid", raw, ("train", "val"), TRAIN)
    keep_frames(RuntimeConfig(cache_mib=0, frames_file_mib=1), kept)
    assert kept.frames_file is not None and not kept.cache
    assert _same(_epoch(frames, drop_last=False), _epoch(kept, drop_last=False, workers=workers))
    shutil.rmtree(raw)
    again = _epoch(kept, epoch=3, drop_last=False, workers=workers)
    assert _same(_epoch(frames, epoch=3, drop_last=False), again)
    assert list(tmp_path.iterdir()) == [], "the file has no name that could be left behind"


def test_where_frames_are_kept(prepared, rendered, caplog, monkeypatch):
    """120x160 pixels of 4 bytes, 7 times: 0.51 MiB."""

    def kept(**limits):
        data = SegmentationDataset(prepared / "camvid", rendered / "camvid", ("train", "val"), TRAIN)
        keep_frames(RuntimeConfig(**limits), data)
        return data.cache, data.frames_file is not None

    assert kept(cache_mib=1, frames_file_mib=1) == (True, False)
    assert kept(cache_mib=0, frames_file_mib=1) == (False, True)
    assert kept(cache_mib=0, frames_file_mib=0) == (False, False)
    assert not caplog.text

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert kept(cache_mib=0, frames_file_mib=1) == (False, False)
    assert "Each epoch decodes all frames again" in caplog.text and "No space left on device" in caplog.text


def test_batches_are_contiguous_and_repeat(frames):
    epoch = _epoch(frames)
    assert [tuple(images.shape) for images, _ in epoch] == [(3, 3, 32, 64)] * 2
    for images, labels in epoch:
        assert images.is_contiguous()
        assert not images.is_contiguous(memory_format=torch.channels_last)
        assert images.stride() == (3 * 32 * 64, 32 * 64, 64, 1)
        assert labels.is_contiguous()
        assert labels.dtype == torch.int64
    assert _same(epoch, _epoch(frames))
    assert not _same(epoch, _epoch(frames, epoch=3))
    assert not _same(epoch, _epoch(frames, seed=2))


@pytest.mark.parametrize("cache", [False, True])
def test_any_number_of_workers_gives_the_same_batches(prepared, rendered, cache):
    data = SegmentationDataset(prepared / "camvid", rendered / "camvid", ("train", "val"), TRAIN, cache=cache)
    alone = _epoch(data)
    assert _same(alone, _epoch(data, workers=2))


def test_ranks_share_the_same_global_batches(frames):
    whole = _epoch(frames, batch_size=6)
    shares = [_epoch(frames, batch_size=6, rank=rank, world_size=3) for rank in range(3)]
    for number, (images, labels) in enumerate(whole):
        for rank, share in enumerate(shares):
            assert torch.equal(images[rank::3], share[number][0])
            assert torch.equal(labels[rank::3], share[number][1])


def test_a_resumed_epoch_goes_on_where_it_stopped(frames):
    whole = _epoch(frames, batch_size=2)
    assert _same(whole[1:], _epoch(frames, batch_size=2, start_batch=1))
    assert _same(whole[1:2], _epoch(frames, batch_size=2, start_batch=1, limit=2))
    assert _same(whole[:2], _epoch(frames, batch_size=2, limit=2))
    assert _epoch(frames, batch_size=2, start_batch=3) == []


def test_every_frame_comes_once_an_epoch():
    for shuffle in (False, True):
        keys = batch_keys(10, 4, 0, 0, shuffle=shuffle, drop_last=False)
        assert [len(batch) for batch in keys] == [4, 4, 2]
        assert sorted(key.item for batch in keys for key in batch) == list(range(10))
    dropped = batch_keys(10, 4, 0, 0, shuffle=True, drop_last=True)
    assert [len(batch) for batch in dropped] == [4, 4]
    assert (batch_count(10, 4, drop_last=True), batch_count(10, 4, drop_last=False)) == (2, 3)
    assert batch_count(10, 4, drop_last=False, limit=1) == 1


def test_evaluation_batches_hold_native_labels_and_names(prepared, rendered):
    data = SegmentationDataset(prepared / "camvid", rendered / "camvid", ("test",), EvalTransform((32, 64)))
    ((images, labels, names),) = _epoch(data, batch_size=4, shuffle=False, drop_last=False)
    assert images.shape == (2, 3, 32, 64)
    assert labels.shape == (2, 64, 128)
    assert names == ("TE0001_00000", "TE0001_00001")
    assert np.array_equal(labels[1].numpy(), data.arrays(1)[1])


def test_classification_batches(prepared, rendered):
    place = prepared / "imagenet", rendered / "imagenet"
    train = ClassificationDataset(*place, ("train",), ClassTrainTransform(32), cache=True)
    assert train.num_classes == 3
    epoch = _epoch(train, batch_size=4)
    assert [tuple(images.shape) for images, _ in epoch] == [(4, 3, 32, 32)] * 3
    assert sorted(int(c) for _, classes in epoch for c in classes) == [0] * 4 + [1] * 4 + [2] * 4
    assert epoch[0][1].dtype == torch.int64
    assert _same(epoch, _epoch(train, batch_size=4, workers=1))
    val = ClassificationDataset(*place, ("val",), ClassEvalTransform(36, 32))
    assert torch.equal(val[0][0], val[ItemKey(5, 5, 0)][0])


def test_a_set_smaller_than_a_batch_is_an_error(frames):
    with pytest.raises(DataError, match="has 7 images in the splits asked for, fewer than a batch of 8"):
        _epoch(frames, batch_size=8)
    assert len(_epoch(frames, batch_size=8, drop_last=False)) == 1


def test_a_batch_must_divide_over_the_ranks(frames):
    with pytest.raises(ValueError, match="3 cannot be shared out over 2"):
        _epoch(frames, world_size=2)


def test_frames_of_different_size_are_not_stacked():
    with pytest.raises(DataError, match="mixes frames of sizes"):
        collate([(torch.zeros(2, 2), "a"), (torch.zeros(2, 3), "b")])


def test_a_wrong_raw_root_is_told_at_once(prepared, tmp_path):
    with pytest.raises(DataError, match=r"TR0001_00000\.png: is missing"):
        SegmentationDataset(prepared / "camvid", tmp_path, ("train",), TRAIN)
    with pytest.raises(DataError, match="is missing"):
        ClassificationDataset(prepared / "imagenet", tmp_path, ("train",), ClassTrainTransform(32))
    with pytest.raises(DataError, match="has no split 'dev'"):
        SegmentationDataset(prepared / "camvid", tmp_path, ("dev",), TRAIN)


@pytest.fixture
def set_of_its_own(rendered: Path, prepared: Path, tmp_path: Path) -> Path:
    """Folders raw and prepared of CamVid and of the class folders, which a test may change."""
    for name in ("camvid", "imagenet"):
        shutil.copytree(rendered / name, tmp_path / "raw" / name)
        shutil.copytree(prepared / name, tmp_path / "prepared" / name)
    return tmp_path


def _camvid(root: Path, transform: TrainTransform | EvalTransform = TRAIN) -> SegmentationDataset:
    return SegmentationDataset(root / "prepared/camvid", root / "raw/camvid", ("train", "val"), transform)


ALTERED = {
    "image": "raw/camvid/train/images/TR0001_00002.png",
    "label": "prepared/camvid/labels/val/VA0001_00001.png",
}

# Worker processes that are still being fed when the job stops: torch closes their queues under the feeder.
TORN_DOWN = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@TORN_DOWN
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kind", ALTERED)
@pytest.mark.parametrize("size", [(128, 64), (64, 64)])
def test_a_file_altered_since_preparation_stops_the_job(set_of_its_own, workers, kind, size):
    path = set_of_its_own / ALTERED[kind]
    Image.new("RGB" if kind == "image" else "L", size, 3).save(path)
    with pytest.raises(DataError) as caught:
        _epoch(_camvid(set_of_its_own), batch_size=7, workers=workers)
    assert caught.value.where == str(path)
    assert "is not the file that was prepared" in caught.value.problem
    assert "make reproduce" in caught.value.remedy


@TORN_DOWN
@pytest.mark.parametrize("workers", [0, 2])
def test_a_photograph_altered_since_preparation_stops_the_job(set_of_its_own, workers):
    path = set_of_its_own / "raw/imagenet/train/car/00001.png"
    shutil.copy(set_of_its_own / "raw/imagenet/val/car/00001.png", path)
    place = set_of_its_own / "prepared/imagenet", set_of_its_own / "raw/imagenet"
    data = ClassificationDataset(*place, ("train",), ClassTrainTransform(32))
    with pytest.raises(DataError, match=f"{path}: is not the file that was prepared"):
        _epoch(data, batch_size=4, workers=workers)


@TORN_DOWN
@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_goes_missing_is_told_by_name(set_of_its_own, workers):
    path = set_of_its_own / ALTERED["label"]
    path.unlink()
    with pytest.raises(DataError, match=f"{path}: cannot be read"):
        _epoch(_camvid(set_of_its_own), batch_size=7, workers=workers)


@TORN_DOWN
@pytest.mark.parametrize("workers", [0, 2])
def test_each_file_is_hashed_once_in_a_job(set_of_its_own, monkeypatch, workers):
    data = _camvid(set_of_its_own)
    _epoch(data, batch_size=7, workers=workers)

    def again(content: bytes) -> None:
        raise AssertionError("hashed a second time")

    # Loader processes are forked from here: one that hashed would fail too.
    monkeypatch.setattr("pipeline_src.data.verified.hashlib.sha256", again)
    assert len(_epoch(data, batch_size=7, epoch=3, workers=workers)) == 1


def test_both_halves_of_a_bilevel_search_are_checked(set_of_its_own):
    from pipeline_src.cli.search_architecture import _halves

    first, second = _halves(_camvid(set_of_its_own))
    assert len(_epoch(first, batch_size=len(first))) == 1
    path = set_of_its_own / "raw/camvid" / second.items[0].image
    Image.new("RGB", (128, 64)).save(path)
    with pytest.raises(DataError, match=f"{path}: is not the file that was prepared"):
        _epoch(second, batch_size=len(second))


def test_a_split_without_labels_is_neither_trained_nor_validated_on(set_of_its_own):
    from pipeline_src.cli.sources import miou_of
    from pipeline_src.training.distributed import World

    path = set_of_its_own / "prepared/camvid/manifest.json"
    path.write_text(path.read_text().replace('"val": true', '"val": false'))
    with pytest.raises(DataError, match="has no labels in split 'val', so it cannot be trained on"):
        _camvid(set_of_its_own)
    data = _camvid(set_of_its_own, EvalTransform((32, 64)))
    with pytest.raises(DataError, match="has no labels in split 'val', so it cannot be validated on"):
        miou_of(data, 1, World(0, 1, torch.device("cpu")), None, "float32")
