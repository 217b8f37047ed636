"""The grid of runs: other systems, what is run of them and where it stands."""

from __future__ import annotations

import pytest
from grids import grid_of

from pipeline_src.errors import ConfigError


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
    grid = grid_of("camvid", experiments={"peers": ["enet", "swiftnet"]})
    peers = {one.name: one for one in grid.architectures if one.is_peer}
    assert {name: one.backbone for name, one in peers.items()} == {"enet": "", "swiftnet": "swiftnet"}
    assert "swiftnet" in grid.backbones and "enet" not in grid.backbones and "" not in grid.backbones


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
