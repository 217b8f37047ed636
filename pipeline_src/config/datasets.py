"""Finding and reading descriptions of data sets: by name in `workflow/datasets`, or by path."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from pipeline_src.config.dataset import Description
from pipeline_src.config.dataset_faults import faults_of
from pipeline_src.config.faults import explained, nearest, refusal
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.parsing import Unreadable, read_text
from pipeline_src.strict_yaml import parse_yaml

FOLDER = Path("workflow/datasets")
# The descriptions that come with the package; in a checkout it is the same folder.
_OURS = Path(__file__).resolve().parents[1] / "datasets"
SUFFIXES = (".yaml", ".yml")


def path_of(name: str) -> Path:
    """The file of a description.

    Args:
        name: of a file in `workflow/datasets` without its suffix, or a path that ends in .yaml.

    Raises:
        ConfigError: there is none; the nearest name is told.
    """
    if name.endswith(SUFFIXES):
        return Path(name)
    for folder in (FOLDER, _OURS):
        if name and "/" not in name and (folder / f"{name}.yaml").is_file():
            return folder / f"{name}.yaml"
    there = names()
    raise ConfigError(
        name or "the data set's name",
        f"is no data set: {FOLDER} has {', '.join(there)}.{nearest(name, there)}",
        f"Describe it in {FOLDER}/NAME.yaml (`autortnet describe-data` does), or give the file's path.",
    )


def names() -> list[str]:
    """The data sets that are described by name."""
    return sorted({path.stem for folder in (FOLDER, _OURS) for path in folder.glob("*.yaml")})


def name_of(given: str) -> str:
    """The name of a data set in files and folders: that of its description's file."""
    return Path(given).stem if given.endswith(SUFFIXES) else given


def described(name: str) -> Description:
    """The description of a data set, by name or path.

    Raises:
        ConfigError: see `path_of` and `read_description`.
    """
    path = path_of(name)
    try:
        state = path.stat()
    except OSError as error:
        raise ConfigError(
            path, f"cannot be read ({error.strerror}).", "Give the path of a description."
        ) from error
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, modified_ns: int, size: int) -> Description:
    return read_description(path)


def read_description(path: Path) -> Description:
    """Read one file.

    Raises:
        ConfigError: it is not readable YAML, a key is unknown (the nearest is named), missing or out of
            range, or two keys cannot go together.
    """
    try:
        text = read_text(path)
    except UserError as error:
        raise ConfigError(path, error.problem, error.remedy) from error
    return parse_description(text, str(path))


def parse_description(text: str, source: str) -> Description:
    """The description in a YAML (or JSON) text; `source` is blamed. Errors: see `read_description`."""
    try:
        values = parse_yaml(text)
    except Unreadable as error:
        raise ConfigError(source, f"{error}.", "Mend the file.") from error
    if not isinstance(values, dict):
        raise ConfigError(
            source, "holds no keys.", "Describe a data set: `autortnet describe-data FOLDER` does."
        )
    try:
        found = Description.model_validate(values)
    except ValidationError as error:
        faults = [explained(fault, Description) for fault in error.errors()]
    else:
        faults = list(faults_of(found))
        if not faults:
            return found
    raise refusal(source, faults, "Mend the description (docs/own_data.md).")
