"""Check published results: checksums, and that tables and claims come out of them to the byte."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.errors import DataError, UserError
from pipeline_src.places import REPORTS, RESULTS, of_scale

if TYPE_CHECKING:
    from pipeline_src.reporting.published.folder import Published

HELP = "check a folder of published results, and make its report from it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="results/published/SCALE")
    parser.add_argument(
        "--report", type=Path, metavar="OUTPUT", help="also make the page and its pictures, in this folder"
    )
    parser.add_argument(
        "--docs", type=Path, default=Path("docs"), help="of this project, for the page (docs)"
    )


def run(args: argparse.Namespace) -> None:
    """Compare checksums, make the tables and the folder's README again, and compare these."""
    from pipeline_src.reporting.published.folder import README, read_published
    from pipeline_src.reporting.published.told import told

    published = read_published(args.folder)
    print(f"{args.folder}: {len(published.files)} files have the checksums that were published")
    if README in published.files:
        text = told(published.config, args.folder / RESULTS, args.folder / REPORTS)
        if (args.folder / README).read_text(encoding="utf-8") != text:
            raise DataError(
                args.folder / README,
                "does not say what the results beside it say.",
                "It was written by another version of this project, or by hand: publish again.",
            )
    if not published.reports:
        print(f"{args.folder} holds no tables, so there are none to compare")
        if args.report is None:
            return
    with tempfile.TemporaryDirectory() as place:
        made = _made_again(published, Path(place), args.docs, drawn=args.report is not None)
        differing = [
            name
            for name in published.reports
            if not (made / name).is_file()
            or (made / name).read_bytes() != (args.folder / REPORTS / name).read_bytes()
        ]
        if differing:
            raise DataError(
                args.folder,
                f"{len(differing)} of {len(published.reports)} tables and claims come out otherwise: "
                f"{', '.join(differing[:8])}{', ...' if len(differing) > 8 else ''}.",
                "They were made by another version of this project, or not from these results.",
            )
        if published.reports:
            print(
                f"{len(published.reports)} tables, claims and data of figures come out the same to the byte"
            )
        if args.report:
            _hand_over(made, args.report)
            print(f"{args.report / 'index.html'}")


def _made_again(published: Published, root: Path, docs: Path, *, drawn: bool) -> Path:
    """The report made below `root` from the published results alone; returns its folder."""
    from pipeline_src.cli.report_steps import make_report

    scale = published.config.scale
    shutil.copytree(published.folder / RESULTS, root / of_scale(RESULTS, scale))
    if drawn:
        if not docs.is_dir():
            raise UserError(docs, "is not there.", "Start this in the project's folder, or give --docs.")
        (root / "docs").symlink_to(docs.absolute())
    make_report(published.config, root, drawn=drawn)
    return root / of_scale(REPORTS, scale)


def _hand_over(made: Path, target: Path) -> None:
    """Move a report to where the user wants it, over one of ours only."""
    from pipeline_src.artifacts import write_atomically

    for source in sorted(path for path in made.rglob("*") if path.is_file()):
        place = target / source.relative_to(made)
        write_atomically(place, lambda temporary, source=source: shutil.copyfile(source, temporary))  # type: ignore[misc]
