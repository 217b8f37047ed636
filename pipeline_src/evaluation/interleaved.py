"""Networks, sizes and forms timed in one interleaved run, again while the machine is noisy (Sec. 4.5).

Latencies of one run can be compared with each other: every network sees the same moments of the machine.
Those of different runs cannot: on one machine, a network timed alone was 35 to 55 % slower on another day.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from pipeline_src.config.models import LatencyConfig
from pipeline_src.data.rendering.street import render_street
from pipeline_src.data.transforms import EvalTransform
from pipeline_src.evaluation.complexity import (
    SHAPES_ONLY,
    count_multiply_adds,
    count_parameters,
    least_memory_mib,
    most_memory_mib,
)
from pipeline_src.evaluation.forms import (
    EQUAL_PIXELS_MIN,
    MAY_FAIL,
    REFERENCE,
    classes_of,
    equal_pixels,
    prepare,
)
from pipeline_src.latency.load import available_mib, load_average
from pipeline_src.latency.runtimes import Forward
from pipeline_src.latency.timing import Progress, Timing, time_in_turns

_LOGGER = logging.getLogger(__name__)
KeyT = TypeVar("KeyT")
STREETS = 2
"""Rendered streets on which a form must give the classes that the network gives in eager mode."""


class Subject(NamedTuple):
    """What is timed: a network, by its label, at a data set's number of classes and an input size."""

    label: str
    dataset: str
    num_classes: int
    input_hw: tuple[int, int]


Key = tuple[Subject, str]
"""A subject and a form."""


class _TooLarge(Exception):
    """A work did not fit the memory; `args[0]` is its key."""


@dataclass(frozen=True)
class Interleaved(Generic[KeyT]):
    """The most stable attempt at an interleaved run.

    Attributes:
        samples_us: microseconds of each work, round by round.
        load: of the machine before the attempt, None where the system does not report it.
        attempts: how often the whole was measured; 0 where nothing could be timed.
        too_large: works that did not fit the memory next to the others.
    """

    samples_us: dict[KeyT, list[float]]
    load: float | None
    attempts: int
    too_large: tuple[KeyT, ...] = ()

    @property
    def spread(self) -> float:
        """The widest of all: between the quartiles, as a share of the median; 0 where nothing was timed."""
        return max((Timing.of(samples).spread for samples in self.samples_us.values()), default=0.0)


def time_interleaved(
    works: Mapping[KeyT, Callable[[], object]],
    latency: LatencyConfig,
    device: torch.device,
    *,
    budget_s: float = math.inf,
    progress: Progress = iter,
) -> Interleaved[KeyT]:
    """Time all works A B C A B C ..., until the machine is stable or the attempts are used up.

    A work that does not fit the memory is left out, and the attempt is started again.

    Args:
        works: forward passes, ready to be called.
        latency: at most `attempts_max` attempts, until the widest spread is within `spread_max`.
        budget_s: seconds after which no further attempt is started.
        progress: wraps the iteration over the rounds of an attempt, to show how far it is.
    """
    started = time.monotonic()
    left, too_large = dict(works), []
    best: Interleaved[KeyT] = Interleaved({}, load_average(), 0)
    attempts = 0
    while left and attempts < latency.attempts_max:
        if attempts and (best.spread <= latency.spread_max or time.monotonic() - started >= budget_s):
            break
        load = load_average()
        try:
            samples = time_in_turns(
                {key: _named(key, work) for key, work in left.items()},
                device=device,
                threads=latency.threads,
                warmup=latency.warmup,
                rounds=latency.repeats,
                progress=progress,
            )
        except _TooLarge as error:
            if attempts:
                break
            too_large.append(error.args[0])
            del left[error.args[0]]
            continue
        attempts += 1
        attempt = Interleaved(samples, load, attempts)
        best = attempt if attempts == 1 or attempt.spread < best.spread else best
        _LOGGER.info("attempt %d: spread %.1f %%, load %s", attempts, 100 * attempt.spread, load)
    return Interleaved(best.samples_us, best.load, attempts, tuple(too_large))


def _named(key: object, work: Callable[[], object]) -> Callable[[], object]:
    """The work; where it does not fit the memory, the error names it."""

    def named() -> object:
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if _is_memory(error):
                raise _TooLarge(key) from error
            raise

    return named


@dataclass(frozen=True)
class Comparison:
    """An interleaved run of networks, and the forms that were refused with their reasons.

    A network that does not fit the memory is refused in every form, and has no share of equal pixels.
    """

    run: Interleaved[Key]
    equal: dict[Key, float]
    refused: dict[Key, str]


def streets(input_hw: tuple[int, int]) -> list[Tensor]:
    """Rendered streets at a size, each (1, 3, H, W) and normalised."""
    transform = EvalTransform(input_hw)
    return [transform.image(render_street(0, index, *input_hw)[0])[None] for index in range(STREETS)]


def compare_speeds(
    networks: Mapping[Subject, nn.Module],
    forms: Mapping[Subject, Sequence[str]],
    latency: LatencyConfig,
    device: torch.device,
    *,
    budget_s: float = math.inf,
    images: Callable[[tuple[int, int]], Sequence[Tensor]] = streets,
    progress: Progress = iter,
) -> Comparison:
    """Time every network at its sizes and in its forms, all in one interleaved run.

    Args:
        networks: (1, 3, H, W) -> logits, by subject.
        forms: of `forms.FORMS`, by subject; one that changes classes on over 0.1 % of the pixels is refused.
        latency: as `time_interleaved`; its runtime and precision are those of `eager` and `folded`.
        budget_s: as `time_interleaved`.
        images: of a size, on which a form must give the classes that the network gives in eager mode.
        progress: as `time_interleaved`.

    Raises:
        UserError: a network's outputs are not finite.
    """
    works: dict[Key, Forward] = {}
    equal: dict[Key, float] = {}
    refused: dict[Key, str] = {}
    shown: dict[tuple[int, int], Sequence[Tensor]] = {}
    for subject, network in networks.items():
        if subject.input_hw not in shown:
            shown[subject.input_hw] = images(subject.input_hw)
        one = _prepared(network, forms[subject], subject.input_hw, latency, device, shown[subject.input_hw])
        works |= {(subject, form): work for form, work in one.works.items()}
        equal |= {(subject, form): share for form, share in one.equal.items()}
        refused |= {(subject, form): reason for form, reason in one.refused.items()}
        for form, reason in one.refused.items():
            _LOGGER.warning("%s, %s is not timed: %s", subject.label, form, reason)
    run = time_interleaved(works, latency, device, budget_s=budget_s, progress=progress)
    for key in run.too_large:
        refused[key] = f"{_too_large(key[0].input_hw)} next to the other networks"
    return Comparison(run, equal, refused)


class _Prepared(NamedTuple):
    """Of one network, by form: passes that may be timed, shares of equal pixels, refusals."""

    works: dict[str, Forward]
    equal: dict[str, float]
    refused: dict[str, str]


def _prepared(
    network: nn.Module,
    forms: Sequence[str],
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    images: Sequence[Tensor],
) -> _Prepared:
    too_large = _too_large_for_the_cpu(network, input_hw) if device.type == "cpu" else ""
    if too_large:
        return _Prepared({}, {}, dict.fromkeys(forms, too_large))
    sample = torch.randn(1, 3, *input_hw, generator=torch.Generator().manual_seed(0))
    found = _Prepared({}, {}, {})
    expected: Sequence[Tensor] = ()
    # The form of reference comes first, whether it is timed or not: the others must see what it sees.
    for form in dict.fromkeys((REFERENCE, *forms)):
        try:
            ready = prepare(network, form, sample, device=device, latency=latency)
            if form == REFERENCE:
                expected, share = classes_of(ready, images), 1.0
            else:
                share = equal_pixels(expected, ready, images)
            work = ready.on(sample)
        except Exception as error:
            if not _is_memory(error) and form not in MAY_FAIL:
                raise
            told = f"cannot be run here: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            found.refused[form] = _too_large(input_hw) if _is_memory(error) else told
            if form == REFERENCE:
                return _Prepared({}, {}, dict.fromkeys(forms, found.refused[form]))
            continue
        if form in forms:
            found.equal[form] = share
        if share < EQUAL_PIXELS_MIN:
            least = f"under {100 * EQUAL_PIXELS_MIN} %"
            found.refused[form] = f"{100 * share:.2f} % of the pixels keep their class, {least}"
        elif form in forms:
            found.works[form] = work
    return found


def _too_large_for_the_cpu(network: nn.Module, input_hw: tuple[int, int]) -> str:
    """Why an input is not tried: Linux promises memory that it lacks, and ends the process that uses it."""
    free = available_mib()
    if most_memory_mib(network, input_hw) <= free:
        return ""
    needed = least_memory_mib(network, input_hw)
    if needed <= free:
        return ""
    return f"{_too_large(input_hw)}: it takes {needed:.0f} MiB at least, and {free:.0f} MiB are free"


def _too_large(input_hw: tuple[int, int]) -> str:
    return f"{input_hw[0]}x{input_hw[1]} does not fit the memory"


def _is_memory(error: Exception) -> bool:
    told = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in told or "allocate memory" in told


def described(
    comparison: Comparison, networks: Mapping[Subject, nn.Module], device: torch.device
) -> list[dict[str, Any]]:
    """Describe each subject: size, work, and the times of each form.

    Ratios are to the same form of the first subject with the same data set and size, and to eager mode.
    """
    samples = comparison.run.samples_us
    firsts: dict[tuple[str, tuple[int, int]], Subject] = {}
    found = []
    for subject, network in networks.items():
        first = firsts.setdefault((subject.dataset, subject.input_hw), subject)
        forms: dict[str, Any] = {}
        for key in dict.fromkeys((*comparison.equal, *comparison.refused)):
            if key[0] != subject:
                continue
            forms[key[1]] = {
                "equal_pixels": comparison.equal.get(key),
                "refused": comparison.refused.get(key),
            }
            if key in samples:
                forms[key[1]] |= timings_of(
                    samples[key], samples.get((first, key[1])), samples.get((subject, REFERENCE))
                )
        ran = any("latency_ms" in one for one in forms.values())
        found.append(
            {
                "network": subject.label,
                "dataset": subject.dataset,
                "num_classes": subject.num_classes,
                "input_height_px": subject.input_hw[0],
                "input_width_px": subject.input_hw[1],
                "parameters": count_parameters(network),
                "multiply_adds": count_multiply_adds(
                    network, subject.input_hw, device if ran else SHAPES_ONLY
                ),
                "forms": forms,
            }
        )
    return found


def timings_of(
    samples_us: list[float], first_us: list[float] | None, eager_us: list[float] | None
) -> dict[str, Any]:
    """Describe one form: its times, and the ratios to the first network and to eager mode.

    Args:
        samples_us: of the form, round by round; the others are of the same rounds, None where not timed.
    """
    return {
        "latency_ms": milliseconds(samples_us),
        "fps": 1e6 / Timing.of(samples_us).mean_us,
        "times_the_first": _ratio(samples_us, first_us),
        "times_faster_than_eager": _ratio(eager_us, samples_us),
    }


def milliseconds(samples_us: Sequence[float]) -> dict[str, float | int]:
    """Median, quartiles and mean of measurements, as result files have them."""
    timing = Timing.of(samples_us)
    return {
        "median": timing.median_us / 1e3,
        "q1": timing.q1_us / 1e3,
        "q3": timing.q3_us / 1e3,
        "mean": timing.mean_us / 1e3,
        "repeats": timing.repeats,
    }


def _ratio(above_us: list[float] | None, below_us: list[float] | None) -> dict[str, float] | None:
    """Median and quartiles of the ratios, round by round: both saw the same moment of the machine."""
    if above_us is None or below_us is None:
        return None
    ratios = Timing.of([above / below for above, below in zip(above_us, below_us, strict=True)])
    return {"median": ratios.median_us, "q1": ratios.q1_us, "q3": ratios.q3_us}
