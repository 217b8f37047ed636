"""A picture that shows a dead network says so: in itself, in its caption and in its alternative text."""

from __future__ import annotations

import importlib

import pytest
from fabricate import Folder, genotype
from fabricate_epochs import write_all, write_pretraining
from matplotlib.figure import Figure
from matplotlib.text import Text
from test_drawing_all import assert_texts_are_legible
from test_prediction_figures import store

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture
from pipeline_src.reporting.drawing.picture import Picture
from pipeline_src.reporting.page.frames import frames_of
from pipeline_src.reporting.read.pictures import PICTURES
from pipeline_src.space.genotype import HyperCellGenotype

OF_A = ("figure_5", "figure_9", "confusion", "class_difference")
OF_MANY = ("search_curves", "soft_to_hard", "training_curves")


def drawn(name: str, grid: Grid, folder: Folder) -> Picture:
    module = importlib.import_module(PICTURES[name].full_name)
    picture: Picture = module.draw(name, grid, folder.root)
    return picture


def kill(folder: Folder, one: Architecture) -> str:
    """Its third hyper-cell becomes all zero; why it is dead."""
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    live = genotype()
    folder.genotype(one, live.model_copy(update={"hyper_cells": (*live.hyper_cells[:2], zero)}))
    return f"{one.name} is dead: nothing gets through hyper-cell 3"


def shown(figure: Figure) -> str:
    return " ".join(one.get_text() for one in figure.findobj(Text))


@pytest.mark.parametrize("name", OF_A)
def test_a_picture_of_a_says_that_a_is_dead(name: str, grid: Grid, folder: Folder) -> None:
    write_all(folder, grid)
    store(folder.root)
    live = drawn(name, grid, folder)
    assert "dead" not in f"{shown(live.figure)} {live.words.caption} {live.words.alt}"
    fault = kill(folder, grid.network_a)
    picture = drawn(name, grid, folder)
    mark = "AutoRTNet-A\n(dead network)" if name == "figure_9" else "AutoRTNet-A is a dead network"
    assert mark in shown(picture.figure)
    assert f"The network {fault}" in picture.words.caption and f"The network {fault}" in picture.words.alt
    assert places.genotype(grid.network_a) in picture.words.sources
    if name != "figure_9":
        assert_texts_are_legible(picture)


def test_a_peer_beside_a_dead_network_is_not_marked(grid: Grid, folder: Folder) -> None:
    store(folder.root)
    folder.genotype(grid.network_a, genotype())
    kill(folder, grid.network_a)
    titles = [axes.get_title() for axes in drawn("figure_9", grid, folder).figure.axes]
    assert "ICNet (from scratch)" in titles and titles.count("AutoRTNet-A\n(dead network)") == 1


@pytest.mark.parametrize("name", OF_MANY)
def test_curves_of_many_runs_say_which_are_of_dead_networks(name: str, grid: Grid, folder: Folder) -> None:
    write_all(folder, grid)
    live = drawn(name, grid, folder)
    assert "dead" not in f"{shown(live.figure)} {live.words.caption} {live.words.alt}"
    kill(folder, grid.network_c)
    picture = drawn(name, grid, folder)
    said = (
        f"Dead among them, as nothing gets through or pretraining is not above chance: {grid.network_c.name}."
    )
    assert said in picture.words.caption and said in picture.words.alt
    assert "dead" in shown(picture.figure)
    if name == "search_curves":
        alike = [one for one in grid.searches if one.gamma == grid.network_c.search.gamma]  # type: ignore[union-attr]
        assert f"gamma 0.1, 1 of {len(alike)} dead" in shown(picture.figure)
    if name == "training_curves":
        count = len({one.architecture for one in grid.trainings if one.architecture.kind == "searched"})
        assert f"searched, 1 of {count} dead" in shown(picture.figure)
    else:
        count = sum(1 for one in grid.searches if one.dataset == "camvid")
        assert f"CamVid\n{count} searches, 1 dead" in shown(picture.figure)
    assert_texts_are_legible(picture)


def test_a_network_whose_pretraining_is_at_chance_is_dead_in_the_curves(grid: Grid, folder: Folder) -> None:
    write_all(folder, grid)
    path = write_pretraining(folder, grid.network_b.name)
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    last = lines[-1].split(",")
    last[3] = "0.1"  # of ten classes
    path.write_text("\n".join([head, *lines[:-1], ",".join(last)]) + "\n", encoding="utf-8")
    assert f"above chance: {grid.network_b.name}." in drawn("search_curves", grid, folder).words.caption


@pytest.mark.parametrize("name", [*OF_A, "figure_8", *OF_MANY])
def test_what_tells_of_dead_networks_is_an_input_of_the_picture(name: str, grid: Grid) -> None:
    sources = set(PICTURES[name].sources(grid))
    own = grid.network_a
    assert {places.genotype(own), places.pretraining_log(own.backbone)} <= sources


def test_a_dead_network_is_marked_in_the_slider_over_predictions(folder: Folder) -> None:
    store(folder.root)
    for dead, label in (({"A": "A is dead"}, "AutoRTNet-A (dead network)"), ({}, "AutoRTNet-A")):
        shown = frames_of(folder.root, dead)["figure_9"]["networks"]
        assert [one["label"] for one in shown] == ["ICNet", label]
