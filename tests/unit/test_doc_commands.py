"""Every command of every page is one that its program takes: parsed by that program's own parser."""

from __future__ import annotations

import argparse
import importlib
import io
import re
import shlex
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from pipeline_src.cli.main import COMMANDS

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(REPOSITORY / folder / "README.md" for folder in ("data", "results", "reports")),
        *(REPOSITORY / "docs").rglob("*.md"),
    ]
)
PROGRAMS = ("autortnet", "snakemake", "make", "dvc", "pytest")
RULES = {
    name
    for path in [REPOSITORY / "Snakefile", *(REPOSITORY / "workflow" / "rules").glob("*.smk")]
    for name in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
}
FILES = re.compile(r"(reports|results|data)/\w+/.+")


def lines_of(text: str) -> list[str]:
    """The shell lines of a page: those of its `sh` blocks, and code within sentences that has an argument."""
    found = []
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", text, flags=re.DOTALL):
        found += block.replace("\\\n", " ").splitlines()
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    return found


def commands_of(text: str) -> list[list[str]]:
    """Each command of a page as words, without the program's folder, redirections and comments."""
    found = []
    for line in lines_of(text):
        try:
            words = shlex.split(line.removeprefix("$ "), comments=True)
        except ValueError:
            continue
        for part in _split(words):
            while part and re.fullmatch(r"[A-Z_]+=.*", part[0]):
                part = part[1:]
            if part and Path(part[0]).name in PROGRAMS:
                found.append([Path(part[0]).name, *part[1:]])
    return found


def _split(words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    skip = False
    for word in words:
        if word in ("&&", ";", "|", "||"):
            parts.append([])
        elif word in (">", "2>", ">>"):
            skip = True
        elif skip:
            skip = False
        else:
            parts[-1].append(word)
    return parts


CASES = [
    (str(page.relative_to(REPOSITORY)), command)
    for page in PAGES
    for command in commands_of(page.read_text(encoding="utf-8"))
]


def of(program: str) -> list[object]:
    found = {f"{page}: {' '.join(words)}"[:150]: words[1:] for page, (name, *_), words in
             ((page, command, command) for page, command in CASES) if name == program}  # fmt: skip
    return [pytest.param(words, id=name) for name, words in found.items()]


def parsed(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    said = io.StringIO()
    with redirect_stderr(said):
        try:
            return parser.parse_args(words)
        except SystemExit as ended:
            if ended.code == 0:
                return argparse.Namespace()
            raise AssertionError(f"{' '.join(words)}: {said.getvalue()[-300:]}") from None


@pytest.mark.parametrize("words", of("autortnet"))
def test_commands_of_autortnet(words: list[str]) -> None:
    known = [name for group in COMMANDS.values() for name in group]
    if not words or words[0] in ("--help", "COMMAND"):
        return
    assert words[0] in known
    if len(words) == 1 or "--help" in words or any("..." in word for word in words):
        return
    module = importlib.import_module(f"pipeline_src.cli.{words[0].replace('-', '_')}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    flags = [word.split("=")[0] for word in words[1:] if word.startswith("--")]
    for flag in flags:
        assert flag in parser._option_string_actions, f"{words[0]} has no {flag}"
    if not any(action.required for action in parser._actions if action.option_strings) or len(words) > 4:
        parsed(parser, words[1:])


@pytest.mark.parametrize("words", of("snakemake"))
def test_commands_of_snakemake(words: list[str]) -> None:
    from snakemake.cli import get_argument_parser

    args = parsed(get_argument_parser(), [word for word in words if word not in ("...",)])
    for target in getattr(args, "targets", None) or ():
        assert str(target) in RULES or FILES.fullmatch(str(target)), f"{target} is no target"
    for given in getattr(args, "config", None) or ():
        assert "=" in given, f"--config swallows {given}"


@pytest.mark.parametrize("words", of("make"))
def test_commands_of_make(words: list[str]) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    variables = set(re.findall(r"^([A-Z]+) [?:]?=", makefile, flags=re.MULTILINE)) | {"FULL"}
    for word in words:
        name, sign, _ = word.partition("=")
        assert (name in variables) if sign else (word in targets or word.startswith("$")), word


@pytest.mark.parametrize("words", of("dvc"))
def test_commands_of_dvc(words: list[str]) -> None:
    from dvc.cli.parser import get_main_parser

    if words and words[0].isupper():
        return
    choices = get_main_parser()._subparsers._group_actions[0].choices
    assert words[0] in choices or words[0].startswith("-")
    if "..." in words or all(re.fullmatch(r"[a-z-]+", word) for word in words[1:]):
        return  # a name of a command within a sentence
    parsed(get_main_parser(), words)


@pytest.mark.parametrize("words", of("pytest"))
def test_commands_of_pytest(words: list[str]) -> None:
    for word in words:
        if word.startswith("tests/"):
            assert (REPOSITORY / word.split("::")[0]).exists(), word


def test_the_reader_of_pages_finds_commands() -> None:
    block = "```sh\nA=1 .venv/bin/autortnet x \\\n  --y z > w  # c\nmake a && dvc push\n```\n"
    text = f"{block}Say `snakemake -n b`."
    assert commands_of(text) == [
        ["autortnet", "x", "--y", "z"],
        ["make", "a"],
        ["dvc", "push"],
        ["snakemake", "-n", "b"],
    ]
    assert {command[0] for _, command in CASES} >= {"autortnet", "snakemake", "make", "dvc", "pytest"}
    assert len(CASES) > 80


def test_an_option_that_swallows_the_target_is_seen() -> None:
    from snakemake.cli import get_argument_parser

    with pytest.raises(AssertionError, match="invalid choice: 'reproduce_tables'"):
        parsed(get_argument_parser(), ["-n", "--quiet", "rules", "reproduce_tables"])
    with pytest.raises(AssertionError, match="--config swallows results/tiny/lut"):
        test_commands_of_snakemake(["--config", "scale=tiny", "results/tiny/lut/camvid.json"])
