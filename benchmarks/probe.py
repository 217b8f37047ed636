"""Test whether scale camvid's training recipe lets the architecture matter, before its runs are paid for.

    python -m benchmarks.probe --data CAMVID --work DIR --jobs 2
    python -m benchmarks.probe --summary

Trains network A, its ablated control and two latency-matched random networks of a published run with two
seeds each, by the recipe of workflow/scales/camvid.yaml, on CamVid's train split alone, and evaluates them on
its val split. The test split is not read. Each run is a process of `autortnet finetune-network` with one
thread. A stopped run resumes from its checkpoint, and a run that the output lists is skipped. Finished rows
can be committed while others are running.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd

from pipeline_src import places
from pipeline_src.artifacts import read_json, write_text
from pipeline_src.cli import evaluate_network, finetune_network
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.config.models import Config
from pipeline_src.config.settings import execution_settings, result_settings
from pipeline_src.errors import UserError
from pipeline_src.latency.load import load_average

REPOSITORY = Path(__file__).resolve().parents[1]
PUBLISHED = REPOSITORY / "results/published/camvid"
OUTPUT = REPOSITORY / "docs/results/camvid/probe.csv"
RUNS = (
    ("A", 0), ("control", 0), ("A", 1), ("control", 1),
    ("matched-3", 0), ("matched-4", 0), ("matched-3", 1), ("matched-4", 1),
)  # fmt: skip
"""Networks and seeds in the order in which they are trained: what decides comes first."""
KEY = ["network", "seed", "epochs"]
A_MIN, GAP_MIN = 0.45, 0.05
"""The runs of scale camvid are started if A's mIoU and its lead over the control are at least these."""


@dataclass(frozen=True)
class Run:
    """One network trained with one seed; `folder` holds everything that it writes."""

    network: str
    seed: int
    genotype: Path
    folder: Path


class Probe:
    """The commands of the probe over one work folder.

    Args:
        data: CamVid's raw folder. work: prepared set, checkpoints, weights and logs.
        output: the table of finished runs.
        config: of scale camvid, with the epochs wanted.
    """

    def __init__(self, data: Path, work: Path, output: Path, config: Config) -> None:
        self.data, self.work, self.output, self.config = data, work, output, config
        self.children: set[subprocess.Popen[bytes]] = set()
        self.lock = Lock()
        self.stopped = False

    def prepare(self) -> None:
        """Check CamVid's training and validation splits and write their labels, once."""
        if not (self.work / "prepared/manifest.json").exists():
            words = ["prepare-data", "--dataset", "camvid", "--root", self.data, "--splits", "train,val"]
            self._command(self.work / "prepare.log", *words, "--output", self.work / "prepared")

    def train(self, run: Run) -> None:
        """Train and evaluate one network, and add its row to the table."""
        if self.stopped or self._is_listed(run):
            return
        load = load_average()
        block = self.config.data.camvid
        size = places.size_text((block.input_height_px, block.input_width_px))
        crop = places.size_text((block.crop_height_px, block.crop_width_px))
        trained, score = run.folder / "trained", run.folder / "val.json"
        data = ["--prepared", self.work / "prepared", "--raw", self.data, "--genotype", run.genotype]
        if not (trained / "run.json").exists():
            words = ["--splits", "train", "--validation-split", "val", "--seed", run.seed]
            words += ["--input-size", size, "--crop-size", crop, *self._settings(finetune_network.BLOCKS)]
            words += ["--checkpoints", run.folder / "checkpoints", "--output", trained]
            self._command(run.folder / "train.log", "finetune-network", *data, *words)
        weights = ["--weights-last", trained / places.LAST_WEIGHTS, "--weights-best"]
        words = [*weights, trained / places.BEST_WEIGHTS, "--split", "val", "--input-size", size]
        words += [*self._settings(evaluate_network.BLOCKS), "--output", score]
        self._command(run.folder / "evaluate.log", "evaluate-network", *data, *words)
        self._list(run, read_json(score), read_json(trained / "run.json"), load)

    def stop(self) -> None:
        """Ask every running command to write its checkpoint and exit."""
        self.stopped = True
        for child in list(self.children):
            child.send_signal(signal.SIGTERM)

    def _settings(self, blocks: tuple[str, ...]) -> list[str]:
        given = result_settings(self.config, blocks), execution_settings(self.config, blocks)
        return ["--settings", given[0], "--execution", given[1]]

    def _command(self, log: Path, *words: object) -> None:
        """Run one command of the project with one thread; its output is appended to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pipeline_src", *map(str, words)]
        threads = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with log.open("ab") as stream:
            child = subprocess.Popen(command, stdout=stream, stderr=stream, cwd=REPOSITORY, env=threads)
            self.children.add(child)
            status = child.wait()
            self.children.discard(child)
        if status and not self.stopped:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise UserError(log, f"ends with status {status}: {' '.join(last)}", "Fix it and run again.")
        if self.stopped:
            raise KeyboardInterrupt

    def _is_listed(self, run: Run) -> bool:
        done = rows_of(self.output)
        key = (run.network, run.seed, self.config.finetune.epochs)
        return not done.empty and key in set(done[KEY].itertuples(index=False, name=None))

    def _list(self, run: Run, score: dict[str, Any], record: dict[str, Any], load: float | None) -> None:
        best = score["best"] or {}
        row = {
            "network": run.network,
            "seed": run.seed,
            "epochs": score["epochs"],
            "val_images": score["images"],
            "miou": score["last"]["miou"],
            "miou_best_epoch": best.get("miou"),
            "best_epoch": best.get("epoch"),
            **{f"iou_{name}": one for name, one in score["last"]["per_class_iou"].items()},
            "processor_s": record["processor_s"],
            "wall_s": record["wall_s"],
            "load_before": load,
            "load_after": load_average(),
            "device": record["device"],
            "started": record["started"],
            "commit": record["git"]["commit"],
        }
        with self.lock:
            table = pd.concat([rows_of(self.output), pd.DataFrame([row])], ignore_index=True)
            write_text(self.output, table.to_csv(index=False))
        print(f"{run.network} seed {run.seed}: mIoU {row['miou']:.4f}", flush=True)


def rows_of(path: Path) -> pd.DataFrame:
    """The finished runs; empty where there are none."""
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def summary(table: pd.DataFrame) -> str:
    """The table of finished runs in Markdown, and what the probe decides."""
    parts = []
    for epochs, rows in table.groupby("epochs"):
        scores = 100 * rows.pivot(index="network", columns="seed", values="miou")
        order = [name for name in dict.fromkeys(name for name, _ in RUNS) if name in scores.index]
        scores = scores.loc[order]
        classes = [column for column in rows if column.startswith("iou_")]
        means = 100 * rows.groupby("network")[classes].mean().loc[order]
        if {"A", "control"} <= set(order):
            scores.loc["A - control"] = scores.loc["A"] - scores.loc["control"]
            means.loc["A - control"] = means.loc["A"] - means.loc["control"]
        scores.insert(0, "mean", scores.mean(axis=1, skipna=False))
        scores.columns = [one if one == "mean" else f"seed {one}" for one in scores.columns]
        means.columns = [column.removeprefix("iou_") for column in means.columns]
        hours = rows["processor_s"].sum() / 3600
        load = rows[["load_before", "load_after"]].stack()
        parts += [
            f"mIoU in % on CamVid val ({rows['val_images'].iloc[0]} images), {epochs} epochs, last epoch:",
            _markdown(scores),
            "IoU of each class in %, mean over seeds:",
            _markdown(means),
            f"{len(rows)} runs, {hours:.2f} processor-hours of training, "
            f"load {load.min():.1f} to {load.max():.1f}.",
            _decision(scores),
        ]
    return "\n\n".join(parts)


def _markdown(table: pd.DataFrame) -> str:
    text = table.map(lambda value: "" if pd.isna(value) else f"{value:.1f}")
    return text.reset_index(names="network").to_markdown(index=False)


def _decision(scores: pd.DataFrame) -> str:
    known = scores["mean"].dropna()
    if not {"A", "A - control"} <= set(known.index):
        return "Undecided: A and its control need two seeds each."
    goes_on = known["A"] >= 100 * A_MIN and known["A - control"] >= 100 * GAP_MIN
    rule = f"A is to reach {100 * A_MIN:.0f} % and to lead its control by {100 * GAP_MIN:.0f} points"
    return f"{rule}: {'it does' if goes_on else 'it does not'}."


def runs_of(config: Config, published: Path, work: Path, networks: list[str]) -> list[Run]:
    """The runs of `networks` in their order.

    Raises:
        UserError: the published run lacks a network.
    """
    grid = Grid(config)
    known = {one.name: one for one in grid.architectures} | {"A": grid.network_a}
    runs = []
    for network, seed in RUNS:
        if network not in networks:
            continue
        genotype = published.resolve() / "results" / places.genotype(known[network])
        if not genotype.exists():
            raise UserError(
                genotype, "does not exist.", "Give the folder of a published run of scale camvid."
            )
        name = f"{network}-s{seed}-e{config.finetune.epochs}"
        runs.append(Run(network, seed, genotype, work / name))
    return runs


def main() -> None:
    """Train what is missing in the table, or print its summary."""
    first, *others = (__doc__ or "").splitlines()
    parser = argparse.ArgumentParser(
        description=first, epilog="\n".join(others), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="CamVid's raw folder (480x360)")
    parser.add_argument("--genotypes", type=Path, default=PUBLISHED, help="published run (default: camvid's)")
    parser.add_argument("--work", type=Path, default=Path("build/probe"), help="folder for weights and logs")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="CSV of finished runs")
    parser.add_argument("--networks", nargs="+", default=[*dict(RUNS)], choices=[*dict(RUNS)])
    parser.add_argument("--epochs", type=int, help="epochs of each run (default: the scale's)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (default: 1)")
    parser.add_argument("--summary", action="store_true", help="print the summary in Markdown and exit")
    args = parser.parse_args()
    if args.summary:
        print(summary(rows_of(args.output)))
        return
    if args.data is None:
        parser.error("--data is required: the folder of CamVid at 480x360")
    finetune = {} if args.epochs is None else {"finetune": {"epochs": args.epochs}}
    config = resolve({"scale": "camvid", **finetune}, REPOSITORY / "workflow/scales", "--epochs")
    work = args.work.resolve()
    probe = Probe(args.data.resolve(), work, args.output.resolve(), config)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        runs = runs_of(config, args.genotypes, work, args.networks)
        probe.prepare()
        with ThreadPoolExecutor(args.jobs) as pool:
            try:
                for _ in pool.map(probe.train, runs):
                    pass
            except BaseException:
                probe.stop()
                raise
    except KeyboardInterrupt:
        sys.exit("Stopped; run the same command to resume.")
    except UserError as error:
        sys.exit(f"error: {error}")
    print(summary(rows_of(args.output)))


if __name__ == "__main__":
    main()
