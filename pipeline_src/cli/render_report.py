"""`autortnet render-report`: the report as one page, from tables, pictures, claims and run records."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src import places as places_of
from pipeline_src.cli.arguments import add_results, add_settings
from pipeline_src.errors import UserError

HELP = "write the report: one page with every table, figure and claim, and where each number is from"
BLOCKS = (
    "scale",
    "seed",
    "data",
    "space",
    "latency",
    "search",
    "pretrain",
    "finetune",
    "evaluate",
    "experiments",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument(
        "--reports",
        type=Path,
        required=True,
        help="the folder reports/SCALE with tables/, figures/ and claims.json",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="the page to write, in reports/SCALE; its first screen goes to summary.md, .svg and .png",
    )
    parser.add_argument(
        "--assumptions",
        type=Path,
        default=Path("docs/assumptions.md"),
        help="what the paper leaves open (default: %(default)s)",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="DIR",
        help="another folder reports/SCALE: its values beside these, coloured where they differ beyond noise",
    )
    parser.add_argument(
        "--alone", action="store_true", help="for a page shown without its folder: no links to other files"
    )
    parser.add_argument(
        "--own-figure",
        action="append",
        default=[],
        metavar="NAME",
        help="one more picture to show: NAME.svg and NAME.json in the report's folder figures",
    )


def run(args: argparse.Namespace) -> None:
    """Write the page."""
    for folder, name in ((args.results, places_of.RESULTS), (args.reports, places_of.REPORTS)):
        if not folder.is_dir():
            raise UserError(folder, "is not a folder.", f"Give the folder {name}/SCALE with --{name}.")
    from pipeline_src.artifacts import write_bytes, write_text
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.planning.graph import Graph
    from pipeline_src.planning.rules import rules_of
    from pipeline_src.reporting.drawing.rule_graph import rule_graph_svg
    from pipeline_src.reporting.page.context import Places, build_context
    from pipeline_src.reporting.page.render import render
    from pipeline_src.reporting.page.summary_picture import summary_pictures
    from pipeline_src.reporting.provenance.trace import Tracer
    from pipeline_src.reporting.tables.reread import read_table

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    tracer = Tracer(args.results, grid.config.scale)
    rules = rules_of(Graph(grid))
    graph = rule_graph_svg(rules.jobs, rules.edges)
    places = Places(args.results, args.reports, args.assumptions, graph, args.against, tuple(args.own_figure))
    folders = [folder for folder in (args.reports, args.against) if folder is not None]
    tables = [
        path
        for folder in folders
        for path in sorted((folder / places_of.TABLES).glob(f"*{places_of.CELLS_SUFFIX}"))
    ]
    with recorded(args.output, args, [args.assumptions, *tables]):
        context = build_context(grid, places, tracer.of, alone=args.alone)
        write_text(args.output, render(context))
        write_text(args.output.with_name(places_of.SUMMARY), context["files"][places_of.SUMMARY])
        main = read_table("table_1", args.reports / places_of.TABLES)
        for picture, content in zip(places_of.SUMMARY_PICTURES, summary_pictures(context, main), strict=True):
            write_bytes(args.output.with_name(picture), content)
