"""The commands that are quick: what they print, what they write, and how they look to a person or a log."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from cli_stand_ins import SETTINGS, Steps
from known_sets import CAMVID_CLASSES, CAMVID_PALETTE
from PIL import Image
from processes import on_a_terminal, processor_s

from pipeline_src.cli.main import COMMANDS, main
from pipeline_src.config.load import resolve
from pipeline_src.config.models import Config
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.table import LookupTable
from pipeline_src.not_run import read_marker
from pipeline_src.space.genotype import Genotype

ALL = [command for group in COMMANDS.values() for command in group]
HEAVY = ("torch", "numpy", "pandas", "pydantic", "scipy", "PIL", "yaml")
RENDER = ["render-objects", "--render", '{"classes": 2, "train_per_class": 2, "val_per_class": 1}']


# Help


@pytest.mark.parametrize("command", ALL)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: autortnet {command}")
    if command not in ("config", "explain", "plan", "status", "verify"):
        assert "--output" in said


def test_the_overview_lists_every_command_with_its_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for command in ALL:
        assert re.search(rf"^  {command} +\w.{{10,}}$", said, re.MULTILINE), command
    for word in ([], ["help"], ["-h"]):
        assert main(word) == 0 and capsys.readouterr().out == said


def test_every_command_module_is_listed(repository: Path) -> None:
    modules = (repository / "pipeline_src" / "cli").glob("*.py")
    with_help = {path.stem for path in modules if re.search(r"^HELP\b.* = ", path.read_text(), re.MULTILINE)}
    assert {name.replace("_", "-") for name in with_help} == set(ALL)


@pytest.mark.parametrize("words", [["--help"], ["search-architecture", "--help"], ["no-such-command"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from pipeline_src.cli.main import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_help_takes_at_most_three_times_what_an_interpreter_with_a_parser_takes() -> None:
    command = Path(sys.executable).with_name("autortnet")
    if not command.exists():
        pytest.skip("autortnet is not installed in this environment: pip install -e .")
    asked = partial(subprocess.run, [command, "--help"], stdout=subprocess.DEVNULL, check=True)
    code = "import argparse, dataclasses, importlib.metadata, json, logging, pathlib"
    least = partial(subprocess.run, [sys.executable, "-c", code], check=True)
    taken = [(processor_s(asked), processor_s(least)) for _ in range(3)]
    asked_s, least_s = (min(seconds) for seconds in zip(*taken, strict=True))
    assert asked_s <= 3 * least_s, taken


def test_a_reader_that_leaves_early_is_no_error() -> None:
    code = "from pipeline_src.cli.main import run_from_shell; run_from_shell()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as shown:
        assert shown.stdout is not None and shown.stderr is not None
        shown.stdout.close()
        assert "Traceback" not in shown.stderr.read()


def test_the_shell_sees_status_2_and_one_message(tmp_path: Path) -> None:
    words = [
        "prepare-data",
        "--dataset",
        "camvid",
        "--root",
        str(tmp_path / "nowhere"),
        "--output",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_src", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {tmp_path / 'nowhere'}: CamVid: the folder")
    assert "Traceback" not in done.stderr and not (tmp_path / "out").exists()


# config


@pytest.mark.parametrize("scale", ["tiny", "camvid", "paper"])
def test_config_prints_what_the_scale_resolves_to(
    scale: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    assert main(["config", "--scale", scale]) == 0
    printed = Config.model_validate(yaml.safe_load(capsys.readouterr().out))
    assert printed.scale == scale
    blocks = yaml.safe_load((repository / "params.yaml").read_text())
    assert printed == resolve({**blocks, "scale": scale}, repository / "workflow" / "scales")


def test_config_takes_params_over_the_scale(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("scale: tiny\nfinetune: {epochs: 7}\nsearch:\n")
    words = ["config", "--params", str(params), "--scales", str(repository / "workflow" / "scales")]
    assert main(words) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    tiny = yaml.safe_load((repository / "workflow" / "scales" / "tiny.yaml").read_text())
    assert printed["finetune"]["epochs"] == 7
    assert printed["finetune"]["lr"] == tiny["finetune"]["lr"]
    assert printed["search"]["epochs"] == tiny["search"]["epochs"]


def test_config_names_a_misspelt_key(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("finetune: {epoch: 7}\n")
    words = ["config", "--params", str(params), "--scales", str(repository / "workflow" / "scales")]
    assert main(words) == 2
    assert f"error: {params}: finetune.epoch: is not a known key" in capsys.readouterr().err


def test_config_prints_a_schema_of_every_block(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(Config.model_fields)
    assert schema["additionalProperties"] is False


# sample-*


def test_sample_random_is_the_same_for_the_same_seed_and_index(steps: Steps) -> None:
    drawn = {}
    for name, seed, index in (("a", 0, 1), ("again", 0, 1), ("index", 0, 2), ("seed", 1, 1)):
        words = steps.sample()
        output = steps.out / f"{name}.json"
        for option, value in (("--seed", seed), ("--index", index), ("--output", output)):
            words[words.index(option) + 1] = str(value)
        assert main(words) == 0
        drawn[name] = output.read_bytes()
    assert drawn["a"] == drawn["again"]
    assert len({drawn["a"], drawn["index"], drawn["seed"]}) == 3
    genotype = Genotype.load(steps.out / "a.json")
    assert all(1 <= depth <= most for depth, most in zip(genotype.depths, (1, 2, 2), strict=True))
    assert genotype.space.initial_channels == SETTINGS["space"]["initial_channels"]
    record = json.loads((steps.out / "a.json.run.json").read_text())
    assert record["command"][:2] == ["autortnet", "sample-random"] and record["seed"] == 0


def test_sample_matched_is_of_the_references_latency(steps: Steps) -> None:
    words = ["sample-matched", *steps.sample()[1:], "--reference", str(steps.genotype)]
    assert main([*words, "--lut", str(steps.lut), "--tolerance", "0.5"]) == 0
    table, drawn = LookupTable.load(steps.lut), Genotype.load(steps.out / "g.json")
    target_us = predict_latency_us(Genotype.load(steps.genotype), table)
    assert predict_latency_us(drawn, table) == pytest.approx(target_us, rel=0.5)
    record = json.loads((steps.out / "g.json.run.json").read_text())
    assert record["predicted_us"]["reference"] == pytest.approx(target_us)
    assert set(record["inputs"]) == {str(steps.genotype), str(steps.lut)}


def test_sample_downsampling_moves_the_reductions_alone(steps: Steps) -> None:
    deep = steps.sample()
    deep[deep.index("--depths") + 1], deep[-1] = "9,9,9", str(steps.genotype)
    assert main(deep) == 0
    words = [
        "--reference",
        str(steps.genotype),
        "--positions",
        "3,5,8",
        "--output",
        str(steps.out / "g.json"),
    ]
    assert main(["sample-downsampling", *words]) == 0
    before, after = Genotype.load(steps.genotype), Genotype.load(steps.out / "g.json")
    assert after.total_cells == before.total_cells and after.aggregation == before.aggregation
    assert [cell.normal for cell in after.hyper_cells] == [cell.normal for cell in before.hyper_cells]
    assert after.downsampling_positions != before.downsampling_positions
    record = json.loads((steps.out / "g.json.run.json").read_text())
    assert tuple(record["positions"]) == after.downsampling_positions


def test_sample_control_empties_the_last_hyper_cells_once(steps: Steps) -> None:
    control = steps.out / "control" / "genotype.json"
    assert main(["sample-control", "--reference", str(steps.genotype), "--output", str(control)]) == 0
    assert Genotype.load(control) == Genotype.load(steps.genotype).emptied()
    again = steps.out / "g.json"
    assert main(["sample-control", "--reference", str(control), "--output", str(again)]) == 0
    marker = read_marker(again)
    assert marker is not None and marker.equal_to == "control"
    assert "whose hyper-cells 2 and 3 are empty" in marker.reason


@pytest.mark.parametrize("choice", [["--without"], ["--index", "3"]])
def test_sample_aggregation_changes_the_aggregation_alone(steps: Steps, choice: list[str]) -> None:
    words = ["--reference", str(steps.genotype), "--output", str(steps.out / "g.json"), *choice]
    assert main(["sample-aggregation", *words]) == 0
    before, after = Genotype.load(steps.genotype), Genotype.load(steps.out / "g.json")
    assert after.hyper_cells == before.hyper_cells
    assert (after.aggregation is None) == (choice == ["--without"])
    assert after.aggregation != before.aggregation


# Steps over images


def test_predict_writes_a_mask_of_the_pictures_size(steps: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    words = steps.predict()
    assert main(words) == 0
    mask, picture = Image.open(steps.out / "mask.png"), Image.open(words[1])
    assert mask.size == picture.size == (64, 32) and mask.mode == "RGB"
    colours = {tuple(colour) for colour in np.asarray(mask).reshape(-1, 3).tolist()}
    assert colours <= set(CAMVID_PALETTE)
    head, *shares = capsys.readouterr().out.splitlines()
    assert "64x32, classes of camvid" in head
    assert {line.split("%")[1].strip() for line in shares} <= set(CAMVID_CLASSES)


def test_pretrain_finetune_and_evaluate_in_a_row(steps: Steps) -> None:
    pretrained = steps.pretrain()
    assert main(pretrained) == 0
    assert {path.name for path in steps.written()} == {"weights.safetensors", "log.csv", "run.json"}
    steps.backbone, steps.out = steps.out / "weights.safetensors", steps.root / "finetuned"
    assert main([*steps.finetune(), "--validation-split", "val"]) == 0
    names = {"weights_last.safetensors", "weights_best.safetensors", "log.csv", "run.json"}
    assert {path.name for path in steps.written()} == names
    assert not steps.checkpoints.exists()  # nothing is left of an ended run
    record = json.loads((steps.out / "run.json").read_text())
    assert record["best_epoch"] == 1 and record["seed"] == 0
    assert record["wall_s"] > 0 and record["peak_memory_mib"]["process"] > 0
    steps.weights, steps.out = steps.out / "weights_best.safetensors", steps.root / "evaluated"
    assert main(steps.evaluate()) == 0
    result = json.loads((steps.out / "a" / "camvid-train" / "test.json").read_text())
    assert (result["images"], result["dataset"], result["split"]) == (2, "camvid", "test")
    assert 0 <= result["last"]["miou"] <= 1 and result["best"]["epoch"] == 1


# Progress


def test_a_log_gets_lines_and_no_bar(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pipeline_src", *RENDER, "--output", str(tmp_path / "raw")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert any(re.fullmatch(r"\d\d:\d\d:\d\d .+: 6 of 6 done in [\d.]+ s", line) for line in lines), lines
    assert "\r" not in done.stderr and "it/s" not in done.stderr


def test_a_person_gets_a_bar(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pipeline_src", *RENDER, "--output", str(tmp_path / "raw")]
    shown = on_a_terminal(words, stream="stderr")
    assert b"6/6" in shown and b"%|" in shown and b"\r" in shown
