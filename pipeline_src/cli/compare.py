"""`autortnet compare`: two reports side by side, of two folders or of two git revisions."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src import places
from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from pipeline_src.reporting.compare.sides import Side

HELP = "tell which numbers of two reports differ, by how much, and whether beyond noise"
WHAT = "a folder reports/SCALE or results/published/SCALE, or a git revision whose results DVC has"


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("a", metavar="A", help=WHAT)
    parser.add_argument("b", metavar="B", help=f"{WHAT}; differences are B minus A")
    parser.add_argument("--scale", help="of a revision's report (default: that of its params.yaml)")
    parser.add_argument("--level", type=_share, default=0.05, help="of the tests (default: 0.05)")
    parser.add_argument(
        "--tolerance",
        type=_share,
        default=0.01,
        help="share by which a number of unknown noise may move (default: 0.01)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write Markdown there, not to the screen")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page, too, which loads nothing")
    parser.add_argument(
        "--fail-on-change",
        action="store_true",
        help="exit status 1 if a number moved beyond noise or tolerance, a trained number that should be"
        " equal is not, or a count, text, status or row differs",
    )


def run(args: argparse.Namespace) -> None:
    """Compare, and say what was found."""
    from pipeline_src.artifacts import write_text
    from pipeline_src.ownership import MARK, require_replaceable
    from pipeline_src.reporting.compare.comparison import compare
    from pipeline_src.reporting.compare.text import to_html, to_markdown

    for path in filter(None, (args.output, args.html)):
        require_replaceable(path)
    with tempfile.TemporaryDirectory() as fetched:
        sides = [_side(text, args.scale, Path(fetched) / str(n)) for n, text in enumerate((args.a, args.b))]
        found = compare(sides[0], sides[1], args.level, args.tolerance)
    if args.output:
        write_text(args.output, f"{to_markdown(found)}\n[//]: # ({MARK})\n")
    else:
        print(to_markdown(found), end="")
    if args.html:
        write_text(args.html, f"{to_html(found)}<!-- {MARK} -->\n")
    if args.fail_on_change and found.moved:
        raise SystemExit(1)


def _side(text: str, scale: str | None, place: Path) -> Side:
    from pipeline_src.reporting.compare.sides import read_side
    from pipeline_src.reporting.published.folder import INDEX

    folder = Path(text)
    if folder.is_dir():
        report = folder / places.REPORTS if (folder / INDEX).is_file() else folder
        return read_side(report / places.TABLES, text)
    if text.startswith("-") or folder.is_file():
        raise UserError(text, "is no folder and no git revision.", f"Give {WHAT}.")
    commit = _git(Path.cwd(), text, "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}")
    root = Path(_git(Path.cwd(), text, "rev-parse", "--show-toplevel"))
    place.mkdir()
    named = places.of_scale(places.REPORTS, scale or _scale_at(root, text, commit))
    _fetch(root, text, commit, f"{named}/{places.TABLES}", place / places.TABLES)
    _fetch(root, text, commit, f"{named}/{places.PROVENANCE}", place / places.PROVENANCE, required=False)
    return read_side(place / places.TABLES, text)


def _git(folder: Path, revision: str, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            revision, "is no folder, and git knows no such revision here.", f"Give {WHAT}."
        ) from error
    return done.stdout.strip()


def _scale_at(root: Path, revision: str, commit: str) -> str:
    """The scale that a commit's params.yaml picks."""
    from pipeline_src.config.load import mapping_of, scale_named_by

    place = f"{revision}:params.yaml"
    return scale_named_by(mapping_of(_git(root, revision, "show", f"{commit}:params.yaml"), place), place)


def _fetch(root: Path, revision: str, commit: str, wanted: str, place: Path, required: bool = True) -> None:
    """Let DVC bring a file or folder of a commit from its cache or remote."""
    if importlib.util.find_spec("dvc") is None:
        raise UserError(
            "dvc", f"is not installed, and only DVC can bring {wanted} of {revision}.", "`pip install dvc`."
        )
    words = ("get", ".", wanted, "--rev", commit, "--out", str(place))
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words],
        cwd=root,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and required:
        faults = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        said = faults[0].removeprefix("ERROR: ").rstrip(".") if faults else f"exit status {done.returncode}"
        raise UserError(
            revision,
            f"has no {wanted} that DVC could bring ({said}).",
            "Its dvc.lock must be committed and its results be in the cache or a remote; or give folders.",
        )
