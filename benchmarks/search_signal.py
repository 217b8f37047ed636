"""What a search's choices on real CamVid are worth: signal, agreement between seeds, collapse.

    python -m benchmarks.search_signal --prepared DATA --raw CAMVID --settings SETTINGS.yaml --lut LUT.json \
        --depths 3 4 4 --offset-us 3000 --output signal.jsonl

Runs every variant of VARIANTS with every seed and appends one JSON object a run to the output; runs that are
there already are left out, so a run that was stopped goes on. `benchmarks.search_tables` makes tables of it.
Settings are those of a scale (`autortnet config --scale camvid`) with whatever is made smaller; a variant
changes keys of `search:` alone.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.measuring import surroundings
from benchmarks.planted_tasks import live
from pipeline_src.cli.sources import training_source
from pipeline_src.config.load import read_settings
from pipeline_src.config.models import Config, SearchConfig
from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.data.transforms import TrainTransform
from pipeline_src.latency.predict import predict_latency_us
from pipeline_src.latency.table import LookupTable
from pipeline_src.search.gumbel import entropy
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.search.signal import GradientRecord
from pipeline_src.space.catalogue import HYPER_CELLS
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.distributed import World
from pipeline_src.training.seeding import seed_everything

BLOCKS = ("data", "space", "latency", "search", "runtime")
CPU = torch.device("cpu")
DERIVED = ("keep", "guard", "exclude")


@dataclass(frozen=True)
class Variant:
    """One way to search.

    Args:
        gamma: weight of the latency term.
        options: keys of `search:` that differ from the settings; `OFFSET` is replaced by the measured offset.
        null: whether alpha's gradients get random signs.
    """

    gamma: float
    options: Mapping[str, Any] = field(default_factory=dict)
    null: bool = False


OFFSET = {"latency_offset_us": "OFFSET"}
WARM = {"latency_warmup": True}
SINGLE, PAIR = {"sampling": "single"}, {"sampling": "pair"}
UNIFORM = {"warmup_depth": "uniform"}
VARIANTS: dict[str, Variant] = {
    "plain": Variant(0.1),
    "single": Variant(0.1, SINGLE),
    "offset": Variant(0.1, OFFSET),
    "warm-up": Variant(0.1, WARM),
    "pair": Variant(0.1, PAIR),
    "pair, offset": Variant(0.1, {**PAIR, **OFFSET}),
    "pair, warm-up": Variant(0.1, {**PAIR, **WARM}),
    "pair, uniform depth": Variant(0.1, {**PAIR, **UNIFORM}),
    "pair, accumulation": Variant(0.1, {**PAIR, "architecture_accumulation": 4}),
    "offset and warm-up": Variant(0.1, {**OFFSET, **WARM}),
    "plain, all": Variant(0.1, {**OFFSET, **WARM, **UNIFORM}),
    "all": Variant(0.1, {**PAIR, **OFFSET, **WARM, **UNIFORM}),
    "single, all": Variant(0.1, {**SINGLE, **OFFSET, **WARM, **UNIFORM}),
    "plain, gamma 0": Variant(0.0),
    "single, gamma 0": Variant(0.0, SINGLE),
    "pair, gamma 0": Variant(0.0, PAIR),
    "plain, gamma 0, null": Variant(0.0, null=True),
    "single, gamma 0, null": Variant(0.0, SINGLE, null=True),
    "pair, gamma 0, null": Variant(0.0, PAIR, null=True),
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Signal, agreement and collapse of searches on CamVid.")
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--settings", required=True, help="a YAML file with the blocks " + ", ".join(BLOCKS))
    parser.add_argument("--lut", type=Path, required=True)
    parser.add_argument("--depths", type=int, nargs=3, required=True)
    parser.add_argument("--offset-us", type=float, required=True, help="of the variants with an offset")
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--label", default="", help="told apart in the output: what the settings are")
    parser.add_argument("--output", type=Path, required=True, help="a file of JSON lines, appended to")
    return parser.parse_args()


def build(
    args: argparse.Namespace, config: Config, table: LookupTable, variant: Variant, seed: int
) -> Searcher:
    """A search on CamVid's training images, all of whose random numbers follow from the seed."""
    seed_everything(seed, 1)
    data, depths = config.data.camvid, tuple(args.depths)
    transform = TrainTransform(
        (data.search_crop_height_px, data.search_crop_width_px), table.input_hw, config.search.scale_range
    )
    dataset = SegmentationDataset(args.prepared, args.raw, ("train", "val"), transform)
    dataset.cache = True
    options = {key: args.offset_us if value == "OFFSET" else value for key, value in variant.options.items()}
    search = SearchConfig(**{**config.search.model_dump(), "validation_images": 0, **options})
    source, steps = training_source(
        dataset, search.batch_size, seed=seed, workers=0, world=World(0, 1, CPU), limit=search.steps_per_epoch
    )
    generator = torch.Generator().manual_seed(seed)
    return Searcher(
        Supernet(config.space, depths, dataset.num_classes),
        ArchitectureParameters(depths, generator),
        train_batches=source,
        architecture_batches=None,
        validate=None,
        latency=LatencyModel.build(config.space, table.input_hw, table.latency_us, CPU),
        config=search,
        plan=SearchPlan(gamma=variant.gamma, steps_per_epoch=steps),
        device=CPU,
        generator=generator,
        **({"null_signs": torch.Generator().manual_seed(900 + seed)} if variant.null else {}),
    )


def run(searcher: Searcher, gamma: float) -> dict[str, Any]:
    """Search to the end; of a search at gamma 0, with the signal of the cross entropy's gradient in alpha."""
    record = GradientRecord()
    cpu_s, wall_s = time.process_time(), time.monotonic()
    for _ in searcher.run():
        if not searcher.beta_is_frozen and gamma == 0:
            record.add([_gradient(alpha) for alpha in searcher.parameters.alphas()])
    steps = searcher.config.epochs * searcher.plan.steps_per_epoch
    found = {
        "steps": steps,
        "cpu_s": time.process_time() - cpu_s,
        "wall_s": time.monotonic() - wall_s,
        "ce": searcher.rows[-1]["ce"],
    }
    if record.steps:
        found["signal"] = record.signal(torch.Generator().manual_seed(0))
    return found


def _gradient(alpha: Tensor) -> Tensor:
    return torch.zeros_like(alpha) if alpha.grad is None else alpha.grad


def facts(genotype: Genotype, table: LookupTable) -> dict[str, Any]:
    """Share of zero edges, whether each hyper-cell has a signal, depths and predicted latency."""
    cells = [name for one in genotype.hyper_cells for name in (*one.reduction, *one.normal)]
    edges = {
        ("reduction", index, edge): name
        for index, one in enumerate(genotype.hyper_cells)
        for edge, name in enumerate(one.reduction)
    }
    return {
        "zero_share": cells.count("zero") / len(cells),
        "live_hyper_cells": sum(live(edges, "reduction", index) for index in range(HYPER_CELLS)),
        "depths": list(genotype.depths),
        "latency_us": predict_latency_us(genotype, table),
    }


def derived(parameters: ArchitectureParameters, config: Config, table: LookupTable) -> dict[str, Any]:
    """What each way to treat `zero` makes of the same parameters."""
    plain = parameters.derive(config.space)
    p_zero = [torch.softmax(alpha.detach(), -1)[:, 0] for alpha in parameters.alphas()[:-1]]
    return {
        "choices": [name for one in plain.hyper_cells for name in (*one.reduction, *one.normal)],
        "aggregation": list(plain.aggregation),
        "alpha_entropy": float(torch.stack([entropy(a.detach()) for a in parameters.alphas()]).mean()),
        "p_zero": float(torch.cat(p_zero).mean()),
        "derived": {zero: facts(parameters.derive(config.space, zero), table) for zero in DERIVED},
    }


def main() -> None:
    args = parse_arguments()
    config = read_settings(args.settings, BLOCKS)
    table = LookupTable.load(args.lut)
    table.require_made_for(
        config.space, (config.data.camvid.input_height_px, config.data.camvid.input_width_px)
    )
    lines = args.output.read_text(encoding="utf-8").splitlines() if args.output.exists() else []
    done = {(one["label"], one["variant"], one["seed"]) for one in map(json.loads, lines)}
    for seed in args.seeds:
        for name in args.variants:
            if (args.label, name, seed) in done:
                continue
            variant = VARIANTS[name]
            searcher = build(args, config, table, variant, seed)
            result = {
                "label": args.label,
                "variant": name,
                "gamma": variant.gamma,
                "null": variant.null,
                "seed": seed,
                "initial_depths": args.depths,
                "sampling": searcher.config.sampling,
                "batch_size": searcher.config.batch_size,
                "architecture_lr": searcher.config.architecture_lr,
                **run(searcher, variant.gamma),
                **derived(searcher.parameters, config, table),
                "load": os.getloadavg()[0],
                **surroundings(CPU),
            }
            with args.output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
