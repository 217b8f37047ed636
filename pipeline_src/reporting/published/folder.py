"""The published part of a scale's results: which files, their checksums, and reading them back. [no torch]

results/published/SCALE/
  published.json   what this is, where from, and the SHA-256 of every other file
  README.md        what the results say, for who opens the folder
  config.yaml      the resolved configuration
  results/         of results/SCALE: genotypes, logs of epochs, metrics, timings, lookup tables, run records
  reports/         of reports/SCALE: tables, claims, data of figures, provenance
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline_src import places
from pipeline_src.artifacts import read_json, sha256_of, write_atomically, write_json, write_text
from pipeline_src.config.load import read_yaml, validate
from pipeline_src.config.models import Config
from pipeline_src.errors import DataError, UserError
from pipeline_src.reporting.published.told import told

FORMAT = "autortnet-published/1"
PUBLISHED = "published"
"""The folder below `results/` that has one for each published scale."""
INDEX, CONFIG, README = "published.json", "config.yaml", "README.md"
RESULTS, REPORTS = places.RESULTS, places.REPORTS
LARGEST_MIB = 10
"""A published folder is to lie in git."""
_SUFFIXES = frozenset({".json", ".csv"})
"""No weights; and no pictures, since predictions lie beside a data set's photographs, which are not ours."""
REPORT_FILES = (
    *(place.format(artefact="*") for place in (places.TABLE, places.TABLE_MARKDOWN, places.TABLE_LATEX)),
    places.FIGURE_DATA.format(artefact="*"), places.CURVES.format(kind="*"), places.CLAIMS,
    places.CLAIMS_TABLE, places.AGREEMENT, places.PROVENANCE, places.METRICS,
)  # fmt: skip
"""What is told of the results, and must come out of them again to the byte."""


@dataclass(frozen=True)
class Published:
    """A published folder that was read.

    Attributes:
        folder: where it lies. config: of its run. files: SHA-256 by name, relative to the folder.
    """

    folder: Path
    config: Config
    files: Mapping[str, str]

    @property
    def results(self) -> list[str]:
        """The files of `results/SCALE`, relative to it."""
        return [name.removeprefix(f"{RESULTS}/") for name in self.files if name.startswith(f"{RESULTS}/")]

    @property
    def reports(self) -> list[str]:
        """The files of `reports/SCALE`, relative to it."""
        return [name.removeprefix(f"{REPORTS}/") for name in self.files if name.startswith(f"{REPORTS}/")]


def result_files(results: Path) -> Iterator[Path]:
    """The files of `results/SCALE` that are published, in a fixed order."""
    for kind in sorted(places.KINDS):
        for path in sorted((results / kind).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file() and not path.name.startswith("."):
                yield path


def report_files(reports: Path) -> Iterator[Path]:
    """The files of `reports/SCALE` that are published, in a fixed order."""
    for pattern in REPORT_FILES:
        yield from sorted(path for path in reports.glob(pattern) if path.is_file())


def publish(config: Config, results: Path, reports: Path, folder: Path) -> Published:
    """Write the published part of a run; files of an earlier one that are no more are deleted.

    Args:
        config: that the run was made with.
        results: `results/SCALE`. reports: `reports/SCALE`.
        folder: to write, `results/published/SCALE`.

    Raises:
        UserError: nothing was made yet, it is larger than `LARGEST_MIB`, or a file stands in its way that no
            run here made.
    """
    sources = {f"{RESULTS}/{path.relative_to(results)}": path for path in result_files(results)}
    sources |= {f"{REPORTS}/{path.relative_to(reports)}": path for path in report_files(reports)}
    if not sources:
        raise UserError(results, "holds no results.", "Run `make reproduce` first, or name the scale.")
    size = sum(path.stat().st_size for path in sources.values())
    if size > LARGEST_MIB * 2**20:
        raise UserError(
            results,
            f"has {size / 2**20:.1f} MiB to publish; {LARGEST_MIB} is the most that git should hold.",
            "Publish with DVC instead (docs/dvc.md).",
        )
    before = _listed(folder) if (folder / INDEX).exists() else {}
    files = {}
    for name, source in sources.items():
        _copy(source, folder / name, before.get(name))
        files[name] = sha256_of(folder / name)
    written = {
        CONFIG: yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False),
        README: told(config, folder / RESULTS, folder / REPORTS),
    }
    for name, text in written.items():
        _make_way(folder / name, before.get(name))
        write_text(folder / name, text)
        files[name] = sha256_of(folder / name)
    for name in before.keys() - files.keys():
        _drop(folder / name, before[name])
    (folder / INDEX).unlink(missing_ok=True)  # one of ours, or `_listed` would have refused it
    write_json(folder / INDEX, {"format": FORMAT, "scale": config.scale, "files": files})
    return Published(folder, config, files)


def _copy(source: Path, target: Path, known: str | None) -> None:
    """Copy over what is absent, or what an earlier publication wrote and nobody changed since."""
    if target.is_file() and sha256_of(target) == sha256_of(source):
        return
    _make_way(target, known)
    write_atomically(target, lambda temporary: _copied(source, temporary))


def _make_way(target: Path, known: str | None) -> None:
    """Delete what an earlier publication wrote; what is there besides is refused."""
    if not target.is_file() or known is None:
        return  # the writer refuses what is not ours
    if sha256_of(target) != known:
        raise UserError(target, "was changed since it was published.", "Move it away, or restore it.")
    target.unlink()


def _copied(source: Path, temporary: Path) -> None:
    shutil.copyfile(source, temporary)


def _drop(path: Path, known: str) -> None:
    if path.is_file() and sha256_of(path) == known:
        path.unlink()


def _listed(folder: Path) -> dict[str, str]:
    index: Any = read_json(folder / INDEX)
    files = index.get("files") if isinstance(index, dict) else None
    if not isinstance(files, dict) or index.get("format") != FORMAT:
        raise DataError(folder / INDEX, "is no index of published results.", "Fetch the folder again.")
    for name, digest in files.items():
        if not isinstance(digest, str) or Path(name).is_absolute() or ".." in Path(name).parts:
            raise DataError(folder / INDEX, f"names {name!r}, which lies outside.", "Fetch the folder again.")
    return files


def read_published(folder: Path) -> Published:
    """Read a published folder; every file must be the one that was published.

    Raises:
        DataError: it is no published folder, or files are missing, altered or strange; all are named.
    """
    if not (folder / INDEX).is_file():
        raise DataError(folder, f"has no {INDEX}: it is no folder of published results.", "Give one.")
    files = _listed(folder)
    missing = [name for name in files if not (folder / name).is_file()]
    altered = [name for name in files if name not in missing and sha256_of(folder / name) != files[name]]
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    strange = sorted(name for name in found - files.keys() - {INDEX} if not Path(name).name.startswith("."))
    faults = [
        f"{len(names)} {what} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
        for names, what in ((missing, "missing"), (altered, "altered"), (strange, "that nobody published"))
        if names
    ]
    if faults:
        raise DataError(folder, f"has files {' and '.join(faults)}.", "Fetch the folder again.")
    config = validate(read_yaml(folder / CONFIG), str(folder / CONFIG))
    return Published(folder, config, files)
