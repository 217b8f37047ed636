"""The documentation against the code: assumptions, config keys, generated pages, links, commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from pipeline_src import places
from pipeline_src.cli.main import COMMANDS, main
from pipeline_src.config.datasets import parse_description
from pipeline_src.config.describe import config_markdown, config_schema, schema_text
from pipeline_src.config.load import SCALES
from pipeline_src.config.models import Config
from pipeline_src.reporting.read.claims import read_claims

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
SCHEMA = REPOSITORY / "workflow" / "schemas" / "config.schema.json"
PAGES = sorted(
    [
        *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(REPOSITORY / folder / "README.md" for folder in ("data", "results", "reports")),
        *DOCS.rglob("*.md"),
    ]
)
NAMES = [str(page.relative_to(REPOSITORY)) for page in PAGES]
ASSUMPTION = re.compile(r"\bA(\d{1,2})\b")
NOT_KEYS = (".py", ".smk", ".yaml", ".yml", ".json", ".csv", ".md", ".toml", ".lock", ".png", ".safetensors")


def _read(page: Path | str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def _code() -> dict[Path, str]:
    folders = [(REPOSITORY / "pipeline_src", "*.py"), (REPOSITORY / "workflow", "*.smk")]
    folders.append((REPOSITORY / "workflow", "*.yaml"))
    paths = [path for folder, pattern in folders for path in folder.rglob(pattern)]
    return {path: path.read_text(encoding="utf-8") for path in [*paths, REPOSITORY / "Snakefile"]}


def _sections() -> dict[int, str]:
    parts = re.split(r"^## ", _read("docs/assumptions.md"), flags=re.MULTILINE)[1:]
    return {int(match[1]): part for part in parts if (match := re.match(r"A(\d+): ", part))}


def test_every_assumption_of_the_code_is_documented_and_the_other_way_round() -> None:
    documented = set(_sections())
    assert documented == set(range(1, len(documented) + 1)) and len(documented) >= 27
    cited = {int(number): path for path, text in _code().items() for number in ASSUMPTION.findall(text)}
    assert set(cited) == documented, {number: cited.get(number) for number in set(cited) ^ documented}


def test_every_assumption_says_what_why_where_and_how_to_switch() -> None:
    for number, text in _sections().items():
        for part in ("- Choice: ", "- Why: ", "- Where: `", "- Switch: "):
            assert text.count(part) == 1, f"A{number} lacks {part!r}"
        switch = text.split("- Switch: ")[1]
        assert "no key" in switch or "`" in switch or "edit" in switch, f"A{number}"


def test_named_places_in_the_code_exist() -> None:
    """`pipeline_src/x.py` (`name`, `other`): the file holds each name."""
    found = 0
    for page in PAGES:
        text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
        for path, names in re.findall(r"`(pipeline_src/[\w/]+\.py)` \(([^)]*)\)", text):
            for name in re.findall(r"`([\w.]+)`", names):
                found += 1
                assert re.search(rf"\b{re.escape(name)}\b", _read(path)), f"{page.name}: {name} in {path}"
        for path in re.findall(r"`((?:pipeline_src|workflow|tests|benchmarks|docs)/[\w./-]+)`", text):
            if "SCALE" not in path:
                assert (REPOSITORY / path).exists(), f"{page.name} names {path}"
    assert found > 25


def _has_key(model: type[BaseModel], parts: list[str]) -> bool:
    field = model.model_fields.get(parts[0])
    if field is None or len(parts) == 1:
        return field is not None
    return any(_has_key(inner, parts[1:]) for inner in _models_in(field.annotation))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _keys(text: str) -> list[str]:
    """Dotted keys in backticks whose first part is a block: `search.level`, `data.main: camvid`."""
    found = re.findall(r"`([a-z_]+(?:\.[a-z0-9_]+)+)(?:: [^`]*)?`", text)
    blocks = Config.model_fields
    return [key for key in found if key.split(".")[0] in blocks and not key.endswith(NOT_KEYS)]


@pytest.mark.parametrize("name", NAMES)
def test_config_keys_in_the_docs_exist(name: str) -> None:
    for key in _keys(_read(name)):
        assert _has_key(Config, key.split(".")), f"{name} names the key {key}"


def test_the_reader_of_keys_finds_keys() -> None:
    assert _keys("`search.level` or `data.main: camvid`, not `data.py`") == ["search.level", "data.main"]
    assert _has_key(Config, ["data", "cityscapes", "render", "seed"])
    assert not _has_key(Config, ["search", "levle"])
    assert len(_keys(_read("docs/assumptions.md"))) > 25


def test_yaml_examples_are_valid_configuration_or_descriptions_of_data() -> None:
    found = 0
    for page in PAGES:
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            found += 1
            if (example := yaml.safe_load(block)).keys() <= Config.model_fields.keys():
                Config.model_validate(example)
            else:
                assert parse_description(block, page.name).layouts
    assert found >= 3


@pytest.mark.parametrize("name", NAMES)
def test_relative_links_resolve(name: str) -> None:
    page = REPOSITORY / name
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#", "mailto:")):
            assert (page.parent / target.split("#")[0]).exists(), f"{name} links to {target}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_in_the_docs_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), flags=re.MULTILINE))
    text = _read(name)
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, flags=re.MULTILINE))
    assert {"reproduce", "test"} <= named <= targets


def test_the_quick_start_is_two_commands() -> None:
    section = _read("README.md").split("## Quick start")[1].split("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert [line.split("#")[0].strip() for line in block.splitlines()] == ["make reproduce", "make test"]


@pytest.mark.parametrize("name", NAMES)
def test_commands_in_the_docs_exist(name: str) -> None:
    known = {command for group in COMMANDS.values() for command in group}
    for command in re.findall(r"autortnet\s+([a-z]+(?:-[a-z]+)*)[\s`]", _read(name)):
        assert command in known, f"{name} names `autortnet {command}`"


def test_scales_in_the_readme_are_the_scales() -> None:
    rows = re.findall(r"^\| `(\w+)`", _read("README.md"), flags=re.MULTILINE)
    assert tuple(rows) == SCALES


def test_outputs_in_the_readme_are_named_as_at_scale_tiny() -> None:
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import resolve

    grid = Grid(resolve({}, REPOSITORY / "workflow" / "scales"))
    training = grid.training(grid.network_a, grid.main)
    text = _read("README.md")
    assert f"results/tiny/search/{grid.network_a.name}/" in text
    assert f"results/tiny/finetune/{grid.network_a.name}/{training.name}/weights_last.safetensors" in text


def test_configuration_page_is_up_to_date() -> None:
    command = "autortnet config --markdown > docs/configuration.md"
    assert _read("docs/configuration.md") == config_markdown(), f"run: {command}"


def test_schema_is_up_to_date() -> None:
    command = "autortnet config --schema > workflow/schemas/config.schema.json"
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), f"run: {command}"


def test_the_command_prints_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--markdown"]) == 0
    assert capsys.readouterr().out == config_markdown()
    assert main(["config", "--schema"]) == 0
    assert capsys.readouterr().out == schema_text()


def test_every_key_has_a_meaning() -> None:
    rows = [line for line in config_markdown().splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    for row in rows:
        assert row.rstrip("| ").count(" | ") == 3, f"no meaning: {row}"


def test_schema_takes_the_scales_and_refuses_what_the_models_refuse() -> None:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for scale in SCALES:
        jsonschema.validate(yaml.safe_load(_read(f"workflow/scales/{scale}.yaml")), schema)
    jsonschema.validate(yaml.safe_load(_read("params.yaml")), schema)
    for wrong in ({"serach": {}}, {"search": {"epochs": 0}}, {"search": {"level": "double"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_gallerys_pictures_are_light_and_all_shown() -> None:
    """What `make published-report` draws, as PNG: a page that opens at once, and nothing left over."""
    folder = REPOSITORY / "docs" / "results" / "camvid"
    shown = set(re.findall(r"\(camvid/([^)]*)\)", _read("docs/results/camvid_gallery.md")))
    pictures = {path.name: path.stat().st_size for path in folder.iterdir() if path.suffix != ".json"}
    assert shown == set(pictures) and all(name.endswith(".png") for name in pictures)
    assert max(pictures.values()) < 600_000 and sum(pictures.values()) < 2_500_000


NUMBER = re.compile(r"(?<![\w.-])-?\d+\.\d+(?![\w.])")
PUBLISHED_CAMVID = REPOSITORY / "results" / "published" / "camvid"


def _numbers(text: str) -> set[str]:
    """Numbers with decimals in prose and tables, minus sign or dash before them left out."""
    return {found.lstrip("-") for found in NUMBER.findall(re.sub(r"`[^`]*`|\]\([^)]*\)", "", text))}


def test_numbers_told_of_camvid_are_the_published_ones() -> None:
    """Each with decimals stands in the published folder's own page, which `autortnet verify` makes again."""
    known = _numbers((PUBLISHED_CAMVID / "README.md").read_text(encoding="utf-8"))
    page = _read("docs/results/camvid.md")
    line = next(one for one in _read("README.md").split("\n[") if one.startswith("docs/results/camvid.md"))
    assert len(_numbers(page)) > 20 and len(_numbers(line)) >= 2
    for text in (page, line):
        assert not _numbers(text) - known, sorted(_numbers(text) - known)


def test_verdicts_told_of_camvid_are_the_published_ones() -> None:
    verdicts = {one.id: one.verdict for one in read_claims(PUBLISHED_CAMVID / "reports" / places.CLAIMS)}
    found = re.search(r"Reproduced: (.*?)\. Not reproduced: (.*?)\.\s", _read("docs/results/camvid.md"))
    assert found is not None
    for told, verdict in zip(found.groups(), ("reproduced", "not reproduced"), strict=True):
        named = set(re.findall(r"C\d+[a-d]?", told))
        assert named == {one for one, given in verdicts.items() if given == verdict}


def test_the_record_of_both_editions_has_every_claim_and_the_published_verdicts() -> None:
    claims = read_claims(PUBLISHED_CAMVID / "reports" / places.CLAIMS)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in _read("docs/results/camvid_claims.md").splitlines()
        if re.match(r"\| C\d", line)
    ]
    second = {row[0].split()[0]: row[3:] for row in rows}
    assert second == {
        one.id: [
            one.verdict_words,
            "" if one.p_value is None else f"{one.p_value:.3g}",
            "" if one.p_holm is None else f"{one.p_holm:.3g}",
        ]
        for one in claims
    }
    first = {name: row[1] for row in rows for name in re.findall(r"^C\d+", row[0])}
    assert [name for name, verdict in first.items() if verdict == "reproduced"] == ["C6"]
    assert [name for name, verdict in first.items() if verdict == "not reproduced"] == ["C9"]
    assert len(first) == 12


UNUSUAL = re.compile(
    r"\banew\b|\bbears?\b|for or against|stands? for it|\b(hence|thereof|whilst|whereby|hitherto)\b",
    re.IGNORECASE,
)
"""Words that no colleague would say so."""


@pytest.mark.parametrize("folder", ["docs", "pipeline_src/reporting"])
def test_page_and_docs_use_plain_words(folder: str) -> None:
    paths = [
        path for end in ("md", "py", "j2", "js", "yaml") for path in (REPOSITORY / folder).rglob(f"*.{end}")
    ]
    assert len(paths) > 10
    paths += [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")]
    for path in paths:
        found = UNUSUAL.findall(path.read_text(encoding="utf-8"))
        assert not found, f"{path}: {found}"


def test_numbers_of_jobs_on_the_cluster_page_are_those_of_the_paper_scale() -> None:
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import resolve

    grid = Grid(resolve({"scale": "paper"}, REPOSITORY / "workflow" / "scales"))
    rows = re.findall(
        r"^\| (search|pretrain|finetune|evaluate)\b[^|]*\| (\d+) \|", _read("docs/cluster.md"), re.M
    )
    assert {name: int(number) for name, number in rows} == {
        "search": len(grid.searches),
        "pretrain": len(grid.backbones),
        "finetune": len(grid.trainings),
        "evaluate": len(grid.evaluations),
    }


def test_counts_stand_in_dated_records_only() -> None:
    """A number of jobs, rules or runs in prose goes stale: pages of results have a date, others no number."""
    count = re.compile(r"\b\d[\d,]* (?:jobs|rules|finetunings|pretrainings)\b")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if page.parent.name == "results":
            assert not count.search(text) or re.search(r"\b20\d\d-\d\d-\d\d\b", text), page
        elif page.name != "CHANGELOG.md":
            assert not count.search(text), f"{page}: {count.search(text)}"


def test_the_readme_fits_a_screen_and_a_half() -> None:
    assert _read("README.md").count("\n") <= 100


LONGEST_SENTENCE_WORDS = 30


def test_sentences_of_the_page_are_short() -> None:
    """Of the page's own prose: its templates' paragraphs, and the glossary."""
    from pipeline_src.reporting.page.glossary import GLOSSARY

    texts = [meaning for _, meaning in GLOSSARY]
    for path in (REPOSITORY / "pipeline_src" / "reporting" / "page" / "templates").glob("*.j2"):
        for paragraph in re.findall(r"<p[ >].*?</p>", path.read_text(encoding="utf-8"), flags=re.DOTALL):
            texts.append(re.sub(r"\{[{%].*?[}%]\}|<[^>]*>", " ", paragraph))
    sentences = [one for text in texts for one in re.split(r"[.:;?!](?:\s|$)", " ".join(text.split()))]
    assert len(sentences) > 60
    long = [one for one in sentences if len(one.split()) > LONGEST_SENTENCE_WORDS]
    assert not long, long


LONGEST_SENTENCE_OF_DOCS_WORDS = 32
KEPT_SHORT = [name for name in NAMES if not name.startswith("docs/results/") and name != "CHANGELOG.md"]
WORD = re.compile(r"[\w'\u2019%.-]*\w[\w'\u2019%.-]*")


def _sentences(text: str) -> list[str]:
    """Those of Markdown prose: no blocks of code, tables, headings or link targets; code in a line is X."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "X", text))
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-|#]|\d+\. ))", text)
    prose = [" ".join(block.split()) for block in blocks if not block.lstrip().startswith(("|", "#"))]
    return [one for block in prose for one in re.split(r"(?<=[.!?])\s+", block) if one]


@pytest.mark.parametrize("name", KEPT_SHORT)
def test_sentences_of_the_docs_are_short(name: str) -> None:
    """The pages of docs/results are dated records, as is CHANGELOG.md: they stay as they were written."""
    counts = {one: len(WORD.findall(one)) for one in _sentences(_read(name))}
    long = {one: count for one, count in counts.items() if count > LONGEST_SENTENCE_OF_DOCS_WORDS}
    assert counts and not long, long


def test_the_reader_of_sentences_leaves_out_what_is_no_prose() -> None:
    text = "# Head. Line\n\nSee `a b. c` of [a page](x. y.md).\nTwo, e.g.\n2.5 M\n\n| a. b | c |\n"
    text += "\n```sh\nmake. it\n```\n\n- item one\n- item two; more. End"
    assert _sentences(text) == [
        "See X of [a page].",
        "Two, e.g.",
        "2.5 M",
        "- item one",
        "- item two; more.",
        "End",
    ]
    assert [len(WORD.findall(one)) for one in _sentences(text)] == [5, 2, 2, 2, 3, 1]
