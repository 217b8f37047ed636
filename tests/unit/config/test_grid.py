"""The grid of runs: what is run, that nothing is run twice, and what is shared."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from grids import grid_of

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import SCALES
from pipeline_src.config.rows import NULL_LATENCY, NULL_SIGNS, TIMED_ONLY
from pipeline_src.config.runs import Architecture, Training, gamma_text
from pipeline_src.errors import ConfigError

ARTEFACTS = (*(f"table_{number}" for number in range(1, 11)), "figure_6", "nulls", "figure_8", "figure_9")
PICTURES = ("figure_8", "figure_9")
SEARCHED_ONLY = "nulls"


def counts_of(grid: Grid) -> dict[str, int]:
    names = ("searches", "architectures", "backbones", "trainings", "evaluations", "speeds")
    return {name: len(getattr(grid, name)) for name in names}


@pytest.fixture(scope="module", params=SCALES)
def grid(request: pytest.FixtureRequest) -> Grid:
    return grid_of(request.param)


def test_no_run_is_listed_twice(grid: Grid) -> None:
    assert bool(grid.backbones) == grid.config.finetune.pretrained
    lists = (grid.searches, grid.architectures, grid.backbones, grid.trainings, grid.evaluations, grid.speeds)
    for runs in lists:
        assert runs or runs is grid.backbones
        assert len(set(runs)) == len(runs)


def test_no_two_runs_share_a_folder(grid: Grid) -> None:
    assert len({one.name for one in grid.searches}) == len(grid.searches)
    assert len({one.name for one in grid.architectures}) == len(grid.architectures)
    assert len({(one.architecture.name, one.name) for one in grid.trainings}) == len(grid.trainings)
    assert len({places.evaluation(one) for one in grid.evaluations}) == len(grid.evaluations)


def test_every_artefact_has_rows_and_every_row_runs_or_says_why_not(grid: Grid) -> None:
    for artefact in ARTEFACTS:
        assert grid.of_table(artefact), artefact
    assert {row.table for row in grid.rows} == set(ARTEFACTS)
    for row in grid.rows:
        runs = bool(row.speeds) if row.table == SEARCHED_ONLY else bool(row.val or row.test)
        assert runs != bool(row.not_run), row
        assert bool(row.speeds) == (runs and row.table not in PICTURES), row


def test_labels_of_a_table_differ(grid: Grid) -> None:
    labels = Counter((row.table, row.label) for row in grid.rows)
    assert {label: n for label, n in labels.items() if n > 1} == {}


def test_everything_a_run_needs_is_run(grid: Grid) -> None:
    names = {one.name for one in grid.architectures}
    assert {one.architecture for one in grid.trainings} <= set(grid.architectures)
    assert {one.architecture for row in grid.rows for one in row.speeds} <= set(grid.architectures)
    assert set(grid.backbones) <= names
    trained = {one.architecture for one in grid.trainings}
    assert {one.backbone for one in trained if one.backbone} == set(grid.backbones)
    only_searched = set(grid.architectures) - trained
    assert only_searched == {one.architecture for row in grid.of_table("nulls") for one in row.speeds}
    assert grid.architectures[0] == grid.network_a
    for one in grid.architectures:
        assert (one.search is not None) == (one.kind == "searched")


def test_nobody_trains_on_what_judges_it(grid: Grid) -> None:
    for one in grid.evaluations:
        if one.training.dataset == "camvid":
            assert (one.training.split, one.split) == ("train", "test")
        else:
            assert (one.training.split, one.split) in {("train", "val"), ("trainval", "test")}


def test_table_4_at_the_papers_seed_and_depths_is_network_a(grid: Grid) -> None:
    first = grid.of_table("table_4")[0]
    assert first.label.startswith("seed 2 ")
    assert first.val[0].training.architecture == grid.network_a
    assert first.val == grid.of_table("table_3")[0].val == grid.of_table("table_5")[0].val
    assert first.val == grid.of_table("table_6")[-1].val


def test_figure_6_holds_network_c(grid: Grid) -> None:
    rows = grid.of_table("figure_6")
    assert [row.label for row in rows] == ["0.001", "0.01", "0.05", "0.1"]
    searched = [row.test[0].training.architecture for row in rows]
    assert grid.network_c == searched[-1]
    for one in searched:
        assert one.search is not None
        assert one.search.dataset == "camvid"
    table_2 = {row.label: row for row in grid.of_table("table_2")}
    assert table_2["AutoRTNet-C"].test == rows[-1].test[:1]


def test_counts_at_paper_scale() -> None:
    grid = grid_of("paper")
    assert counts_of(grid) == {
        "searches": 11,
        "architectures": 46,
        "backbones": 35,
        "trainings": 56,
        "evaluations": 59,
        "speeds": 75,
    }
    assert Counter(one.kind for one in grid.architectures) == {
        "searched": 11,
        "random": 10,
        "matched": 10,
        "downsampling": 3,
        "no_aggregation": 1,
        "random_aggregation": 10,
        "peer": 1,
    }
    assert Counter(one.name for one in grid.trainings) == {
        "cityscapes-train": 42,
        "cityscapes-trainval": 3,
        "cityscapes-train-coarse": 2,
        "cityscapes-trainval-coarse": 2,
        "camvid-train": 7,
    }
    not_run = [row for row in grid.rows if row.not_run]
    assert [row.label for row in not_run if row.not_run != TIMED_ONLY] == [NULL_LATENCY, NULL_SIGNS]
    assert all(row.at_paper_size for row in not_run if row.not_run == TIMED_ONLY)


def test_camvid_scale_shares_its_gammas_and_runs_nothing_on_cityscapes() -> None:
    grid = grid_of("camvid")
    assert {one.dataset for one in (*grid.searches, *grid.trainings, *grid.speeds)} == {"camvid"}
    assert {grid.network_a, grid.network_b, grid.network_c} <= {
        row.test[0].training.architecture for row in grid.of_table("figure_6")
    }
    gammas = {one.gamma for one in grid.searches if not one.null}
    counts = {gamma: sum(one.gamma == gamma and not one.null for one in grid.searches) for gamma in gammas}
    assert counts == {0.0: 3, 0.001: 3, 0.01: 6, 0.05: 3, 0.1: 3}
    assert sum(one.null == "signs" for one in grid.searches) == 3
    standard = [one for one in grid.searches if one.gamma == 0.01 and one.depths == (3, 6, 6)]
    assert sorted(one.seed for one in standard if not one.null) == [1, 2, 3]
    assert all("full_height_px" in row.not_run for row in grid.of_table("table_9"))
    starred = [row for row in grid.rows if row.label.endswith("*")]
    assert len(starred) == 4
    assert all("coarse" in row.not_run for row in starred)


def test_tiny_runs_every_experiment() -> None:
    grid = grid_of("tiny")
    assert {row.not_run for row in grid.rows} == {"", TIMED_ONLY}
    of_paper = {one.kind for one in grid_of("paper").architectures}
    assert {one.kind for one in grid.architectures} == {*of_paper, "control"}


def test_names_of_runs() -> None:
    grid = grid_of("paper")
    assert grid.network_a.name == "cityscapes-g0.01-s2-d5.10.10"
    assert grid.network_c.name == "camvid-g0.1-s2-d5.10.10"
    training = grid.training(grid.network_a, "cityscapes", "trainval", coarse=True)
    assert training.name == "cityscapes-trainval-coarse"
    evaluation = grid.evaluation(training, "test")
    assert (
        places.evaluation(evaluation)
        == "evaluate/cityscapes-g0.01-s2-d5.10.10/cityscapes-trainval-coarse/test-768x1536.json"
    )
    assert grid.training(grid.network_a, "camvid", "trainval").name == "camvid-train"


def test_table_6_shares_the_backbone_of_a() -> None:
    grid = grid_of("paper")
    trainings = [one.training for row in grid.of_table("table_6") for one in row.val]
    assert len(trainings) == 12
    assert {one.architecture.backbone for one in trainings} == {grid.network_a.name}


def test_rows_with_coarse_data() -> None:
    grid = grid_of("paper")
    for row in (one for one in grid.of_table("table_7") if one.not_run != TIMED_ONLY):
        coarse = row.label.endswith("*")
        assert [(one.training.split, one.training.coarse) for one in row.val] == [("train", coarse)]
        assert [(one.training.split, one.training.coarse) for one in row.test] == [("trainval", coarse)]
    without = grid_of("paper", experiments={"coarse": False})
    assert not any(one.coarse for one in without.trainings)
    assert len(without.trainings) == len(grid.trainings) - 4
    assert all(row.not_run for row in without.rows if row.label.endswith("*"))


def test_full_resolution_is_not_run_where_it_is_not_set() -> None:
    cityscapes = {"full_height_px": None}
    rows = grid_of("paper", data={"cityscapes": cityscapes}).of_table("table_9")
    full = [row for row in rows if row.not_run != TIMED_ONLY]
    assert len(full) == 3 and all("data.cityscapes.full_height_px" in row.not_run for row in full)
    assert all(row.at_paper_size for row in rows), "what is not judged there can be timed there"
    sizes = {one.size for row in grid_of("paper").of_table("table_9") for one in (*row.val, *row.speeds)}
    assert sizes == {(1024, 2048)}


def test_a_new_run_leaves_the_others_as_they_are() -> None:
    before = grid_of("tiny")
    runs = [
        *before.config.model_dump(mode="json")["experiments"]["robustness"],
        {"seed": 4, "depths": [2, 3, 3]},
    ]
    changes = {"robustness": runs, "random_networks": 3, "camvid_gammas": [0.001, 0.01, 0.03, 0.05, 0.1]}
    after = grid_of("tiny", experiments=changes)
    assert set(before.trainings) < set(after.trainings)
    new = {one.architecture.name for one in after.trainings} - {
        one.architecture.name for one in before.trainings
    }
    assert new == {"cityscapes-g0.01-s4-d2.3.3", "random-2", "camvid-g0.03-s2-d2.3.3"}


def test_null_searches_are_searched_and_timed_and_never_trained() -> None:
    plain, grid = grid_of("paper"), grid_of("paper", experiments={"null_seeds": [5, 6]})
    new = set(grid.searches) - set(plain.searches)
    assert {one.name for one in new} == {
        "cityscapes-g0-s5-d5.10.10",
        "cityscapes-g0-s6-d5.10.10",
        "cityscapes-g0.01-s5-d5.10.10-null.signs",
        "cityscapes-g0.01-s6-d5.10.10-null.signs",
    }
    assert len(grid.speeds) == len(plain.speeds) + 4
    assert grid.trainings == plain.trainings and grid.backbones == plain.backbones
    assert {one.null for one in new} == {"", "signs"}


def test_every_gamma_is_searched_with_every_seed() -> None:
    plain, grid = grid_of("paper"), grid_of("paper", experiments={"gamma_seeds": [1, 3]})
    for row in grid.of_table("figure_6"):
        searches = [one.architecture.search for one in row.speeds]
        assert [one.seed for one in searches if one] == [2, 1, 3]
        assert len({one.gamma for one in searches if one}) == 1
        assert [one.training.architecture for one in row.test] == [one.architecture for one in row.speeds]
    assert len(grid.searches) == len(plain.searches) + 8
    assert grid.of_table("figure_6")[-1].test[0].training.architecture == grid.network_c


def test_trainings_are_repeated_where_claims_need_their_spread() -> None:
    plain, grid = grid_of("paper"), grid_of("paper", experiments={"training_seeds": 2}, seed=7)
    repeats = [one for one in grid.trainings if one.seed is not None]
    assert {one.seed for one in repeats} == {8, 9}
    assert not any(one.seed for one in plain.trainings)
    assert len(grid.trainings) == len(plain.trainings) + len(repeats)
    assert {(one.architecture.name, one.dataset) for one in repeats} == {
        (grid.network_a.name, "cityscapes"),
        ("aggregation-none", "cityscapes"),
        *((f"downsampling-{positions}", "cityscapes") for positions in ("1.5.10", "3.5.8", "1.2.4")),
        (grid.network_a.name, "camvid"),
        (grid.network_b.name, "camvid"),
        ("camvid-g0.01-s2-d5.10.10", "camvid"),
        ("camvid-g0.001-s2-d5.10.10", "camvid"),
    }
    row = grid.of_table("table_5")[1]
    assert [places.evaluation(one).split("/")[2] for one in row.val] == [
        "cityscapes-train",
        "cityscapes-train-s8",
        "cityscapes-train-s9",
    ]
    # A row has its first training first, and the pictures of predictions show that one alone.
    assert [len(row.val) for row in grid.of_table("figure_8")] == [1, 1]
    assert grid.evaluations[0].training.seed is None
    # The benchmark's own trainings, on more data, are not repeated.
    assert {one.split for one in repeats} == {"train"} and not any(one.coarse for one in repeats)


def test_on_camvid_a_repeat_serves_every_table_that_a_stands_in() -> None:
    grid = grid_of("camvid", experiments={"training_seeds": 2})
    names = ["camvid-train", "camvid-train-s1", "camvid-train-s2"]
    for table in ("table_1", "table_2", "table_7", "table_8", "table_10"):
        row = next(row for row in grid.of_table(table) if row.label == "AutoRTNet-A")
        assert [one.training.name for one in row.test] == names, table
    assert not any(one.seed for one in grid.trainings if one.architecture == grid.network_b)


def test_no_matched_networks_leaves_an_explained_row() -> None:
    row = grid_of("paper", experiments={"matched_networks": 0}).of_table("table_3")[-1]
    assert (row.label, row.not_run) == ("latency-matched random search", "none asked for")
    assert row.val == row.speeds == ()


def test_equal_runs_are_one_run() -> None:
    grid = grid_of("tiny")
    twin = Architecture(grid.network_a.name, "searched", grid.network_a.name, grid.network_a.search)
    assert twin == grid.network_a
    assert Training(twin, grid.main, "train") in grid.trainings


def test_figure_8_is_of_cityscapes_or_not_run() -> None:
    rows = grid_of("camvid").of_table("figure_8")
    assert [row.label for row in rows] == ["ICNet", "AutoRTNet-A"]
    assert all("Cityscapes is not the main data set" in row.not_run and not row.val for row in rows)
    (icnet, _) = grid_of("camvid").of_table("figure_9")
    assert places.evaluation(icnet.test[0]) == "evaluate/icnet/camvid-train/test-360x480.json"


@pytest.mark.parametrize(
    "gammas", [(0.0123456, 0.01234561), (0.1, 0.1 + 1e-12), (1e-7, 1.0000001e-7), (0.0, 0.1)]
)
def test_searches_of_different_gammas_have_different_names(gammas: tuple[float, float]) -> None:
    grid = grid_of("tiny", experiments={"camvid_gammas": sorted({0.1, *gammas})})
    names = [one.name for one in grid.searches]
    assert len(set(names)) == len(names)
    labels = [row.label for row in grid.of_table("figure_6")]
    assert [float(label) for label in labels] == list(grid.experiments.camvid_gammas)


def test_usual_gammas_keep_their_short_names() -> None:
    texts = {0.01: "0.01", 0.001: "0.001", 0.0: "0", 1.0: "1", 0.00001: "1e-05", 1 / 3: "0.3333333333333333"}
    assert {gamma: gamma_text(gamma) for gamma in texts} == texts


@pytest.mark.parametrize(
    ("experiments", "problem"),
    [
        ({"gamma_seeds": [1, 1]}, "gamma_seeds lists a seed twice"),
        ({"null_seeds": [4, 4]}, "null_seeds lists a seed twice"),
        ({"gamma_seeds": [2]}, "gamma_seeds holds 2, which is seed itself"),
        ({"training_seeds": -1}, "greater than or equal to 0"),
    ],
)
def test_seeds_that_would_name_a_run_twice_are_refused(experiments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match="experiments") as caught:
        grid_of("paper", experiments=experiments)
    assert problem in str(caught.value)


def test_every_network_is_timed_unfolded_and_folded_and_what_is_compared_in_more_forms() -> None:
    grid = grid_of("paper", experiments={"speed_forms": ["half", "channels_last"]})
    deployed = grid.input_size("cityscapes")
    forms = {one.architecture.name: forms for one, forms in grid.speeds.items() if one.size == deployed}
    assert forms["random-0"] == ("eager", "folded")
    assert forms[grid.network_a.name] == ("eager", "folded", "channels_last", "half")
    (at_own_size,) = (forms for one, forms in grid.speeds.items() if one.architecture.name == "pspnet")
    assert at_own_size == ("eager", "channels_last", "half")
