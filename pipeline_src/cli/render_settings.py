"""The `--render` argument of the rendering commands: one block of a data set, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_src.errors import ConfigError
from pipeline_src.parsing import Unreadable, parse_json

if TYPE_CHECKING:
    from pipeline_src.config.models import DataConfig


def read_render(dataset: str, text: str) -> DataConfig:
    """The data configuration in which `data.DATASET.render` is the block given as JSON.

    Raises:
        ConfigError: no JSON object, an unknown key, or a value out of range.
    """
    from pipeline_src.config.load import validate

    try:
        values = parse_json(text)
    except Unreadable as error:
        raise ConfigError("--render", f"{error}.", "Give an object, such as '{\"seed\": 1}'.") from error
    if not isinstance(values, dict):
        raise ConfigError("--render", "is not a JSON object.", "Give an object, such as '{\"seed\": 1}'.")
    return validate({"data": {dataset: {"render": values}}}, "--render", blocks=()).data
