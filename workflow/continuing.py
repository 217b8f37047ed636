"""Go on from published results in a clone that has no weights: `make continue-published`.

Files of `results/published/SCALE` that `results/SCALE` lacks are put there, Snakemake is asked for the
results that are still missing (and makes what these need), and the report is made from all. `--only PATTERN`
asks for a part of what is missing. Published results count as they are, whatever code made them: their
records say which. Timings of another machine are left out, and all are taken here: latencies of two machines
are never compared.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json, write_atomically
from pipeline_src.cli.boundary import as_user_error, told
from pipeline_src.cli.record import device_name
from pipeline_src.cli.report_steps import make_report
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.config.models import Config
from pipeline_src.config.settings import setting_keys
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.reporting.published.folder import PUBLISHED, Published, read_published
from pipeline_src.reporting.read.standing import jobs_of

ROOT = Path.cwd()
WEIGHTS_ONLY = frozenset({"pretrain_backbone", "finetune_network"})
"""What these end with is not published: they run again where something missing needs them."""


def require_same_settings(config: Config, published: Published) -> None:
    """Refuse to mix results of two settings; rows may be added (`experiments`), and data may lie elsewhere.

    Raises:
        ConfigError: with the keys that differ.
    """
    differing = [
        key
        for key, is_execution in setting_keys()
        if not is_execution
        and not key.startswith("experiments.")
        and not key.endswith(".path")
        and _value(config, key) != _value(published.config, key)
    ]
    if differing:
        raise ConfigError(
            "params.yaml",
            f"differs from what the published results were made with: {', '.join(differing)}.",
            "Set these keys as published, or run all with `make reproduce`.",
        )


def _value(config: Config, key: str) -> Any:
    value: Any = config
    for name in key.split("."):
        value = getattr(value, name, None)
    return value


def place(published: Published, results: Path, device: str) -> list[Path]:
    """Put what is absent in its place; returns the files that were put there.

    Timings of another device than `device` stay away, the lookup table excepted: searches go on with theirs.
    """
    placed = []
    for name in published.results:
        source, target = published.folder / places.RESULTS / name, results / name
        if target.exists() or (_is_timing(name) and _device_of(source) not in (None, device)):
            continue
        write_atomically(target, lambda temporary, source=source: _copied(source, temporary))  # type: ignore[misc]
        placed.append(target)
    return placed


def _copied(source: Path, temporary: Path) -> None:
    shutil.copyfile(source, temporary)


def _device_here(config: Config) -> str:
    """What timings are taken on here, by the name that run records have."""
    from pipeline_src.training.distributed import resolve_device

    if resolve_device(config.runtime.device).type == "cuda":
        import torch

        torch.cuda.init()  # type: ignore[no-untyped-call]
    return device_name()


def _is_timing(name: str) -> bool:
    """Whether a result is a timing that stands in a comparison; a lookup table does not."""
    return name.startswith("speed/") or (name.startswith("lut/") and "_check." in name)


def _device_of(path: Path) -> str | None:
    """The device that a file's run record names; None without a record."""
    record = path if path.name.endswith(RECORD) else path.with_name(f"{path.name}.{RECORD}")
    if not record.is_file():
        return None
    device = read_json(record).get("device")
    return device if isinstance(device, str) else None


def touch(results: Path) -> None:
    """Give all results one time, so that none counts as newer than what was made of it."""
    now = time.time()
    for path in results.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (now, now))


def missing(grid: Grid, results: Path) -> list[str]:
    """The results that are to be made, in the order of the stages, relative to the root."""
    return [
        str(results / job.output)
        for job in jobs_of(grid)
        if job.rule not in WEIGHTS_ONLY and not (results / job.output).exists()
    ]


def chosen(names: Sequence[str], patterns: Sequence[str], results: Path) -> list[str]:
    """Those of the missing results that a pattern names; all where none is given.

    Args:
        names: relative to the root. patterns: as a shell has them, relative to `results`.

    Raises:
        UserError: a pattern names nothing that is missing.
    """
    below = {name: str(Path(name).relative_to(results)) for name in names}
    for pattern in patterns:
        if not fnmatch.filter(below.values(), pattern):
            example = f"; missing is for example {next(iter(below.values()))}" if below else ""
            told = f"Patterns are relative to {results}{example}."
            raise UserError(f"--only {pattern}", "names no result that is missing.", told)
    return [
        name
        for name in names
        if not patterns or any(fnmatch.fnmatchcase(below[name], one) for one in patterns)
    ]


def prepared_sets(grid: Grid, scale: str) -> list[str]:
    """The prepared sets that any job may need, relative to the root."""
    return [f"data/{scale}/{name}/manifest.json" for name in sorted(grid.datasets)]


def _snakemake(targets: Sequence[str], cores: str, config: dict[str, Any]) -> None:
    """Make targets; what stands is not made again because of other code or parameters."""
    given = [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in config.items()
    ]
    words = [*targets, "--cores", cores, "--rerun-triggers", "mtime", "--quiet", "rules"]
    words += ["--config", *given]
    status = subprocess.run([sys.executable, "-m", "snakemake", *words], cwd=ROOT, check=False).returncode
    if status:
        raise SystemExit(status)


def go_on(scale: str | None, cores: str, only: Sequence[str] = ()) -> None:
    """Place, compute what is missing, and make the report."""
    params = read_yaml(ROOT / "params.yaml")
    if scale:
        params["scale"] = scale
    config = resolve(params, ROOT / "workflow" / "scales")
    published = read_published(ROOT / places.RESULTS / PUBLISHED / config.scale)
    require_same_settings(config, published)
    results, grid = Path(places.of_scale(places.RESULTS, config.scale)), Grid(config)
    device = _device_here(config)
    placed = place(published, ROOT / results, device)
    print(f"{len(placed)} of {len(published.results)} published files put in their places", flush=True)
    over: dict[str, Any] = {"scale": config.scale}
    tables = [ROOT / results / places.lookup_table(search.dataset) for search in grid.searches]
    if any(_device_of(path) not in (None, device) for path in tables if path.exists()):
        print(
            "The lookup table is of another machine: searches go on with it, timings are taken here.",
            flush=True,
        )
        over["latency"] = {"allow_other_device": True}
    _snakemake(prepared_sets(grid, config.scale), cores, over)
    touch(ROOT / results)
    lacking = missing(grid, results)
    wanted = chosen(lacking, only, results)
    if wanted:
        part = f", {len(wanted)} of which are asked for" if only else ""
        print(f"{len(lacking)} results are missing{part}", flush=True)
        _snakemake(wanted, cores, over)
        touch(ROOT / results)
    make_report(config, ROOT, drawn=True)
    print(f"reports/{config.scale}/index.html is made of all results; `autortnet publish` publishes them")


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status is 2 for what the user can mend, else that of Snakemake."""
    parser = argparse.ArgumentParser(prog="python -m workflow.continuing", description=__doc__)
    parser.add_argument("--scale", help="tiny, camvid or paper; default: what params.yaml says")
    parser.add_argument("--cores", default="all")
    parser.add_argument(
        "--only",
        metavar="PATTERN",
        nargs="+",
        default=(),
        help="of the missing results, such as 'evaluate/random-*'",
    )
    args = parser.parse_args(argv)
    try:
        go_on(args.scale, args.cores, args.only)
    except Exception as error:
        words = ["python", "-m", "workflow.continuing", *(sys.argv[1:] if argv is None else argv)]
        print(f"error: {told(error, words)}", file=sys.stderr)
        return 2 if as_user_error(error) else 70
    return 0


if __name__ == "__main__":
    sys.exit(main())
