"""Print the resolved configuration of a scale, the JSON schema, or the table of all keys."""

from __future__ import annotations

import argparse

from pipeline_src.cli.arguments import add_configuration, configuration

HELP = "print the resolved configuration, its schema, or what each key means"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_configuration(parser)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--schema", action="store_true", help="print the JSON schema instead")
    instead.add_argument("--markdown", action="store_true", help="print docs/configuration.md instead")


def run(args: argparse.Namespace) -> None:
    """Resolve, validate, print."""
    import yaml

    from pipeline_src.config.describe import config_markdown, schema_text

    if args.schema or args.markdown:
        print(schema_text() if args.schema else config_markdown(), end="")
        return
    config = configuration(args)
    print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False), end="")
