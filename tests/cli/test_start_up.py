"""Jobs of a small run take seconds: loading what they do not use would be most of their cost."""

from __future__ import annotations

import json
import subprocess
import sys

from cli_stand_ins import SETTINGS, SIZE, Steps, preparation

from pipeline_src.artifacts import read_json
from pipeline_src.cli.main import main
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.training.checkpoint import save_weights

UNUSED = ("torch._dynamo", "torch._inductor", "sympy", "pandas", "matplotlib", "sklearn")
RUN = f"""
import json, sys
from pipeline_src.cli.main import main
loaded = {{}}
for words in json.load(sys.stdin):
    assert main(words) == 0, words
    if found := [name for name in {UNUSED!r} if name in sys.modules and name not in sum(loaded.values(), [])]:
        loaded[words[0]] = found
print(json.dumps(loaded))
"""


def submission(steps: Steps) -> list[str]:
    """export-submission with random weights; Cityscapes is prepared for it."""
    prepared, raw = steps.prepared / "cityscapes", steps.raw / "cityscapes"
    place = ["--root", str(raw), "--output", str(prepared)]
    assert main([*preparation("cityscapes"), "--without-coarse", *place]) == 0
    manifest = read_json(prepared / "manifest.json")
    height, width = map(int, SIZE.split("x"))
    genotype = Genotype.load(steps.genotype)
    metadata = {key: manifest[key] for key in ("class_names", "palette")} | {
        "genotype": genotype.model_dump(mode="json"),
        "dataset": "cityscapes",
        "input_height_px": height,
        "input_width_px": width,
    }
    weights = steps.root / "cityscapes.safetensors"
    save_weights(weights, SegmentationNetwork(genotype, 19).state_dict(), metadata)
    words = ["--prepared", str(prepared), "--raw", str(raw), "--genotype", str(steps.genotype)]
    settings = steps._settings(("evaluate", "runtime"), {})
    return ["export-submission", *words, *settings, "--weights", str(weights), "--input-size", SIZE]


def test_no_job_loads_the_compiler_or_what_only_the_report_uses(steps: Steps) -> None:
    """One process runs a job of each kind and names the first that loaded too much."""
    timed = ["--network", "A", str(steps.genotype), "--at", "camvid", "11", SIZE, "eager,folded"]
    drawn = ["--network", "A", str(steps.weights), "--split", "test", "--frames", "1", "--input-size", SIZE]
    pretrained_peer = [*steps.pretrain(), "--peer", "bisenet"]
    at = pretrained_peer.index("--genotype")
    del pretrained_peer[at : at + 2]

    def written(name: str, words: list[str]) -> list[str]:
        """The command with an output of its own."""
        if "--output" in words:
            at = words.index("--output")
            words = [*words[:at], *words[at + 2 :]]
        return [*words, "--output", str(steps.out / name)]

    latency = steps._settings(("latency", "runtime"), {})
    runtime = steps._settings(("runtime",), {})
    whole = steps._settings(("space", "latency", "runtime"), {})
    lut = ["measure-lut", "--input-size", SIZE, "--settings", json.dumps(SETTINGS)]
    check = ["check-lut", *whole, "--lut", str(steps.lut), "--depths", "1,1,1", "--seed", "1"]
    jobs = [
        steps.sample(),
        written("lut.json", lut),
        written("check.json", check),
        written("speeds.json", ["measure-speeds", *latency, *timed]),
        written("search", steps.search()),
        written("pretrained", steps.pretrain()),
        written("peer", pretrained_peer),
        written("finetuned", steps.finetune()),
        written("evaluated.json", steps.evaluate()),
        steps.predict(),
        written("drawn", ["draw-predictions", *steps._data("camvid"), *runtime, *drawn]),
        written("submission", submission(steps)),
    ]
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {}
