"""The lookup table: a measured latency for every candidate operation the space can reach. [no torch]

Sec. 3.1. A table is only as good as its fingerprint: another device's table is refused, and a key that
is missing is an error, never a measurement made on the side.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from pipeline_src.artifacts import read_json, write_json
from pipeline_src.config.models import Block, Positive, SpaceConfig
from pipeline_src.errors import LookupTableError, UserError, first_fault
from pipeline_src.latency.fingerprint import Fingerprint
from pipeline_src.space.reach import LutKey

Microseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_KEY_FIELDS = len(LutKey._fields)


class LutEntry(Block):
    """One operation's latency: median, quartiles and the number of forward passes behind them."""

    median_us: Microseconds
    q1_us: Microseconds
    q3_us: Microseconds
    repeats: Positive

    @model_validator(mode="after")
    def _quartiles_enclose_the_median(self) -> LutEntry:
        if not self.q1_us <= self.median_us <= self.q3_us:
            raise ValueError(f"quartiles {self.q1_us}, {self.median_us}, {self.q3_us} are out of order")
        return self


class FixedPart(LutEntry):
    """Latency of what every network of the space has, whatever is searched (A21)."""

    num_classes: Positive


class LookupTable(Block):
    """Latencies by key text (`operation|c_in|c_out|stride|height|width`), for one space and input size."""

    format: Literal["autortnet-lut/2"] = "autortnet-lut/2"
    fingerprint: Fingerprint
    input_height_px: Positive
    input_width_px: Positive
    space: SpaceConfig
    entries: dict[str, LutEntry]
    fixed_part: FixedPart | None = None

    @field_validator("entries")
    @classmethod
    def _keys_are_whole(cls, entries: dict[str, LutEntry]) -> dict[str, LutEntry]:
        if not entries:
            raise ValueError("holds no entries")
        for text in entries:
            name, *numbers = text.split("|")
            if len(numbers) != _KEY_FIELDS - 1 or not name or not all(part.isdecimal() for part in numbers):
                raise ValueError(f"{text!r} is no key")
        return entries

    @property
    def input_hw(self) -> tuple[int, int]:
        """The network input (height, width) that the entries belong to."""
        return self.input_height_px, self.input_width_px

    def latency_us(self, key: LutKey) -> float:
        """Median latency of one operation in microseconds.

        Raises:
            LookupTableError: the table lacks the key.
        """
        entry = self.entries.get(key.text)
        if entry is None:
            raise self._lacks(key, 1)
        return entry.median_us

    def fixed_part_us(self, num_classes: int) -> float:
        """Median latency in microseconds of the network's fixed part (A21), for K classes.

        Raises:
            LookupTableError: it was not measured, or for another number of classes.
        """
        if self.fixed_part is None or self.fixed_part.num_classes != num_classes:
            other = f" of {num_classes} classes" if self.fixed_part else ""
            raise LookupTableError(
                "lookup table",
                f"does not hold the time of the network's fixed part{other}, which "
                "search.latency_offset_us: measured asks for.",
                f"Measure it: autortnet measure-lut --num-classes {num_classes} --input-size "
                f"{self.input_height_px}x{self.input_width_px} --settings SETTINGS --output TABLE.json; "
                "or set search.latency_offset_us to a number.",
            )
        return self.fixed_part.median_us

    def require_keys(self, keys: Iterable[LutKey]) -> None:
        """Refuse a table that lacks some of the keys, before any work starts.

        Raises:
            LookupTableError: naming the first missing key and how many there are.
        """
        missing = [key for key in keys if key.text not in self.entries]
        if missing:
            raise self._lacks(missing[0], len(missing))

    def _lacks(self, key: LutKey, count: int) -> LookupTableError:
        others = f" and {count - 1} more" if count > 1 else ""
        return LookupTableError(
            "lookup table",
            f"has no entry {key.text}{others}; it was measured for {self.input_height_px}x"
            f"{self.input_width_px} inputs and {len(self.entries)} keys.",
            "Measure it for this space and input size: autortnet measure-lut --input-size HEIGHTxWIDTH "
            "--settings SETTINGS --output TABLE.json",
        )

    def require(self, fingerprint: Fingerprint, allow_other_device: bool = False) -> None:
        """Refuse a table that was measured elsewhere or otherwise than `fingerprint` says.

        Args:
            fingerprint: what a table measured here and now would carry.
            allow_other_device: the user's word that the table is meant (latency.allow_other_device).

        Raises:
            LookupTableError: listing each difference.
        """
        differences = self.fingerprint.differences(fingerprint)
        if differences and not allow_other_device:
            raise LookupTableError(
                "lookup table",
                f"was measured under other conditions: {'; '.join(differences)}.",
                "Measure one here with `autortnet measure-lut`, or set latency.allow_other_device: true "
                "if this table's device is the one you design for.",
            )

    def require_made_for(self, space: SpaceConfig, input_hw: tuple[int, int]) -> None:
        """Refuse a table of another space or input size.

        Raises:
            LookupTableError: naming both sizes.
        """
        if (self.space, self.input_hw) != (space, tuple(input_hw)):
            raise LookupTableError(
                "lookup table",
                f"is of another space or input size ({self.input_height_px}x{self.input_width_px}, not "
                f"{input_hw[0]}x{input_hw[1]}).",
                "Measure one here with `autortnet measure-lut`.",
            )

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        write_json(path, self.model_dump(mode="json"))

    @classmethod
    def load(cls, path: Path) -> LookupTable:
        """Read and validate a JSON file.

        Raises:
            LookupTableError: it is absent, truncated, or not a lookup table.
        """
        remedy = "Measure it with `autortnet measure-lut`."
        try:
            return cls.model_validate(read_json(path))
        except ValidationError as error:
            raise LookupTableError(path, f"is not a lookup table: {first_fault(error)}.", remedy) from error
        except UserError as error:
            raise LookupTableError(path, error.problem, remedy) from error
