"""The grid of runs: other systems, what is run of them and where it stands."""

from __future__ import annotations

import pytest
from grids import grid_of

from pipeline_src import places
from pipeline_src.config.grid import COMPARING
from pipeline_src.config.load import SCALES
from pipeline_src.config.peers import SYSTEMS
from pipeline_src.config.rows import NO_PAPER_ROW, NO_PAPER_SIZE
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.tables.conditions import printed_size


def test_peers_are_listed_once_and_have_no_search() -> None:
    grid = grid_of("paper")
    (icnet,) = [one for one in grid.architectures if one.is_peer]
    assert (icnet.name, icnet.kind, icnet.backbone, icnet.search) == ("icnet", "peer", "icnet", None)
    trainings = [one.name for one in grid.trainings if one.architecture == icnet]
    assert sorted(trainings) == ["camvid-train", "cityscapes-train", "cityscapes-trainval"]
    tables = [row.table for row in grid.rows if row.label == "ICNet"]
    in_tables = [f"table_{number}" for number in (1, 10, 2, 7, 8, 9)]
    assert sorted(tables) == ["figure_8", "figure_9", *in_tables]
    # Figure 8 shows what Table 7 judges on val, and A beside it what the ablations judge.
    (shown, ours) = grid.of_table("figure_8")
    assert shown.val == next(row for row in grid.of_table("table_7") if row.label == "ICNet").val
    assert ours.val == grid.of_table("table_3")[0].val


def test_without_peers_nothing_of_them_is_run() -> None:
    with_peers, without = grid_of("paper"), grid_of("paper", experiments={"peers": []})
    assert not any(one.is_peer for one in without.architectures)
    assert not any(row.label == "ICNet" for row in without.rows)
    assert set(without.trainings) < set(with_peers.trainings)
    assert [row.label for row in without.of_table("figure_9")] == ["AutoRTNet-A"]


@pytest.mark.parametrize(
    ("peers", "problem"),
    [
        (["icnte"], "'icnte' is no system that can be run here. Did you mean 'icnet'?"),
        (["ICNet"], "Did you mean 'icnet'?"),
        (["resnet152"], "is no system that can be run here"),
        (["icnet", "icnet"], "peers lists a system twice"),
    ],
)
def test_unknown_peers_are_refused_with_the_nearest_name(peers: list[str], problem: str) -> None:
    with pytest.raises(ConfigError, match="experiments") as caught:
        grid_of("tiny", experiments={"peers": peers})
    assert problem in str(caught.value)


def test_backbones_of_peers_are_pretrained_where_their_authors_did() -> None:
    grid = grid_of("camvid", experiments={"peers": ["enet", "swiftnet"]}, finetune={"pretrained": True})
    peers = {one.name: one for one in grid.architectures if one.is_peer}
    assert {name: one.backbone for name, one in peers.items()} == {"enet": "", "swiftnet": "swiftnet"}
    assert "swiftnet" in grid.backbones and "enet" not in grid.backbones and "" not in grid.backbones


def test_without_pretraining_no_network_has_a_backbone() -> None:
    pretrained, scratch = (grid_of("tiny", finetune={"pretrained": one}) for one in (True, False))
    assert pretrained.backbones and not scratch.backbones
    assert {one.backbone for one in scratch.architectures} == {""}
    pretraining = {places.PRETRAINING.format(backbone=one) for one in pretrained.backbones}
    assert places.every_run(scratch) == places.every_run(pretrained) - pretraining


def test_a_peer_stands_in_the_papers_rows_and_beyond_them_in_tables_1_and_2() -> None:
    grid = grid_of("tiny", experiments={"peers": ["bisenet", "bisenet_resnet18", "swiftnet"]})
    of = {
        name: {
            row.table: row.label
            for row in grid.rows
            if any(one.architecture.name == name for one in row.speeds)
        }
        for name in ("bisenet", "bisenet_resnet18", "swiftnet")
    }
    everywhere = {f"table_{number}": "BiSeNet" for number in (1, 2, 7, 8)}
    assert of["bisenet"] == {**everywhere, "table_10": "BiseNet-Xception39"}
    assert of["bisenet_resnet18"] == {
        "table_1": "BiSeNet-R18",
        "table_2": "BiSeNet-R18",
        "table_10": "BiseNet-Res18",
    }
    assert set(of["swiftnet"]) == {"table_1", "table_2", "table_7", "table_9"}


@pytest.mark.parametrize(
    ("asked", "shown"), [(["enet", "icnet"], "ICNet"), (["enet", "espnet"], "ENet"), (["espnet"], "ESPNet")]
)
def test_figures_of_predictions_show_the_papers_system_else_the_first(asked: list[str], shown: str) -> None:
    rows = grid_of("tiny", experiments={"peers": asked}).of_table("figure_9")
    assert [row.label for row in rows] == [shown, "AutoRTNet-A"]


def test_a_system_that_is_only_quoted_says_why() -> None:
    with pytest.raises(ConfigError, match="'cas' is quoted only: Its authors published neither code"):
        grid_of("tiny", experiments={"peers": ["cas"]})


# Speeds at the sizes of the paper's rows

ENLARGED = {"SegNet", "ENet"}
"""Table 7 prints 640x320 for these, Table 1 360x640."""


@pytest.mark.parametrize("table", ["table_1", "table_7"])
def test_every_system_is_timed_at_the_size_that_its_row_prints(table: str) -> None:
    quoted = quoted_table(table)
    rows = {row.label: row for row in grid_of("paper").of_table(table)}
    built = {one.label_in(table) for one in SYSTEMS if one.status != "quoted" and table in one.rows}
    assert built < set(rows)
    for label, row in rows.items():
        printed = printed_size(quoted.cell(label, "Input Size"))
        (speed,) = row.at_paper_size
        assert printed is not None and speed.dataset == "cityscapes"
        if table == "table_7" and label in ENLARGED:
            assert (printed, speed.size) == ((640, 320), (360, 640))
        else:
            assert sorted(speed.size) == sorted(printed), label


def test_tables_without_a_column_of_sizes_have_one_size_for_all() -> None:
    grid = grid_of("paper")
    for table, dataset, size in (
        ("table_2", "camvid", (720, 960)),
        ("table_9", "cityscapes", (1024, 2048)),
        ("table_10", "camvid", (720, 960)),
    ):
        found = {(one.dataset, one.size) for row in grid.of_table(table) for one in row.at_paper_size}
        assert found == {(dataset, size)}, table
    assert {"SQ", "SwiftNet", "ICNet"} <= {row.label for row in grid.of_table("table_9")}


def test_a_stands_first_in_the_run_of_every_size() -> None:
    for scale in SCALES:
        grid = grid_of(scale)
        firsts = {(one.dataset, one.size): one for one in reversed(grid.speeds)}
        assert {one.architecture for one in firsts.values()} == {grid.network_a}, scale
    sizes = {one.size for one in grid_of("paper").speeds if one.dataset == "cityscapes"}
    assert sizes == {
        (512, 1024), (713, 713), (769, 769), (360, 640), (1024, 2048), (768, 1536), (1024, 1024),
    }  # fmt: skip


def test_the_paper_scale_times_every_system_that_can_be_built() -> None:
    experiments = grid_of("paper").experiments
    built = {one.name for one in SYSTEMS if one.rows and one.status != "quoted"}
    assert {*experiments.peers, *experiments.timed_peers} == built


def test_sizes_shrink_by_the_share_and_never_to_nothing() -> None:
    rows = {row.label: row for row in grid_of("tiny").of_table("table_1")}
    assert rows["ICNet"].at_paper_size[0].size == (128, 256)
    assert rows["ENet"].at_paper_size[0].size == (45, 80)
    assert rows["AutoRTNet-A"].at_paper_size[0].size == (96, 192)
    smallest = grid_of("tiny", experiments={"paper_size_share": 1e-6}).of_table("table_1")
    assert {one.size for row in smallest for one in row.at_paper_size} == {(1, 1)}


def test_systems_that_are_timed_alone_are_not_trained_and_not_timed_elsewhere() -> None:
    with_them, without = grid_of("tiny"), grid_of("tiny", experiments={"timed_peers": []})
    assert with_them.trainings == without.trainings and with_them.architectures == without.architectures
    assert with_them.backbones == without.backbones
    more = {one: forms for one, forms in with_them.speeds.items() if one not in without.speeds}
    assert {one.architecture.name for one in more} == {"enet", "espnet", with_them.network_a.name}
    assert set(more.values()) == {("eager", "channels_last")}
    new = {(row.table, row.label) for row in with_them.rows} - {
        (row.table, row.label) for row in without.rows
    }
    assert new == {
        *(("table_1", label) for label in ("ENet", "ESPNet")), ("table_2", "ENet"),
        *(("table_7", label) for label in ("ENet", "ESPNet")), ("table_10", "ENet"),
    }  # fmt: skip
    trained = grid_of("tiny", experiments={"peers": ["enet"], "timed_peers": ["enet"]})
    assert sum(row.label == "ENet" for row in trained.of_table("table_1")) == 1
    assert trained.of_table("table_1")[-1].val == () and trained.of_table("table_1")[-1].test


def test_where_the_paper_has_no_row_it_names_no_size() -> None:
    rows = {row.label: row for row in grid_of("camvid").of_table("table_2")}
    assert [speed.size for speed in rows["SegNet"].at_paper_size] == [(720, 960)]
    assert rows["ERFNet"].no_paper_size == NO_PAPER_ROW and not rows["ERFNet"].at_paper_size
    beyond = grid_of("tiny", experiments={"peers": ["dabnet"]})
    sizes = {row.table: row.at_paper_size for row in beyond.rows if row.label == "DABNet" and row.test}
    assert [speed.size for speed in sizes["table_1"]] == [(128, 256)] and sizes["table_2"] == ()


def test_null_times_nothing_at_the_papers_sizes_and_says_so() -> None:
    off = grid_of("tiny", experiments={"paper_size_share": None, "timed_peers": []})
    assert not any(row.at_paper_size for row in off.rows)
    compared = [row for table in COMPARING for row in off.of_table(table)]
    assert compared and {row.no_paper_size for row in compared} == {NO_PAPER_SIZE}
    assert len({(one.dataset, one.size) for one in off.speeds}) == 3


@pytest.mark.parametrize(
    ("experiments", "problem"),
    [
        ({"paper_size_share": None}, "timed_peers are timed at the paper's sizes"),
        ({"paper_size_share": 1.5}, "less than or equal to 1"),
        ({"paper_size_share": 0}, "greater than 0"),
        ({"timed_peers": ["enet", "enet"]}, "timed_peers lists a system twice"),
        ({"timed_peers": ["espnett"]}, "Did you mean 'espnet'?"),
        ({"timed_peers": ["cas"]}, "'cas' is quoted only"),
    ],
)
def test_sizes_and_systems_that_cannot_be_timed_are_refused(
    experiments: dict[str, object], problem: str
) -> None:
    with pytest.raises(ConfigError, match="experiments") as caught:
        grid_of("tiny", experiments=experiments)
    assert problem in str(caught.value)
