"""`make bench-gpu` without a GPU: its whole path at a tiny size, its page, the error without a card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from benchmarks import gpu, gpu_inference
from benchmarks.gpu import HEADINGS, page
from pipeline_src.config.peers import PEERS
from pipeline_src.ownership import is_marked

PAGE = Path(__file__).parents[3] / "docs" / "results" / "gpu.md"


@pytest.mark.slow("runs every benchmark of a GPU, which no result depends on")
def test_every_part_is_measured_on_the_cpu_at_a_tiny_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, written = tmp_path / "gpu.json", tmp_path / "gpu.md"
    # Far more time than it takes: on a busy machine a part that is reached late would be `not run`.
    words = [
        "gpu",
        "--tiny",
        "--device",
        "cpu",
        "--minutes",
        "120",
        "--output",
        str(output),
        "--page",
        str(written),
    ]
    monkeypatch.setattr("sys.argv", words)
    torch.use_deterministic_algorithms(True)  # as a training in this process leaves it; ENet has no such form
    try:
        assert gpu.main() == 0
    finally:
        torch.use_deterministic_algorithms(False)
    parts = json.loads(output.read_text())["parts"]
    assert parts["lookup_table"][0]["entries"] == 86
    networks = {row["network"] for row in parts["inference"]}
    assert networks == {"AutoRTNet-A's shape", "enet", "erfnet"}
    plain = [row for row in parts["inference"] if row["form"] == "fp32"]
    assert len(plain) == 6 and all(row["fps"] > 0 and row["equal_pixels"] == 1 for row in plain)
    assert {row["form"] for row in parts["inference"]} >= {
        "fp32 folded, torch.compile",
        "fp16 folded, channels last",
    }
    compiled = [row for row in parts["inference"] if row["form"] == "fp32 folded, torch.compile"]
    assert len(compiled) == 6 and all(row["times_as_fast_as_fp32"] > 0 for row in compiled)
    others = [row for row in parts["inference"] if row["network"] == "enet" and row not in compiled]
    assert len(others) == 6 and all(row["times_as_long_as_a"] > 0 for row in others)
    steps = {(row["step"], row["precision"], row["batch"]) for row in parts["search_step"]}
    assert steps == {
        (kind, precision, batch)
        for kind in ("soft", "batched", "single", "pair")
        for precision in ("float32", "bfloat16")
        for batch in (2, 4)
    }
    assert all(row["median"] > 0 for row in parts["search_step"])
    for row in parts["projection"]:
        rates = [one["images_per_s"] for one in parts["search_step"] if one["step"] == row["step"]]
        assert row["hours"] == pytest.approx(150 * 185 * 16 / max(rates) / 3600)
    assert {row["what"] for row in parts["training_step"]} == {"contiguous", "channels_last", "floor"}
    assert [row["what"] for row in parts["distributed_step"]] == ["alone", "gloo, one process"]
    text = written.read_text()
    assert all(f"## {heading}" in text for heading in HEADINGS.values())
    assert "Sizes that mean nothing" in text and "| enet |" in text


def test_a_machine_without_a_gpu_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["gpu"])
    with pytest.raises(SystemExit, match="there is no GPU here"):
        gpu.main()


def test_the_cpu_is_for_tests_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        gpu.parse_arguments(["--device", "cpu"])
    assert "is for --tiny" in capsys.readouterr().err


def test_the_committed_page_says_not_run_or_is_one_that_was_written() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(None) or "Written by `make bench-gpu`" in text
    assert is_marked(PAGE)  # else the run on a card could not write over it


def test_the_peers_are_of_the_registry() -> None:
    assert set(gpu_inference.PEERS) <= set(PEERS)
