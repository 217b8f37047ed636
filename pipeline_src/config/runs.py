"""What a run is, and how runs are named: searches, architectures, trainings, evaluations, timings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

from pipeline_src.config.models import Config, SegmentationSetConfig
from pipeline_src.config.peers import BY_NAME, System

Kind = Literal[
    "searched",
    "random",
    "matched",
    "control",
    "downsampling",
    "no_aggregation",
    "random_aggregation",
    "peer",
]
Null = Literal["signs"]
"""What a null search lacks: `signs` draws the signs of alpha's gradients by chance."""
Size = tuple[int, int]


def gamma_text(gamma: float) -> str:
    """A gamma as names and labels have it: six digits where they say all, else every digit that it takes.

    Two gammas never share a text, so two searches never share a folder.
    """
    short = f"{gamma:g}"
    return short if float(short) == gamma else repr(float(gamma))


class Splits(NamedTuple):
    """The splits of a data set that ablations are trained on, and the one that they are judged on."""

    trained: tuple[str, ...]
    judged: Literal["val", "test"]


SPLITS = {"cityscapes": Splits(("train",), "val"), "camvid": Splits(("train", "val"), "test")}
"""CamVid's training set is train + val, and its test set judges everything (Sec. 4.2)."""
OWN_SPLITS = Splits(("train",), "val")
"""Of any other set."""
PAPER_SIZES: dict[str, Size] = {
    "table_1": (768, 1536),
    "table_2": (720, 960),
    "table_7": (768, 1536),
    "table_9": (1024, 2048),
    "table_10": (720, 960),
}
"""The tables that compare speeds with other systems, and the (height, width) at which the paper times there.

Tables 1 and 7 print a size for each row: another system's is that of the registry.
"""
BENCHMARK_SPLITS = ("train", "val")
"""What is trained on for a benchmark's test set."""


@dataclass(frozen=True)
class Search:
    """One search: on which data set, with which gamma, seed and initial numbers of cells.

    `null` names what was taken from it, so that it can find nothing; empty for a search proper.
    """

    dataset: str
    gamma: float
    seed: int
    depths: tuple[int, int, int]
    null: Null | Literal[""] = ""

    @property
    def name(self) -> str:
        """The run's folder, for example `cityscapes-g0.01-s2-d5.10.10`, with `-null.signs` for a null."""
        name = f"{self.dataset}-g{gamma_text(self.gamma)}-s{self.seed}-d{'.'.join(map(str, self.depths))}"
        return name + (f"-null.{self.null}" if self.null else "")


@dataclass(frozen=True)
class Architecture:
    """One architecture: searched, sampled around network A, or another system's (a peer).

    `backbone` names the pretrained weights, empty where there are none; a peer has no genotype (A19).
    """

    name: str
    kind: Kind
    backbone: str
    search: Search | None = None
    index: int = 0
    positions: tuple[int, int, int] | None = None

    @property
    def is_peer(self) -> bool:
        """Whether it is another system's."""
        return self.kind == "peer"


@dataclass(frozen=True)
class Training:
    """One finetuning of an architecture on a data set's split; a repeat has a seed of its own."""

    architecture: Architecture
    dataset: str
    split: Literal["train", "trainval"]
    coarse: bool = False
    seed: int | None = None
    """None: the configuration's own seed."""

    @property
    def name(self) -> str:
        """The folder, such as `cityscapes-train-coarse`; a repeat's ends in its seed."""
        repeat = "" if self.seed is None else f"-s{self.seed}"
        return f"{self.dataset}-{self.split}" + ("-coarse" if self.coarse else "") + repeat


@dataclass(frozen=True)
class Evaluation:
    """One training judged on a split at a network input size (height, width)."""

    training: Training
    split: str
    size: Size


@dataclass(frozen=True)
class Speed:
    """One architecture timed at a data set's class count and an input size (height, width)."""

    architecture: Architecture
    dataset: str
    size: Size


@dataclass(frozen=True)
class Row:
    """The runs behind one row: evaluations by role (`val`, `test`), timings, and why a role is empty.

    `at_paper_size` is the timing at the size that the paper has in the row, `no_paper_size` why it is not.
    """

    table: str
    label: str
    val: tuple[Evaluation, ...] = ()
    test: tuple[Evaluation, ...] = ()
    speeds: tuple[Speed, ...] = ()
    not_run: str = ""
    at_paper_size: tuple[Speed, ...] = ()
    no_paper_size: str = ""


class Runs:
    """The runs that one configuration can name; `rows` picks those that it needs."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.experiments = config.experiments
        self.main = config.data.main

    def backbone(self, name: str) -> str:
        """The pretrained backbone of an architecture; empty where all are trained from scratch (A30)."""
        return name if self.config.finetune.pretrained else ""

    def searched(
        self,
        dataset: str,
        gamma: float,
        seed: int,
        depths: tuple[int, int, int],
        null: Null | Literal[""] = "",
    ) -> Architecture:
        """The architecture that a search ends in; it has the search's name."""
        search = Search(dataset, gamma, seed, depths, null)
        return Architecture(search.name, "searched", self.backbone(search.name), search)

    @cached_property
    def network_a(self) -> Architecture:
        """AutoRTNet-A: searched on the main set with gamma_a."""
        return self.searched(
            self.main, self.experiments.gamma_a, self.experiments.seed, self.experiments.depths
        )

    @cached_property
    def network_b(self) -> Architecture:
        """AutoRTNet-B: searched on the main set with gamma_b."""
        return self.searched(
            self.main, self.experiments.gamma_b, self.experiments.seed, self.experiments.depths
        )

    @cached_property
    def network_c(self) -> Architecture:
        """AutoRTNet-C: searched on CamVid, or what takes its place, with gamma_c."""
        return self.searched(
            self.second, self.experiments.gamma_c, self.experiments.seed, self.experiments.depths
        )

    @cached_property
    def control(self) -> Architecture | None:
        """Network A with its last two hyper-cells emptied (A29); None where it is not asked for."""
        if not self.experiments.control:
            return None
        return Architecture("control", "control", self.backbone("control"))

    @cached_property
    def peers(self) -> tuple[tuple[System, Architecture], ...]:
        """The other systems that are run here; a backbone is pretrained where its authors did."""
        systems = (BY_NAME[name] for name in self.experiments.peers)
        return tuple(
            (one, Architecture(one.name, "peer", self.backbone(one.name) if one.pretrained else ""))
            for one in systems
        )

    @cached_property
    def timed_peers(self) -> tuple[tuple[System, Architecture], ...]:
        """The other systems that are timed alone: at the sizes of the paper's rows."""
        names = (name for name in self.experiments.timed_peers if name not in self.experiments.peers)
        return tuple((BY_NAME[name], Architecture(name, "peer", "")) for name in names)

    def paper_size(self, table: str, system: System | None = None) -> Size | None:
        """Where the paper times a row of `PAPER_SIZES`, times the share asked for; None if that is null.

        Args:
            table: the row's.
            system: whose row it is, None for one of ours.
        """
        share, (height, width) = self.experiments.paper_size_share, PAPER_SIZES[table]
        if share is None:
            return None
        if system is not None and table in ("table_1", "table_7") and system.size is not None:
            height, width = system.size
        return max(1, round(height * share)), max(1, round(width * share))

    def dataset_config(self, dataset: str) -> SegmentationSetConfig:
        """The settings of a segmentation set."""
        block = self.config.data.block(dataset)
        assert isinstance(block, SegmentationSetConfig), dataset
        return block

    def is_rendered(self, dataset: str) -> bool:
        """Whether the project draws a set itself: no path is given, and the scale says what to draw."""
        block = self.config.data.block(dataset)
        return block is not None and block.path is None and block.render is not None

    @property
    def second(self) -> str:
        """The set in CamVid's place: CamVid, or the main set where that is a set of the user's own."""
        return "camvid" if self.config.data.own is None else self.main

    def splits(self, dataset: str) -> Splits:
        """What a data set's ablations are trained on, and what judges them."""
        return SPLITS.get(dataset, OWN_SPLITS)

    def has_split(self, dataset: str, split: Literal["test", "coarse"]) -> bool:
        """Whether a data set has a test split, or a coarse one."""
        own = self.config.data.own
        if dataset in SPLITS or own is None:
            return split == "test" or dataset == "cityscapes"
        return own.has_test if split == "test" else own.has_coarse

    def input_size(self, dataset: str) -> Size:
        """The deployed (height, width) of a data set."""
        block = self.dataset_config(dataset)
        return block.input_height_px, block.input_width_px

    def training(
        self, arch: Architecture, dataset: str, split: str = "train", coarse: bool = False
    ) -> Training:
        """A finetuning; CamVid's `train` is already train + val (Sec. 4.2), so its two splits are one.

        So are those of a set without a test split: what is judged on `val` may not be trained on it.
        """
        more = split == "trainval" and self.splits(dataset).trained != BENCHMARK_SPLITS
        more = more and self.has_split(dataset, "test")
        return Training(arch, dataset, "trainval" if more else "train", coarse)

    def evaluation(self, training: Training, role: str, size: Size | None = None) -> Evaluation:
        """An evaluation in the role of `val` or `test`; CamVid is always judged on its test set.

        A set without a test split is always judged on its `val`.
        """
        judged = role == "val" or not self.has_split(training.dataset, "test")
        split = self.splits(training.dataset).judged if judged else role
        return Evaluation(training, split, size or self.input_size(training.dataset))

    def judged(
        self, architecture: Architecture, dataset: str, role: str, split: str = "train"
    ) -> tuple[Evaluation, ...]:
        """A network's training judged, and after it the repeats of that training where it has some."""
        first = self.training(architecture, dataset, split)
        repeats: range | tuple[int, ...] = ()
        if first.split == "train" and self.repeats(architecture, dataset):
            repeats = range(self.config.seed + 1, self.config.seed + 1 + self.experiments.training_seeds)
        trainings = [first, *(replace(first, seed=seed) for seed in repeats)]
        return tuple(self.evaluation(one, role) for one in trainings)

    def repeats(self, architecture: Architecture, dataset: str) -> bool:
        """Whether its training on the set's `train` is repeated with other seeds (C1, C4, C5, C11, C12)."""
        if dataset == self.main:
            kinds = ("no_aggregation", "downsampling", "control")
            return architecture == self.network_a or architecture.kind in kinds
        return architecture in {
            self.network_a,
            self.network_b,
            self._searched_there(self.experiments.gamma_a),
            self._searched_there(self.experiments.gamma_b),
        }

    def _searched_there(self, gamma: float) -> Architecture:
        """What C11 holds a transferred network against: searched on CamVid with its gamma."""
        return self.searched(self.second, gamma, self.experiments.seed, self.experiments.depths)

    def speed(self, architecture: Architecture, dataset: str, size: Size | None = None) -> Speed:
        """A timing at the deployed size or at `size`."""
        return Speed(architecture, dataset, size or self.input_size(dataset))
