"""Figures 2, 3, 4 and 7: drawn from catalogue, settings and genotypes, tidy, and the same each time."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fabricate import Folder, genotype
from matplotlib.figure import Figure
from schema_checks import assert_tidy, labelled, texts

from pipeline_src.cli import plot_figure
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, ExperimentsConfig, SpaceConfig
from pipeline_src.errors import GenotypeError, UserError
from pipeline_src.latency.fingerprint import Fingerprint
from pipeline_src.latency.table import LookupTable, LutEntry
from pipeline_src.reporting.drawing import aggregation, architecture, cells, framework
from pipeline_src.reporting.drawing.picture import Picture, house_style, save_picture
from pipeline_src.reporting.drawing.schema_canvas import Box, Canvas
from pipeline_src.reporting.drawing.schema_genotype import genotype_figure
from pipeline_src.reporting.drawing.schema_operations import operation
from pipeline_src.reporting.read.pictures import entry_of
from pipeline_src.space import catalogue
from pipeline_src.space import genotype as genotype_module
from pipeline_src.space.catalogue import computed_edges
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import reachable_keys
from pipeline_src.space.sampling import random_genotype

NOWHERE = Path("results")
DRAWN = {"figure_2": framework, "figure_3": cells, "figure_4": aggregation}


def sampled(depths: tuple[int, int, int], seed: int = 0) -> Genotype:
    """A genotype of these depths whose operations differ from edge to edge."""
    value = random_genotype(SpaceConfig(), (1, 1, 1), np.random.default_rng(seed))
    parts = [
        {**part.model_dump(), "depth": depth} for part, depth in zip(value.hyper_cells, depths, strict=True)
    ]
    return value.with_(hyper_cells=parts)


def figure_of(value: Genotype) -> Figure:
    with house_style():
        return genotype_figure(value, "AutoRTNet-A", (768, 1536), 19)


def written(figure: Figure) -> str:
    return "\n".join(one.get_text() for one in texts(figure))


EXTREMES = {
    "depths 1, 4, 6": sampled((1, 4, 6), 1),
    "depths 5, 10, 15": sampled((5, 10, 15), 2),
    "very deep": sampled((40, 1, 120), 3),
    "all of depth 1": sampled((1, 1, 1), 4),
    "moved downsampling": sampled((2, 4, 6), 5).with_positions((3, 5, 8)),
    "leading cells alone": sampled((1, 2, 1), 6).with_(leading_cells=30),
    "no aggregation cell": sampled((2, 4, 6), 7).with_(aggregation=None),
    "widest labels": genotype().with_(
        hyper_cells=[
            {"depth": 3, "reduction": ["dilconv3x3_d2_x2"] * 5, "normal": ["maxpool3x3"] * 5}
            for _ in range(3)
        ],
        aggregation=["dilconv3x3_d8_x2"] * 7,
    ),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_any_genotype_fits_without_overlap(name: str) -> None:
    figure = figure_of(EXTREMES[name])
    assert_tidy(figure)
    assert figure.get_figwidth() == 7.0


@pytest.mark.parametrize("name", EXTREMES)
def test_every_operation_of_every_edge_is_written_once_and_every_cell_has_its_place(name: str) -> None:
    value = EXTREMES[name]
    figure = figure_of(value)
    for number, part in enumerate(value.hyper_cells):
        for kind, names in (("reduction", part.reduction), ("normal", part.normal)):
            expected = {
                (f"{source}->{target}", operation(one).label): 1
                for (source, target), one in zip(catalogue.CELL_EDGES, names, strict=True)
            }
            assert labelled(figure, f"hyper-cell {number + 1} {kind}:") == expected
    strides = {(one.source, one.target): one.stride for one in catalogue.AGGREGATION_EDGES}
    found = labelled(figure, "aggregation:")
    if value.aggregation is None:
        assert not found and "No aggregation cell" in written(figure)
    else:
        for edge, one in zip(catalogue.AGGREGATION_EDGES, value.aggregation, strict=True):
            note = ", s=2" if strides[edge.source, edge.target] == 2 else ""
            assert found.pop((f"{edge.source}->{edge.target}", f"{operation(one).label}{note}")) == 1
        assert not found
    places = labelled(figure, "cell ")
    letters = {
        position: "R" if position in value.downsampling_positions else "N"
        for position in range(1, value.total_cells + 1)
    }
    assert places == {(f"{at} {letter}", f"{at} {letter}"): 1 for at, letter in letters.items()}


def test_zero_edges_are_dashed_and_pale_and_unused_cells_say_so() -> None:
    value = genotype((1, 2, 2)).with_(
        hyper_cells=[
            {"depth": depth, "reduction": ["zero", *["conv3x3"] * 4], "normal": ["skip"] * 5}
            for depth in (1, 2, 2)
        ]
    )
    figure = figure_of(value)
    dashed = [one for one in figure.axes[0].patches if one.get_linestyle() not in ("-", "solid")]
    # A chip and a line for each of three zero edges, and the legend's sample.
    assert len(dashed) == 7
    assert written(figure).count("Normal cell, not in the network") == 1
    assert {"convolution", "skip", "zero"} <= set(written(figure).split("\n"))


def test_sizes_and_widths_are_those_of_the_genotypes_own_space() -> None:
    value = sampled((2, 4, 6))
    heads = "\n".join(one.get_text() for one in texts(figure_of(value)))
    for text in (
        "Hyper-cell 2: 4 cells",
        "48×96 (1/16), node width 72, output 144 channels",
        "12 cells, hyper-cells {2, 4, 6}, reductions at 1, 3, 7",
        "192 channels in, branches of 64",
    ):
        assert text in heads
    wider = value.with_(space=SpaceConfig(initial_channels=4, channel_multiplier=2))
    assert "48×96 (1/16), node width 16, output 32 channels" in written(figure_of(wider))


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_pictures_are_tidy_at_every_scale(name: str, any_grid: Grid) -> None:
    picture = DRAWN[name].draw(name, any_grid, NOWHERE)
    assert_tidy(picture.figure)
    words = picture.words
    assert (words.name, words.status, words.sources, words.reason) == (name, "drawn", (), "")
    assert f"scale {any_grid.config.scale}" in words.caption


@pytest.mark.parametrize("depths", [(1, 1, 1), (2, 3, 3), (6, 12, 13), (25, 50, 100)])
def test_any_initial_depth_fits(depths: tuple[int, int, int]) -> None:
    grid = Grid(Config(scale="paper", experiments=ExperimentsConfig(depths=depths)))
    picture = framework.draw("figure_2", grid, NOWHERE)
    assert_tidy(picture.figure)
    assert sum(labelled(picture.figure, "cell ").values()) == sum(depths)
    chain = cells.draw("figure_3", grid, NOWHERE)
    assert_tidy(chain.figure)
    shown = {label for label, _ in labelled(chain.figure, "depth ")}
    assert str(depths[0]) in shown and "1" in shown and len(shown) == min(depths[0], 5)


def test_figure_3_has_every_edge_of_both_cells_with_its_stride(grid: Grid) -> None:
    figure = cells.draw("figure_3", grid, NOWHERE).figure
    for kind in ("reduction", "normal"):
        expected = {
            (f"{edge[0]}->{edge[1]}", f"α({edge[0]},{edge[1]}) stride "
             f"{catalogue.edge_stride(edge, kind == 'reduction')}"): 1
            for edge in catalogue.CELL_EDGES
        }  # fmt: skip
        assert len(expected) == 5
        assert labelled(figure, f"{kind} cell:") == expected
    candidates = labelled(figure, "candidate ")
    assert candidates == {(name, operation(name).label): 1 for name in catalogue.CELL_OPERATIONS}


def test_figure_4_has_every_edge_with_its_stride_and_every_candidate(grid: Grid) -> None:
    figure = aggregation.draw("figure_4", grid, NOWHERE).figure
    expected = {
        (f"{one.source}->{one.target}", f"α({one.source},{one.target}) stride {one.stride}"): 1
        for one in catalogue.AGGREGATION_EDGES
    }
    assert len(expected) == 7
    assert labelled(figure, "aggregation:") == expected
    candidates = labelled(figure, "candidate ")
    assert candidates == {(name, operation(name).label): 1 for name in catalogue.AGGREGATION_OPERATIONS}
    boxes = labelled(figure, "knot ")
    assert ("x2", "x2  1/16 144 ch.") in boxes and ("n3", "n3 1/32") in boxes
    assert ("output", "resize to 1/8, then concat: 192 ch.") in boxes


def test_figure_2_says_sizes_widths_and_the_loss(grid: Grid) -> None:
    picture = framework.draw("figure_2", grid, NOWHERE)
    text = written(picture.figure)
    for words in (
        "768×1536, 3 ch.",
        "2 convolutions 3×3, strides 2, 2",
        "192×384 (1/4), 8 ch.",
        "1 to 5 cells, nodes of 24 ch.",
        "24×48 (1/32), 432 ch.",
        "96×192 (1/8), 192 ch.",
        "7 edges with",
        "19 classes",
        "L = CE + γ log(latency)",
        "γ: A 0.01, B 0.001, C 0.1",
    ):
        assert words in text
    assert "Hyper-cell 3: up to 10 cells, 24×48 (1/32), 432 channels." in picture.words.alt


def test_a_change_of_the_wiring_changes_the_drawings(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    more = (*catalogue.CELL_EDGES, (0, 4), (1, 4), (2, 4), (3, 4))
    monkeypatch.setattr(catalogue, "CELL_EDGES", more)
    monkeypatch.setattr(catalogue, "CELL_NODES", 3)
    monkeypatch.setattr(genotype_module, "CELL_EDGES", more)
    fusion = (*catalogue.AGGREGATION_EDGES, catalogue.AggregationEdge("n2", "n4", 2))
    monkeypatch.setattr(catalogue, "AGGREGATION_EDGES", fusion)
    monkeypatch.setattr(genotype_module, "AGGREGATION_EDGES", fusion)
    chain, fused = cells.draw("figure_3", grid, NOWHERE), aggregation.draw("figure_4", grid, NOWHERE)
    assert labelled(chain.figure, "reduction cell:")["1->4", "α(1,4) stride 2"] == 1
    assert labelled(chain.figure, "reduction cell:")["3->4", "α(3,4) stride 1"] == 1
    assert labelled(fused.figure, "aggregation:")["n2->n4", "α(n2,n4) stride 2"] == 1
    assert "9 edges" in chain.words.alt and "8 edges" in fused.words.alt
    part = {"depth": 2, "reduction": ["zero"] * 9, "normal": ["dilconv3x3_d2_x2"] * 9}
    value = Genotype.parse(
        {"space": {}, "hyper_cells": [part] * 3, "aggregation": ["conv3x3_x2"] * 8}, "test"
    )
    figure = figure_of(value)
    assert labelled(figure, "hyper-cell 3 normal:")["3->4", "dil 3×3 d2 ×2"] == 1
    assert "node width 24, output 72 channels" in written(figure)
    for one in (chain.figure, fused.figure, figure):
        assert_tidy(one)


def test_a_change_of_the_candidates_changes_the_drawings(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CELL_OPERATIONS", (*catalogue.CELL_OPERATIONS, "attention8"))
    picture = cells.draw("figure_3", grid, NOWHERE)
    assert ("attention8", "attention8") in labelled(picture.figure, "candidate ")
    assert "11 candidates" in picture.words.alt and "Candidates of an edge: 11" in written(picture.figure)
    assert_tidy(picture.figure)


@pytest.mark.parametrize("name", ["figure_7", "architecture_b", "architecture_c"])
def test_searched_networks_are_drawn_from_their_genotypes(name: str, any_grid: Grid, folder: Folder) -> None:
    one = {
        "figure_7": any_grid.network_a,
        "architecture_b": any_grid.network_b,
        "architecture_c": any_grid.network_c,
    }[name]
    folder.genotype(one, sampled((2, 1, 6)))
    picture = architecture.draw(name, any_grid, folder.root)
    words = picture.words
    assert words.status == "measured"
    genotype_path, log_path, table_path = entry_of(name).sources(any_grid)
    assert words.sources == (genotype_path,) == (f"search/{one.name}/genotype.json",)
    assert words.cells == (), "without a lookup table no cell has a latency"
    assert table_path == f"lut/{'camvid' if name == 'architecture_c' else any_grid.main}.json"
    assert log_path == f"pretrain/{one.backbone}/log.csv", "its pretraining tells whether it is dead"
    assert one.name in words.caption and f"scale {any_grid.config.scale}" in words.caption
    assert "has 9 cells; cells 1, 3, 4 halve the resolution" in words.alt and "no normal cell" in words.alt
    dataset = "camvid" if name == "architecture_c" else any_grid.main
    height, width = any_grid.input_size(dataset)
    classes = {"camvid": 11, "cityscapes": 19}[dataset]
    text = written(picture.figure)
    assert f"Input {height}×{width}." in text and f"{classes} classes" in text.replace("\n", " ")
    assert_tidy(picture.figure)


def test_the_words_have_each_cell_with_its_latency(grid: Grid, folder: Folder) -> None:
    value = sampled((1, 2, 3), 9)
    folder.genotype(grid.network_a, value)
    height_px, width_px = grid.input_size("cityscapes")
    entry = LutEntry(median_us=2.0, q1_us=2.0, q3_us=2.0, repeats=3)
    LookupTable(
        fingerprint=Fingerprint(
            device="Test Processor 9000", driver="cpu", torch="2.0", precision="float32", threads=1,
            runtime="eager", warmup=1, repeats=3, date="2026-01-01T00:00:00+00:00",
        ),
        input_height_px=height_px,
        input_width_px=width_px,
        space=value.space,
        entries={key.text: entry for key in reachable_keys(value.space, (height_px, width_px))},
    ).save(folder.root / "lut/cityscapes.json")  # fmt: skip
    words = architecture.draw("figure_7", grid, folder.root).words
    assert [one.where for one in words.cells] == ["1.1", "2.1", "2.2", "3.1", "3.2", "3.3"]
    assert [one.kind for one in words.cells] == [
        "reduction",
        "reduction",
        "normal",
        "reduction",
        *["normal"] * 2,
    ]
    assert words.cells_at == f"Cityscapes, {height_px}×{width_px} px, Test Processor 9000"
    third = value.hyper_cells[2]
    assert [text.split(" ", 1)[1] for text in words.cells[-1].operations] == [
        operation(name).label for name in third.normal
    ]
    # Two inputs are brought to width, and each edge that is kept is one operation of 2 us.
    assert words.cells[-1].latency_us == 2.0 * (2 + len(computed_edges(third.normal)))
    assert words.sources[-1] == "lut/cityscapes.json"


def test_alt_text_has_every_operation_of_the_network(grid: Grid, folder: Folder) -> None:
    value = sampled((1, 2, 3), 9)
    folder.genotype(grid.network_a, value)
    alt = architecture.draw("figure_7", grid, folder.root).words.alt
    part = value.hyper_cells[1]
    listed = ", ".join(
        f"{source} to {target} {operation(name).label}"
        for (source, target), name in zip(catalogue.CELL_EDGES, part.normal, strict=True)
    )
    assert f"normal cell: {listed}." in alt
    assert value.aggregation is not None
    assert f"n3 to n4 {operation(value.aggregation[-1]).label}." in alt


def test_a_missing_genotype_is_not_run_and_a_broken_one_is_an_error(grid: Grid, folder: Folder) -> None:
    picture = architecture.draw("figure_7", grid, folder.root)
    assert picture.words.status == "not_run"
    assert f"search/{grid.network_a.name}/genotype.json" in picture.words.reason
    path = folder.genotype(grid.network_a, genotype())
    broken = json.loads(path.read_text()) | {"aggregation": ["conv9x9"] * 7}
    path.write_text(json.dumps(broken))
    with pytest.raises(GenotypeError, match="conv9x9"):
        architecture.draw("figure_7", grid, folder.root)


@pytest.mark.parametrize(
    "name",
    [
        "figure_3",
        pytest.param("figure_7", marks=pytest.mark.slow("figure_3 is drawn twice in make test")),
    ],
)
def test_the_same_picture_is_the_same_bytes(name: str, grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.genotype(grid.network_a, genotype((1, 2, 1)))

    def saved(where: str) -> dict[str, bytes]:
        module = cells if name == "figure_3" else architecture
        picture: Picture = module.draw(name, grid, folder.root)
        save_picture(picture, tmp_path / where)
        return {path.name: path.read_bytes() for path in (tmp_path / where).iterdir()}

    first = saved("first")
    assert set(first) == {f"{name}.{kind}" for kind in ("svg", "pdf", "png", "json")}
    assert saved("second") == first
    assert b"<text" not in first[f"{name}.svg"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda canvas: canvas.text(1.05, 1.0, "second"), "lies on"),
        (lambda canvas: canvas.text(0.1, 2.0, "second"), "leaves the picture"),
        (lambda canvas: canvas.box(Box(1.3, 1.0, 0.6, 0.5)), "crosses the box"),
        (lambda canvas: canvas.box(Box(4.5, 1.0, 0.3, 0.6)), "two boxes cross"),
        (lambda canvas: canvas.line([(0.2, 0.9), (3.0, 1.1)]), "a line runs through 'first'"),
    ],
)
def test_the_checks_find_what_they_look_for(fault: Callable[[Canvas], None], message: str) -> None:
    def sheet() -> Canvas:
        canvas = Canvas()
        canvas.text(1.0, 1.0, "first")
        canvas.box(Box(4.0, 1.0, 0.8, 0.4), "in a box")
        canvas.line([(0.2, 2.5), (3.0, 2.5)])
        for place in range(5):
            canvas.text(place + 1.0, 3.0, "other")
        return canvas

    with house_style():
        assert_tidy(sheet().finish(4.0))
        canvas = sheet()
        fault(canvas)
        with pytest.raises(AssertionError, match=message):
            assert_tidy(canvas.finish(4.0))


def test_only_pictures_of_results_need_a_results_folder(grid: Grid, tmp_path: Path) -> None:
    def plot(name: str) -> None:
        parser = argparse.ArgumentParser()
        plot_figure.add_arguments(parser)
        settings = json.dumps(grid.config.model_dump(mode="json"))
        words = [name, "--settings", settings, "--results", str(tmp_path / "no"), "--output", str(tmp_path)]
        plot_figure.run(parser.parse_args(words))

    plot("figure_4")
    kinds = ("svg", "pdf", "png", "json", "json.run.json")
    assert {path.name for path in tmp_path.iterdir()} == {f"figure_4.{kind}" for kind in kinds}
    assert json.loads((tmp_path / "figure_4.json").read_text())["status"] == "drawn"
    with pytest.raises(UserError, match="is not a folder"):
        plot("figure_7")
