"""Compare the networks of a finished run with a predictor that never looks at the image.

    python -m benchmarks.position_baseline [--least 1.15]

The position baseline answers, at each pixel position, the class that is most frequent there in the frames
that the networks were trained on. The command prints it for each data set of the scale in params.yaml, and
the mIoU of every training run that is evaluated on the same split. It exits with 1 unless the mean of network
A's runs is at least `--least` times the baseline on each set. The frames of a set must have one size, as
rendered ones do.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

import numpy as np

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.data.images import label_of
from pipeline_src.data.manifest import Manifest
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.reporting.read.records import Results

LEAST = 1.15
"""Least ratio of A's mean mIoU to the baseline; docs/results/tiny.md has the spread that it is based on."""


def position_baseline(prepared: Path, trained: Sequence[str], evaluated: str) -> float:
    """Compute the mIoU of each position's most frequent class.

    Args:
        prepared: folder of a prepared set whose labels (H, W) have one size.
        trained: splits whose labels are counted.
        evaluated: split that is scored, at the labels' own size.

    Returns:
        Mean over the classes that occur, 0..1.

    Raises:
        ValueError: labels differ in size.
        DataError: the set lacks a split, or a label is malformed.
        UserError: the set is not prepared.
    """
    manifest = Manifest.load(prepared)
    classes = np.arange(len(manifest.class_names))

    def labels(splits: Sequence[str]) -> Iterator[np.ndarray]:
        for item in manifest.items(splits):
            path = prepared / item.label
            yield label_of(path.read_bytes(), path)

    counts = sum((label == classes[:, None, None]).astype(np.int64) for label in labels(trained))
    answer = np.argmax(counts, axis=0)
    matrix = ConfusionMatrix(classes.size)
    for label in labels([evaluated]):
        matrix.update(label, answer)
    return float(np.nanmean(matrix.iou()))


def scores_of(grid: Grid, results: Path, dataset: str) -> dict[str, list[float]]:
    """Read the mIoU (0..1) of the last weights of each network's training runs on a set's usual splits."""
    reader, found = Results(results), defaultdict[str, list[float]](list)
    for one in grid.evaluations:
        run = one.training
        usual = run.split == "train" and not run.coarse and one.split == grid.splits(dataset).judged
        if run.dataset != dataset or one.size != grid.input_size(dataset) or not usual:
            continue
        record = reader.evaluation(one)
        if record is not None and record.last is not None and record.last.miou is not None:
            found[run.architecture.name].append(record.last.miou)
    return found


def main() -> None:
    """Print the comparison; exit with 1 where A is not clearly above the baseline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--least", type=float, default=LEAST, help=f"least ratio (default: {LEAST})")
    least = parser.parse_args().least
    grid = Grid(resolve(read_yaml(Path("params.yaml")), Path("workflow/scales")))
    scale, failed = grid.config.scale, False
    for dataset in dict.fromkeys((grid.main, grid.second)):
        trained, judged = grid.splits(dataset)
        baseline = position_baseline(Path("data") / scale / dataset, trained, judged)
        scores = scores_of(grid, Path(places.RESULTS) / scale, dataset)
        print(f"{dataset} {judged}: position baseline {100 * baseline:.1f} % mIoU")
        for name, found in scores.items():
            print(f"  {name:40} {', '.join(f'{100 * score:.1f}' for score in found)} %")
        a = scores.get(grid.network_a.name)
        if not a or mean(a) < least * baseline:
            ratio = f"{mean(a) / baseline:.2f} times the baseline" if a else "no evaluation"
            print(f"error: {dataset}: network A has {ratio}, less than {least}.", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
