"""A set of the user's own as the main one: what its description says becomes the block `data.own`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline_src.config.data_sets import PAPER_SETS
from pipeline_src.config.dataset import Description, Sizes
from pipeline_src.config.datasets import described, name_of, path_of
from pipeline_src.errors import ConfigError

RESERVED = (*PAPER_SETS, "imagenet", "own", "raw")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def with_own_set(values: dict[str, Any]) -> dict[str, Any]:
    """The configuration's values, with `data.own` filled from the description that `data.main` names.

    What `data.own` says itself wins. Nothing changes where the main set is one of the paper's.

    Raises:
        ConfigError: there is no such description, it cannot be used, has no sizes, or a name that is taken.
    """
    data = values.get("data")
    main = data.get("main") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(main, str) or main in PAPER_SETS:
        return values
    found, name = described(main), name_of(main)
    if name in RESERVED or not _NAME.fullmatch(name):
        raise ConfigError(
            "data.main",
            f"names the set {name!r}; results lie in folders of that name, and "
            + (f"{', '.join(RESERVED)} are taken." if name in RESERVED else "this is none."),
            "Rename the description: letters, digits and underscores.",
        )
    if found.sizes is None:
        raise ConfigError(
            path_of(main),
            "has no `sizes`: a main set needs its input size.",
            "Add `sizes: {input_height_px: ..., input_width_px: ...}`.",
        )
    given = data.get("own")
    own = {**_from_description(found, found.sizes), "description": main}
    own |= given if isinstance(given, Mapping) else {}
    return {**values, "data": {**data, "main": name, "own": own}}


def _from_description(found: Description, sizes: Sizes) -> dict[str, Any]:
    height, width = sizes.input_height_px, sizes.input_width_px
    (first, *_) = found.layouts.values()
    return {
        "path": found.path,
        "class_names": list(found.class_names),
        "has_test": first.splits.test is not None,
        "has_coarse": first.splits.coarse is not None,
        "input_height_px": height,
        "input_width_px": width,
        "crop_height_px": sizes.crop_height_px or height,
        "crop_width_px": sizes.crop_width_px or width,
        "search_crop_height_px": sizes.search_crop_height_px or max(32, height // 2),
        "search_crop_width_px": sizes.search_crop_width_px or max(32, width // 2),
        "full_height_px": sizes.full_height_px,
        "full_width_px": sizes.full_width_px,
    }
