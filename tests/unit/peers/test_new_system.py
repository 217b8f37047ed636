"""A new system by the steps of CONTRIBUTING, in a copy of the package: a module, and lines in two files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
MODULE = '''
"""A system of one convolution."""
from torch import Tensor, nn
from pipeline_src.peers.parts import System


class OneConvolution(System):
    """Logits at a quarter of the input."""

    stride = 4

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, num_classes, 4, stride=4)

    def logits(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, K, H/4, W/4)."""
        return self.layer(x)
'''
BUILDER = '    "oneconv": OneConvolution,\n'
IMPORT = "from pipeline_src.peers.one_convolution import OneConvolution\n"
ENTRY = """    System(
        "oneconv", "OneConv", "built", {}, 0.001, "this test",
        19 * 48 + 19, 19 * 48 * 16 * 32, (64, 128), "Too small for its figure.",
    ),
"""
PROBE = """
import json, sys
from pathlib import Path
import torch
from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.config.peers import BY_NAME
from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
from pipeline_src.peers import build_peer

config = resolve({"scale": "tiny", "experiments": {"peers": ["oneconv"]}}, Path(sys.argv[1]))
rows = [row for row in Grid(config).rows if row.label == "OneConv"]
network = build_peer("oneconv", 19)
print(json.dumps({
    "tables": sorted(row.table for row in rows),
    "runs": sorted({one.architecture.name for row in rows for one in row.speeds}),
    "counted": [count_parameters(network), count_multiply_adds(network, (64, 128))],
    "stated": [BY_NAME["oneconv"].parameters, BY_NAME["oneconv"].multiply_adds],
    "logits": list(network(torch.zeros(1, 3, 33, 65)).shape),
}))
"""


def insert(path: Path, before: str, text: str) -> None:
    """Put lines before the first occurrence of another."""
    found = path.read_text(encoding="utf-8")
    assert before in found
    path.write_text(found.replace(before, text + before, 1), encoding="utf-8")


def test_a_module_and_a_line_in_two_files_make_a_system(tmp_path: Path) -> None:
    package = tmp_path / "pipeline_src"
    shutil.copytree(REPOSITORY / "pipeline_src", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "peers" / "one_convolution.py").write_text(MODULE, encoding="utf-8")
    builders = package / "peers" / "__init__.py"
    insert(builders, "from pipeline_src.peers.swiftnet", IMPORT)
    insert(builders, '    "icnet": ICNet,\n', BUILDER)
    insert(package / "config" / "peers.py", ')  # fmt: skip\n"""In the order of Table 1;', ENTRY)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(REPOSITORY / "workflow" / "scales")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["tables"] == ["figure_8", "figure_9", "table_1", "table_2"]
    assert told["runs"] == ["oneconv"]
    assert told["counted"] == told["stated"] == [931, 466944]
    assert told["logits"] == [1, 19, 33, 65]
