"""Move the reduction cells of a searched network elsewhere (Table 5).

In a small network positions come out equal: then the network is not run again, and a marker says which it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_genotype_output, three_integers

HELP = "move a network's downsampling positions (Table 5)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--reference", type=Path, required=True, help="genotype whose cells are kept")
    parser.add_argument(
        "--positions", type=three_integers, required=True, help="positions among 12 cells, such as 1,5,10"
    )
    parser.add_argument(
        "--run-before",
        type=_named,
        action="append",
        default=[],
        metavar="NAME=POSITIONS",
        help="a network that is run with other positions; can be repeated",
    )
    add_genotype_output(parser)


def run(args: argparse.Namespace) -> None:
    """Scale the positions to the reference's number of cells; write the network, or which one it equals."""
    from pipeline_src.cli.not_run import tell
    from pipeline_src.cli.record import recorded
    from pipeline_src.not_run import NotRun
    from pipeline_src.space.genotype import Genotype
    from pipeline_src.space.sampling import scaled_positions

    reference = Genotype.load(args.reference)
    total = reference.total_cells
    with recorded(args.output, args, [args.reference]) as facts:
        positions = facts["positions"] = scaled_positions(args.positions, total)
        moved = reference.with_positions(positions)
        run_before = {args.reference.absolute().parent.name: reference.downsampling_positions}
        run_before |= {name: scaled_positions(others, total) for name, others in args.run_before}
        equal_to = next((name for name, known in run_before.items() if known == positions), None)
        if equal_to is None:
            moved.save(args.output)
            return
        reason = f"the same network as {equal_to}: of {total} cells, its reductions come to {positions}, too"
        marker = NotRun(reason, equal_to, moved.model_dump(mode="json"))
        marker.save(args.output)
        tell(marker)


def _named(text: str) -> tuple[str, tuple[int, int, int]]:
    """`downsampling-1.5.10=1.5.10` -> its name and its positions."""
    name, equals, positions = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=POSITIONS")
    return name, three_integers(positions)
