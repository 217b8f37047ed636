"""What `dvc plots` draws: labels that can be read, runs that are told apart, one device on an axis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATES = REPOSITORY / ".dvc" / "plots"
CURVES = ("search_cross_entropy", "search_latency", "pretrain_loss", "finetune_loss", "finetune_miou")


def _plots() -> dict[str, dict]:
    listed = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text(encoding="utf-8"))["plots"]
    return {name: entry for one in listed for name, entry in one.items() if entry}


def _template(name: str) -> dict:
    return json.loads((TEMPLATES / f"{name}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", [*CURVES, "cell_numbers", "gamma_front"])
def test_axes_have_words_with_units_and_not_names_of_columns(name: str) -> None:
    plot = _plots()[name]
    assert plot["title"] and plot["y_label"] not in plot["y"].values()
    encoding = _template(plot["template"])["spec"]["encoding"]
    assert (
        encoding["y"]["title"] == "<DVC_METRIC_Y_LABEL>" and encoding["x"]["title"] == "<DVC_METRIC_X_LABEL>"
    )
    if name in ("search_latency", "gamma_front"):
        assert "(" in plot["y_label"], "a unit"


@pytest.mark.parametrize("name", CURVES)
def test_twenty_runs_differ_by_colour_and_by_dash_or_shape(name: str) -> None:
    encoding = _template(_plots()[name]["template"])["spec"]["encoding"]
    assert encoding["color"]["field"] == "run" and encoding["color"]["scale"]["scheme"] == "tableau20"
    assert encoding["color"]["legend"]["labelLimit"] >= 400, "names of runs are long"
    second = encoding.get("strokeDash") or encoding["shape"]
    assert second["field"] == "run"
    assert encoding.get("shape", {"legend": None})["legend"] is None, "one legend, with whole names"


def test_speeds_of_two_devices_share_no_axis() -> None:
    front = _template("front")
    told = next(one for one in front["transform"] if "calculate" in one)
    assert "datum.device" in told["calculate"] and "Titan XP" in told["calculate"]
    assert front["facet"]["column"]["field"] == told["as"]
    assert front["resolve"]["scale"] == {"x": "independent", "y": "independent"}


def test_numbers_of_cells_that_are_equal_hide_no_line() -> None:
    encoding = _template("cells")["spec"]["encoding"]
    dashes = encoding["strokeDash"]
    assert dashes["field"] == encoding["color"]["field"] == "hyper_cell"
    assert len({tuple(one) for one in dashes["scale"]["range"]}) == 3
