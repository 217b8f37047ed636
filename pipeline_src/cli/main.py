"""The `autortnet` command: one subcommand a step, each in a module of its own, loaded when asked for."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from pipeline_src.cli.boundary import as_user_error, told
from pipeline_src.training.interruption import Interrupted, leave_on_signals

COMMANDS: dict[str, tuple[str, ...]] = {
    "configuration": ("config", "plan", "status"),
    "data": ("render-scenes", "render-objects", "describe-data", "prepare-data", "prepare-imagenet"),
    "latency": ("measure-lut", "check-lut", "measure-speed", "measure-speeds"),
    "architectures": (
        "search-architecture",
        "sample-random",
        "sample-matched",
        "sample-control",
        "sample-downsampling",
        "sample-aggregation",
    ),
    "training": ("pretrain-backbone", "finetune-network"),
    "results": (
        "evaluate-network",
        "export-submission",
        "draw-predictions",
        "tabulate-table",
        "collect-figure",
        "collect-overview",
        "plot-figure",
        "judge-claims",
        "trace-provenance",
        "explain",
        "compare",
        "render-report",
        "make-report",
        "publish",
        "verify",
        "pack-network",
        "export",
        "predict",
    ),
}

SYSTEMS = ("linux", "darwin")
EXIT_ERROR = 2
EXIT_FAULT = 70  # EX_SOFTWARE: not the user's to mend
EXIT_INTERRUPTED = 75  # EX_TEMPFAIL: start the same command again and it goes on


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"pipeline_src.cli.{command.replace('-', '_')}")


def _overview() -> str:
    lines = ["usage: autortnet COMMAND [ARGUMENTS]", "", "AutoRTNet as a reproducibility pipeline.", ""]
    for group, commands in COMMANDS.items():
        lines.append(f"{group}:")
        lines += [f"  {command:<22}{_module(command).HELP}" for command in commands]
        lines.append("")
    lines.append("`autortnet COMMAND --help` lists a command's arguments; `make reproduce` runs them all.")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit status: 0, 2 for bad input, 70 for a fault of ours, 75 if told to stop."""
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except BrokenPipeError:  # whoever read the output has gone, as in `autortnet --help | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if sys.platform not in SYSTEMS:
        print(
            f"error: {sys.platform} is not supported. Use Linux or macOS; on Windows, WSL 2.", file=sys.stderr
        )
        return EXIT_ERROR
    command, rest = words[0], words[1:]
    known = [name for group in COMMANDS.values() for name in group]
    if command not in known:
        import difflib

        near = difflib.get_close_matches(command, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else " See `autortnet --help`."
        print(f"error: unknown command {command!r}.{hint}", file=sys.stderr)
        return EXIT_ERROR
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        _run(command, rest)
    except Interrupted as error:
        print(f"interrupted: {error}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        print(f"error: {told(error, ['autortnet', *words])}", file=sys.stderr)
        return EXIT_ERROR if as_user_error(error) else EXIT_FAULT
    return 0


def _run(command: str, words: list[str]) -> None:
    with leave_on_signals():
        run_words([command, *words])


def run_words(words: list[str]) -> None:
    """Run one subcommand as a part of another; raises what it raises."""
    module = _module(words[0])
    parser = argparse.ArgumentParser(prog=f"autortnet {words[0]}", description=module.HELP)
    module.add_arguments(parser)
    args = parser.parse_args(words[1:])
    args.command_line = ["autortnet", *words]
    module.run(args)


def run_from_shell() -> None:
    """Entry point of the installed command.

    It ends the process without taking the interpreter down: to free torch's modules one by one takes 0.4 s,
    a quarter of what a step costs beside its work. What is registered to run at exit still runs.
    """
    status = main()
    atexit._run_exitfuncs()
    with contextlib.suppress(BrokenPipeError):  # whoever read the output has gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
