"""Snakemake's graph and DVC's artifacts as one: `python -m workflow.artifacts COMMAND`, from dvc.yaml, make.

code         what the stage `code` of dvc.yaml runs: which code the others depend on
stage NAME   what a stage of dvc.yaml runs: restore, Snakemake, prune, export
commit       after plain `snakemake`: export and `dvc commit`, nothing is run again
push, pull   commit and `dvc push`; `dvc pull` and restore
checkout     `dvc checkout` and restore, after `git checkout` or `dvc exp apply`
prune        delete runs that params.yaml does not name; with --list only name them
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline_src.cli.boundary import as_user_error, told
from pipeline_src.errors import UserError
from workflow.provenance import export, restore
from workflow.prune import EVERY_KIND, KINDS, prune
from workflow.stages import scale_of, stages, write_code

ROOT = Path.cwd()
NOTHING = "Nothing to be done"


def _tool(name: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", name, *words], cwd=ROOT, check=False)


def _run(name: str, *words: str) -> None:
    """Run one of the two tools; its failure is ours, and it has said why."""
    status = _tool(name, *words).returncode
    if status:
        raise SystemExit(status)


def _say(text: str) -> None:
    print(text, flush=True)


def _restore(*, overwrite: bool) -> None:
    done = restore(ROOT, scale_of(ROOT), overwrite=overwrite)
    if done.records or done.times:
        _say(f"provenance: {done.records} records and {done.times} times restored")
    for name in done.altered:
        _say(f"provenance: {name} is not the file that was recorded; left as it is")
    if done.frozen:
        _say(
            f"provenance: times of {len(done.frozen)} files are not ours to set; Snakemake compares checksums"
        )


def _prune(kinds: tuple[str, ...]) -> None:
    pruned, kept = prune(ROOT, kinds, delete=True)
    for name in pruned:
        _say(f"pruned: {name} (params.yaml no longer names it)")
    for name in kept:
        _say(f"kept: {name} (no run here made it)")


def _make_folders(*names: str) -> None:
    """Make the folders of stages that have no runs: DVC requires every output of a stage."""
    made = stages(ROOT, scale_of(ROOT))
    for place in (one for name in names for one in made[name] if not one.suffix):
        (ROOT / place).mkdir(parents=True, exist_ok=True)


def code(args: argparse.Namespace) -> None:
    """Write which code each stage depends on; what an edit of a comment leaves as it was."""
    write_code(ROOT)


def stage(args: argparse.Namespace) -> None:
    """Make one stage's results, whatever of them is missing or out of date."""
    if args.name not in stages(ROOT, scale_of(ROOT)):
        raise UserError(args.name, "is not a stage of dvc.yaml.", "`dvc stage list` names them.")
    _restore(overwrite=False)
    cores = os.environ.get("AUTORTNET_CORES", "all")
    _run("snakemake", f"stage_{args.name}", "--cores", cores, "--quiet", "rules")
    _make_folders(args.name)
    _prune(KINDS.get(args.name, ()))
    export(ROOT, scale_of(ROOT), args.name)


def commit(args: argparse.Namespace) -> None:
    """Give DVC what plain Snakemake made; refuses results that params.yaml does not ask for."""
    planned = subprocess.run(
        [sys.executable, "-m", "snakemake", "reproduce_tables", "--dry-run", "--nocolor"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if planned.returncode:
        sys.stderr.write(planned.stdout)
        raise SystemExit(planned.returncode)
    if NOTHING not in planned.stdout:
        raise UserError(
            "results", "are not all there, or not those of params.yaml.", "Run `make reproduce` first."
        )
    scale = scale_of(ROOT)
    left, foreign = prune(ROOT, EVERY_KIND, delete=False)
    if foreign:
        problem = "was made by no run, and stands among the results."
        raise UserError(", ".join(foreign), problem, "Move it away.")
    if left:
        raise UserError(
            ", ".join(left),
            "is of no run that params.yaml names.",
            "Name it there, or delete it with `make prune`.",
        )
    count = sum(export(ROOT, scale, name) for name in stages(ROOT, scale))
    _say(f"provenance: {count} records exported")
    write_code(ROOT)
    _make_folders(*stages(ROOT, scale))
    _run("dvc", "commit", "--force", "--quiet")
    _restore(overwrite=False)  # links into the cache have times of their own
    _say("committed to DVC. Share it: `git add dvc.lock`, `git commit`, `make push`.")


def push(args: argparse.Namespace) -> None:
    """Commit, then copy what the remote lacks."""
    _require_remote("pushed to")
    commit(args)
    _run("dvc", "push")


def pull(args: argparse.Namespace) -> None:
    """Fetch the results that dvc.lock names, with their provenance."""
    _require_remote("pulled from")
    if not (ROOT / "dvc.lock").exists():
        raise UserError(
            "dvc.lock", "does not exist: nobody has committed results here.", "Run `make reproduce`."
        )
    _run("dvc", "pull")
    _restore(overwrite=True)


def checkout(args: argparse.Namespace) -> None:
    """Bring the results that dvc.lock names from the cache, with their provenance."""
    _run("dvc", "checkout")
    _restore(overwrite=True)


def prune_runs(args: argparse.Namespace) -> None:
    """Delete what params.yaml does not name."""
    if args.list:
        for name in prune(ROOT, EVERY_KIND, delete=False)[0]:
            _say(name)
    else:
        _prune(EVERY_KIND)


def _require_remote(purpose: str) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "dvc", "config", "core.remote"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode or not listed.stdout.strip():
        raise UserError(
            "DVC",
            f"has no default remote that results could be {purpose}.",
            "Add one: `dvc remote add --default NAME ADDRESS`; docs/dvc.md has examples.",
        )


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "code": code,
    "stage": stage,
    "commit": commit,
    "push": push,
    "pull": pull,
    "checkout": checkout,
    "prune": prune_runs,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 2 for what the user can mend, else that of the failed tool."""
    parser = argparse.ArgumentParser(prog="python -m workflow.artifacts", description="Snakemake with DVC")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__)
        if name == "stage":
            command.add_argument("name")
        if name == "prune":
            command.add_argument("--list", action="store_true", help="delete nothing")
    args = parser.parse_args(argv)
    try:
        COMMANDS[args.command](args)
    except Exception as error:
        words = ["python", "-m", "workflow.artifacts", *(sys.argv[1:] if argv is None else argv)]
        print(f"error: {told(error, words)}", file=sys.stderr)
        return 2 if as_user_error(error) else 70
    return 0


if __name__ == "__main__":
    sys.exit(main())
