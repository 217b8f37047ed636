"""Empty hyper-cells 2 and 3 of a searched network: what it still reaches, it does not owe to them (A29)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_genotype_output

HELP = "empty a network's hyper-cells 2 and 3, as a control of what accuracy depends on (Table 3)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--reference", type=Path, required=True, help="the network, as genotype")
    add_genotype_output(parser)


def run(args: argparse.Namespace) -> None:
    """Write the emptied network, or that it is the reference itself."""
    from pipeline_src.cli.not_run import tell
    from pipeline_src.cli.record import recorded
    from pipeline_src.not_run import NotRun
    from pipeline_src.space.genotype import Genotype

    reference = Genotype.load(args.reference)
    with recorded(args.output, args, [args.reference]):
        control = reference.emptied()
        if control != reference:
            control.save(args.output)
            return
        name = args.reference.absolute().parent.name
        reason = f"the same network as {name}, whose hyper-cells 2 and 3 are empty"
        marker = NotRun(reason, name, control.model_dump(mode="json"))
        marker.save(args.output)
        tell(marker)
