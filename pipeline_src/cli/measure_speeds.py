"""Time several networks, ours and comparison models, at several sizes in one interleaved run (Sec. 4.5)."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline_src.cli.arguments import add_settings, height_by_width
from pipeline_src.cli.networks import build_network
from pipeline_src.errors import UserError
from pipeline_src.latency.settings import NETWORK_KEYS
from pipeline_src.not_run import read_marker

if TYPE_CHECKING:
    from pipeline_src.evaluation.interleaved import Subject
    from pipeline_src.evaluation.trained import Design

HELP = "time several networks in one interleaved run, at several sizes, eager and deployed"
BLOCKS = (*NETWORK_KEYS, "runtime.device")
AT = ("SET", "CLASSES", "HEIGHTxWIDTH", "FORM[,FORM]", "[LABEL[,LABEL]]")
LOG = logging.getLogger(__name__)


class Place(NamedTuple):
    """One `--at`: what is timed at a size of a data set; no labels mean all networks."""

    dataset: str
    num_classes: int
    input_hw: tuple[int, int]
    forms: tuple[str, ...]
    labels: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, BLOCKS)
    parser.add_argument(
        "--network",
        nargs=2,
        action="append",
        required=True,
        metavar=("LABEL", "GENOTYPE|MODEL"),
        help="a genotype's file or the name of a comparison model, such as icnet (repeatable)",
    )
    parser.add_argument(
        "--at",
        nargs="+",
        action="append",
        required=True,
        metavar="WORD",
        help=f"{' '.join(AT)}: time these networks (default: all) at a size, for example `--at camvid 11 "
        "360x480 eager,folded A,icnet`; ratios are to the first network at a size (repeatable)",
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=30.0, help="after which no further attempt starts (default: 30)"
    )
    parser.add_argument("--output", type=Path, required=True, help="the JSON to write")


def _minutes(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is under 0")
    return value


def run(args: argparse.Namespace) -> None:
    """Measure; timings that stay too wide on a busy machine are written and flagged."""
    import torch

    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.evaluation.forms import require_forms
    from pipeline_src.evaluation.interleaved import STREETS, compare_speeds, described
    from pipeline_src.latency.fingerprint import current
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS, args.execution)
    device = resolve_device(config.runtime.device)
    places = [_place(words) for words in args.at]
    require_forms(tuple(dict.fromkeys(form for one in places for form in one.forms)), device)
    designs = _designs(args)
    forms = _subjects(places, designs)
    genotypes = [Path(text) for _, text in args.network if Path(text).suffix == ".json"]
    with recorded(args.output, args, genotypes) as facts:
        torch.manual_seed(0)
        built = {
            (label, classes): build_network(design, classes)
            for label, classes in dict.fromkeys((one.label, one.num_classes) for one in forms)
            if (design := designs[label]) is not None
        }
        networks = {one: built[one.label, one.num_classes] for one in forms}
        rounds = config.latency.warmup + config.latency.repeats
        comparison = compare_speeds(
            networks,
            forms,
            config.latency,
            device,
            budget_s=60 * args.minutes,
            progress=lambda turns: progress(turns, rounds, "rounds"),
        )
        measured = comparison.run
        if not measured.samples_us:
            (subject, form), reason = next(iter(comparison.refused.items()))
            problem = f"is not written. Nothing could be timed: {subject.label}, {form}: {reason}."
            raise UserError(args.output, problem, "Give smaller sizes, or other networks or forms.")
        if measured.spread > config.latency.spread_max:
            facts["limitation"] = (
                f"noisy: up to {100 * measured.spread:.0f} % between the quartiles of a timing after "
                f"{measured.attempts} attempts, over {100 * config.latency.spread_max:.0f} %"
            )
            LOG.warning("%s; tables flag these timings", facts["limitation"])
        result = {
            "fingerprint": current(config.latency, device).model_dump(mode="json"),
            "load": measured.load,
            "attempts": measured.attempts,
            "spread": measured.spread,
            "spread_max": config.latency.spread_max,
            "compared_on": f"{STREETS} rendered streets",
            "timings": described(comparison, networks, device),
        }
        write_json(args.output, result)


def _place(words: list[str]) -> Place:
    """One `--at`.

    Raises:
        UserError: words are missing or are none of a number, a size or a list.
    """
    told = " ".join(words)
    if len(words) not in (len(AT) - 1, len(AT)):
        raise UserError("--at", f"{told!r} is not {' '.join(AT)}.", "Give four or five words.")
    if not words[1].isdecimal() or int(words[1]) < 1:
        raise UserError("--at", f"{told!r} has {words[1]!r} for a number of classes.", "Give at least 1.")
    try:
        size = height_by_width(words[2])
    except argparse.ArgumentTypeError as error:
        raise UserError("--at", f"{told!r}: {error}.", "Give HEIGHTxWIDTH, such as 360x480.") from None
    forms, labels = (
        tuple(dict.fromkeys(filter(None, text.split(",")))) for text in (words[3], " ".join(words[4:]))
    )
    return Place(words[0], int(words[1]), size, forms, labels)


def _subjects(places: list[Place], designs: dict[str, Design | None]) -> dict[Subject, tuple[str, ...]]:
    """What is timed, and in which forms; a network that is not run is left out.

    Raises:
        UserError: a label is of no network, or no network is left.
    """
    from pipeline_src.evaluation.interleaved import Subject

    found: dict[Subject, tuple[str, ...]] = {}
    for place in places:
        for label in place.labels or designs:
            if label not in designs:
                known = ", ".join(designs)
                raise UserError("--at", f"{label!r} is no label of --network.", f"Choose among {known}.")
            if designs[label] is None:
                continue
            subject = Subject(label, place.dataset, place.num_classes, place.input_hw)
            found[subject] = tuple(dict.fromkeys((*found.get(subject, ()), *place.forms)))
    if not found:
        raise UserError("--network", "names no network that is run.", "Give at least one.")
    return found


def _designs(args: argparse.Namespace) -> dict[str, Design | None]:
    """What to build, by label; None for a network that is not run, whose genotype is a marker.

    Raises:
        UserError: a label is given twice, or what is named is neither a file nor a known model.
    """
    from pipeline_src.config.peers import known_peer
    from pipeline_src.space.genotype import Genotype

    designs: dict[str, Design | None] = {}
    for label, text in args.network:
        if label in designs:
            raise UserError("--network", f"names {label!r} twice.", "Give each network a label of its own.")
        if Path(text).suffix == ".json":
            marker = read_marker(Path(text))
            designs[label] = None if marker else Genotype.load(Path(text))
            if marker:
                LOG.warning("%s is not run: %s", label, marker.reason)
            continue
        try:
            designs[label] = known_peer(text)
        except ValueError as error:
            raise UserError("--network", f"{label}: {error}", "Or give a genotype's .json file.") from None
    return designs
