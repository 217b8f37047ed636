"""The systems of Tables 1, 2, 7, 8, 9 and 10, and a few beyond: what each is here, and what is printed.

Counts are of 19 classes, without auxiliary heads. A new system is an entry here and a builder in
`pipeline_src.peers`. [no torch]
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, WithJsonSchema

Status = Literal["built", "stand_in", "quoted"]
MIB = 2**20
BYTES_PER_WEIGHT = 4
AUTHORS_MIB = (
    "The printed figure is no count: it is close to the size of the float32 weights, {size:.1f} MiB for"
    " {millions:.2f} M parameters."
)


@dataclass(frozen=True)
class System:
    """One system of the paper's tables, or one beyond them.

    Attributes:
        name: short name in settings, paths and commands.
        label: the paper's name of its rows, ours where the paper has none.
        status: `built` after its authors' definition, a `stand_in` that differs from it, or `quoted` only.
        rows: the tables in which the paper has a row of it, and the row's name where it is another one.
        published_m: millions of parameters as printed, None where nothing is.
        source: where they are printed, or what the definition was checked against.
        parameters, multiply_adds: counted here, the latter at `size`; None where it is quoted only.
        size: (height, width) of the paper's row, or of its authors' main result.
        note: why the count here is not the printed one, or what differs, or why it is quoted only.
        pretrained: whether its backbone is pretrained on images, as its authors did.
        pictured: whether the paper's Figures 8 and 9 show it.
    """

    name: str
    label: str
    status: Status
    rows: dict[str, str] = field(hash=False)
    published_m: float | None
    source: str
    parameters: int | None = None
    multiply_adds: int | None = None
    size: tuple[int, int] | None = None
    note: str = ""
    pretrained: bool = False
    pictured: bool = False

    def label_in(self, table: str) -> str:
        """The name of its row in a table."""
        return self.rows.get(table) or self.label

    @property
    def weights_mib(self) -> float:
        """Size of its float32 weights."""
        return (self.parameters or 0) * BYTES_PER_WEIGHT / MIB

    @property
    def multiply_adds_a_pixel(self) -> float:
        """Of one that can be run here, at its size: what its time is scaled by.

        Raises:
            ValueError: it is quoted only, so nothing was counted.
        """
        if self.multiply_adds is None or self.size is None:
            raise ValueError(f"{self.name} is quoted only")
        return self.multiply_adds / math.prod(self.size)

    def counted(self) -> str:
        """What was counted here and why the paper's figure differs, in a sentence or two."""
        if self.parameters is None:
            return f"Quoted only. {self.note}"
        said = f"{self.parameters / 1e6:.2f} M parameters counted here with 19 classes and no auxiliary head."
        return f"{said} {self.note}".strip()


def _in(*numbers: int, **others: str) -> dict[str, str]:
    """Tables by number, with the system's own label."""
    return {**{f"table_{number}": "" for number in numbers}, **others}


SYSTEMS: tuple[System, ...] = (
    System(
        "fcn8s", "FCN-8S", "built", _in(1, 7), 134.5, "Long et al. 2015 and their prototxt, 21 classes",
        134_353_017, 221_659_529_216, (512, 1024), pretrained=True,
    ),
    System(
        "pspnet", "PSPNet", "built", _in(1, 7), 250.8, "Table 1 of DFANet (Li et al. 2019)",
        65_707_475, 517_527_603_200, (713, 713), AUTHORS_MIB.format(size=250.7, millions=65.71),
        pretrained=False,
    ),
    System(
        "deeplabv3", "DeepLabV3*", "stand_in", _in(1, 7), None, "pytorchcv 0.0.67",
        58_754_259, 570_225_065_728, (769, 769),
        "The library's variant: ResNet-101 with a stem of three 3x3 convolutions and no multi-grid rates. Its"
        " authors print no count.",
    ),
    System(
        "autodeeplab", "AutoDeepLab*†", "built", _in(1, table_7="AutoDeepLab*"), 44.42,
        "Table 2 of Auto-DeepLab (Liu et al. 2019) and their code; L of S, M, L, as the paper names none",
        44_424_691, 188_262_688_608, (769, 769),
    ),
    System(
        "segnet", "SegNet", "built", _in(1, 2, 7, 8, 10), 29.5, "Table 2 of AutoRTNet",
        29_453_971, 152_599_265_280, (360, 640), pretrained=True,
    ),
    System(
        "enet", "ENet", "built", _in(1, 2, 7, 8, 10), 0.36, "Table 2 of AutoRTNet",
        358_060, 1_811_116_800, (360, 640),
    ),
    System(
        "sq", "SQ", "stand_in", _in(1, 7, 9), None, "pytorchcv 0.0.67",
        16_262_771, 575_508_840_448, (1024, 2048),
        "The library's reading of Treml et al. 2016, whose authors published no code or count.",
    ),
    System(
        "erfnet", "ERFNet", "built", _in(1, 7, 8), 2.1, "Romera et al. 2018",
        2_064_191, 26_604_339_200, (512, 1024), pretrained=True,
    ),
    System(
        "icnet", "ICNet", "built", _in(1, 2, 7, 8, 9, 10), 26.5, "Table 2 of AutoRTNet",
        6_699_968, 29_028_777_984, (1024, 2048), AUTHORS_MIB.format(size=25.6, millions=6.70),
        pretrained=True, pictured=True,
    ),
    System(
        "df1seg", "DF1-Seg", "built", _in(1, 7), None,
        "the authors' prototxt df1seg_mergebn (Li et al. 2019)",
        13_107_224, 23_379_580_928, (768, 1536), "Its authors print no count.", pretrained=True,
    ),
    System(
        "swiftnet", "SwiftNet", "built", _in(1, 7, 9), 11.8, "Table 1 of Orsic et al. 2019 and their code",
        11_797_071, 103_566_133_248, (1024, 2048), pretrained=True,
    ),
    System(
        "espnet", "ESPNet", "built", _in(1, 7, 8), 0.364, "Table 1 of Mehta et al. 2018 and their code",
        363_462, 4_670_283_776, (512, 1024),
    ),
    System(
        "dfanet", "DFANet", "built", _in(1, 2, 7, 8, 10), 7.8,
        "Table 2 of AutoRTNet",
        1_831_051, 3_668_444_160, (1024, 1024),
        "Its authors published no code, so it is built after the text. The printed figure is no count that"
        " its text leads to; 1.83 M float32 weights are 7.0 MiB.",
        pretrained=True,
    ),
    System(
        "bisenet", "BiSeNet", "built", _in(1, 2, 7, 8, table_10="BiseNet-Xception39"), 5.8,
        "Table 2 of AutoRTNet, Table 5 of Yu et al. 2018 and their code",
        1_541_963, 15_616_081_920, (768, 1536), AUTHORS_MIB.format(size=5.9, millions=1.54), pretrained=True,
    ),
    System(
        "bisenet_resnet18", "BiSeNet-R18", "built", _in(table_10="BiseNet-Res18"), 49.0,
        "Table 5 of Yu et al. 2018 and their code",
        12_894_163, 58_344_439_808, (768, 1536), AUTHORS_MIB.format(size=49.2, millions=12.89),
        pretrained=True,
    ),
    System(
        "cas", "CAS", "quoted", _in(1, 2, 7, 8, 9, 10), None, "Zhang et al. 2019",
        note="Its authors published neither code nor the cells that they found.",
    ),
    System(
        "fastscnn", "Fast-SCNN", "built", {}, 1.11, "Poudel et al. 2019",
        1_138_051, 6_708_323_168, (1024, 2048),
        "The library's pyramid and classifier have 0.03 M more than its authors print.",
    ),
    System("dabnet", "DABNet", "built", {}, 0.76, "Li et al. 2019", 756_643, 40_881_520_640, (1024, 2048)),
    System("cgnet", "CGNet", "built", {}, 0.5, "Wu et al. 2018", 496_306, 27_049_112_576, (1024, 2048)),
    System("lednet", "LEDNet", "built", {}, 0.94, "Wang et al. 2019", 922_821, 11_208_490_624, (512, 1024)),
    System(
        "ddrnet23slim", "DDRNet-23-slim", "built", {}, 5.7, "Hong et al. 2021 and their code",
        5_695_923, 36_281_319_424, (1024, 2048), pretrained=True,
    ),
    System(
        "pidnet_s", "PIDNet-S", "built", {}, 7.6, "Xu et al. 2023 and their code",
        7_625_651, 47_194_226_688, (1024, 2048), pretrained=True,
    ),
)  # fmt: skip
"""In the order of Table 1; then those of Table 10 alone and those beyond the paper."""

BY_NAME: dict[str, System] = {one.name: one for one in SYSTEMS}
PEERS: dict[str, str] = {one.name: one.label for one in SYSTEMS if one.status != "quoted"}
"""Short name of each that can be run here: the paper's name of the row. `pipeline_src.peers` builds them."""


def stand_in_for(table: str, label: str) -> System | None:
    """The stand-in that is run in the place of a row's system; None where its authors' own network is."""
    found = (one for one in SYSTEMS if one.status == "stand_in" and one.label_in(table) == label)
    return next(found, None)


def known_peer(name: str) -> str:
    """The name itself.

    Raises:
        ValueError: there is no such system, or it is quoted only; the nearest is named.
    """
    if name in PEERS:
        return name
    if name in BY_NAME:
        raise ValueError(f"{name!r} is quoted only: {BY_NAME[name].note}")
    near = difflib.get_close_matches(name.lower(), PEERS, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Choose among {', '.join(PEERS)}"
    raise ValueError(f"{name!r} is no system that can be run here. {hint}")


Peer = Annotated[str, AfterValidator(known_peer), WithJsonSchema({"type": "string", "enum": list(PEERS)})]
"""A key of `PEERS`."""
