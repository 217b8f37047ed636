"""Print the resolved configuration of a scale, or the JSON schema."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "print the resolved configuration, or its schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--scale", help="tiny, camvid or paper; default: what params.yaml says")
    parser.add_argument("--scales", type=Path, default=Path("workflow/scales"), help="folder of SCALE.yaml")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema instead")


def run(args: argparse.Namespace) -> None:
    """Resolve, validate, print."""
    import json

    import yaml

    from pipeline_src.config.load import read_yaml, resolve
    from pipeline_src.config.models import Config

    if args.schema:
        print(json.dumps(Config.model_json_schema(), indent=2))
        return
    params = read_yaml(args.params)
    if args.scale:
        params["scale"] = args.scale
    config = resolve(params, args.scales, str(args.params))
    print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False), end="")
