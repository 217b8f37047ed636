"""Networks and forms timed in one interleaved run, again where the machine was restless (Sec. 4.5)."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import LatencyConfig
from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters, least_memory_mib
from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN, MAY_FAIL, REFERENCE, equal_pixels, prepare
from pipeline_src.latency.load import available_mib, load_average
from pipeline_src.latency.runtimes import Forward
from pipeline_src.latency.timing import Progress, Timing, time_in_turns

_LOGGER = logging.getLogger(__name__)
Key = tuple[str, str]
"""A network's label and a form."""


@dataclass(frozen=True)
class Attempt:
    """One interleaved run.

    Attributes:
        samples_us: microseconds of each network and form, round by round.
        load: the machine's load before it, None where the system does not tell.
    """

    samples_us: dict[Key, list[float]]
    load: float | None

    @property
    def spread(self) -> float:
        """The widest of all: between the quartiles, as a share of the median; 0 where nothing was timed."""
        return max((Timing.of(samples).spread for samples in self.samples_us.values()), default=0.0)


@dataclass(frozen=True)
class Comparison:
    """The steadiest attempt, how many there were, and the forms that were refused with their reasons.

    A network that does not fit the memory is refused in every form, and has no share of equal pixels.
    """

    attempt: Attempt
    attempts: int
    equal: dict[Key, float]
    refused: dict[Key, str]

    def is_steady(self, spread_max: float) -> bool:
        """Whether the machine was calm enough for its numbers to be published."""
        return self.attempt.spread <= spread_max


def compare_speeds(
    networks: Mapping[str, nn.Module],
    forms: Sequence[str],
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    *,
    spread_max: float,
    budget_s: float,
    images: Sequence[Tensor] = (),
    progress: Progress = iter,
) -> Comparison:
    """Time every network in every form, A B C A B C ..., until the machine is calm or the attempts are over.

    Args:
        networks: by label; the first is what ratios are taken to.
        forms: of `forms.FORMS`; a form that changes classes on more than 0.1 % of the pixels is not timed.
        spread_max: widest spread between quartiles that is accepted, as a share of the median.
        budget_s: seconds after which no further attempt is started.
        images: (1, 3, H, W) normalised frames on which forms must see the same classes; noise without any.
        progress: wraps the iteration over the rounds of an attempt, to show how far it is.

    Raises:
        UserError: a network's outputs are not finite.
    """
    started = time.monotonic()
    works, equal, refused = _prepared(networks, forms, input_hw, latency, device, images)
    best, attempts = Attempt({}, load_average()), 0
    while works and (
        attempts == 0
        or (
            best.spread > spread_max
            and attempts < latency.attempts_max
            and time.monotonic() - started < budget_s
        )
    ):
        load = load_average()
        try:
            samples = time_in_turns(
                works,
                device=device,
                threads=latency.threads,
                warmup=latency.warmup,
                rounds=latency.repeats,
                progress=progress,
            )
        except (RuntimeError, MemoryError) as error:
            if not _is_memory(error):
                raise
            if attempts == 0:  # each fits alone, and all together do not
                refused |= dict.fromkeys(works, f"{_too_large(input_hw)} beside the other networks")
            break
        attempt, attempts = Attempt(samples, load), attempts + 1
        best = attempt if attempts == 1 or attempt.spread < best.spread else best
        _LOGGER.info("attempt %d: spread %.1f %%", attempts, 100 * attempt.spread)
    return Comparison(best, attempts, equal, refused)


def _too_large_for_the_cpu(network: nn.Module, input_hw: tuple[int, int]) -> str:
    """Why an input is not tried; Linux promises memory that it has not and ends the process that takes it."""
    needed, free = least_memory_mib(network, input_hw), available_mib()
    if needed <= free:
        return ""
    told = f"{_too_large(input_hw)}: it takes {needed:.0f} MiB at least, and {free:.0f} MiB are free"
    _LOGGER.warning("%s", told)
    return told


def _too_large(input_hw: tuple[int, int]) -> str:
    return f"{input_hw[0]}x{input_hw[1]} does not fit the memory"


def _is_memory(error: Exception) -> bool:
    told = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in told or "allocate memory" in told


def _prepared(
    networks: Mapping[str, nn.Module],
    forms: Sequence[str],
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    images: Sequence[Tensor],
) -> tuple[dict[Key, Forward], dict[Key, float], dict[Key, str]]:
    """The forward passes that may be timed, the shares of pixels that keep their class, and refusals."""
    sample = torch.randn(1, 3, *input_hw, generator=torch.Generator().manual_seed(0))
    works: dict[Key, Forward] = {}
    equal: dict[Key, float] = {}
    refused: dict[Key, str] = {}
    for label, network in networks.items():
        too_large = _too_large_for_the_cpu(network, input_hw) if device.type == "cpu" else ""
        for form in forms:
            key = (label, form)
            if too_large:
                refused[key] = too_large
                continue
            try:
                reference, ready = (
                    prepare(network, one, sample, device=device, threads=latency.threads)
                    for one in (REFERENCE, form)
                )
                share = equal_pixels(reference, ready, images or [sample])
                work = ready.on(sample)
            except Exception as error:
                if not _is_memory(error) and form not in MAY_FAIL:
                    raise
                told = f"cannot be run so here: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
                refused[key] = _too_large(input_hw) if _is_memory(error) else told
                _LOGGER.warning("%s, %s: %s", label, form, refused[key])
                continue
            equal[key] = share
            _LOGGER.info("%s, %s: %.2f %% of the pixels keep their class", label, form, 100 * share)
            if share < EQUAL_PIXELS_MIN:
                refused[key] = (
                    f"{100 * share:.2f} % of the pixels keep their class, under {100 * EQUAL_PIXELS_MIN} %"
                )
                _LOGGER.warning("%s, %s is not timed: %s", label, form, refused[key])
            else:
                works[key] = work
    return works, equal, refused


def described(
    comparison: Comparison, networks: Mapping[str, nn.Module], input_hw: tuple[int, int], *, publish: bool
) -> list[dict[str, Any]]:
    """What is written of each network: size, work, and of each form times and ratios to the first network.

    Args:
        publish: whether timings are told; without it they are withheld, as the machine was too restless.
    """
    samples = comparison.attempt.samples_us
    first = next(iter(networks))
    found = []
    for label, network in networks.items():
        forms: dict[str, Any] = {}
        for key in dict.fromkeys((*comparison.equal, *comparison.refused)):
            whose, form = key
            if whose != label:
                continue
            forms[form] = {
                "equal_pixels": comparison.equal.get(key),
                "refused": comparison.refused.get(key),
            }
            if publish and key in samples:
                forms[form] |= timings_of(
                    samples[key], samples.get((first, form)), samples.get((label, REFERENCE))
                )
        found.append(
            {
                "label": label,
                "parameters": count_parameters(network),
                "multiply_adds": count_multiply_adds(network, input_hw),
                "forms": forms,
            }
        )
    return found


def timings_of(
    samples_us: list[float], first_us: list[float] | None, eager_us: list[float] | None
) -> dict[str, Any]:
    """What is written of one form: its times, and the ratios to the first network and to eager mode.

    Args:
        samples_us: of the form, round by round; the others are of the same rounds, None where not timed.
    """
    timing = Timing.of(samples_us)
    return {
        "latency_ms": {
            "median": timing.median_us / 1e3,
            "q1": timing.q1_us / 1e3,
            "q3": timing.q3_us / 1e3,
            "mean": timing.mean_us / 1e3,
            "repeats": timing.repeats,
        },
        "fps": 1e6 / timing.mean_us,
        "times_the_first": _ratio(samples_us, first_us),
        "times_faster_than_eager": _ratio(eager_us, samples_us),
    }


def _ratio(above_us: list[float] | None, below_us: list[float] | None) -> dict[str, float] | None:
    """Median and quartiles of the ratios, round by round: both saw the same moment of the machine."""
    if above_us is None or below_us is None:
        return None
    ratios = Timing.of([above / below for above, below in zip(above_us, below_us, strict=True)])
    return {"median": ratios.median_us, "q1": ratios.q1_us, "q3": ratios.q3_us}
