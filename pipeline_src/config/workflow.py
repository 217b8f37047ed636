"""Settings of the workflow itself: what a user adds to it."""

from __future__ import annotations

from typing import Annotated

from pydantic import field_validator

from pipeline_src.config.block import EXECUTION, Block, Place

SUFFIX = ".smk"


class WorkflowConfig(Block):
    """What a user adds to the workflow; see docs/own_rules.md."""

    custom_rules: Annotated[tuple[Place, ...], EXECUTION] = ()
    """Files of Snakemake rules that are included behind the project's own, such as one more figure."""

    @field_validator("custom_rules")
    @classmethod
    def _each_is_a_file_of_rules_once(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            if not one.endswith(SUFFIX):
                raise ValueError(f"custom_rules lists {one!r}, whose name does not end in {SUFFIX}")
        if len(set(given)) != len(given):
            raise ValueError("custom_rules lists a file twice")
        return given
