"""Compile the card with the headers that PyTorch comes with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import torch
from torch.utils.cpp_extension import include_paths, library_paths

SOURCE = Path(__file__).with_name("card.cpp")


def compiler() -> str | None:
    """The C++ compiler, where there is one."""
    return shutil.which("g++") or shutil.which("clang++")


def build(library: Path) -> None:
    """Make the shared library of the card; seconds on one core."""
    found = compiler()
    assert found is not None
    words = [
        found,
        "-shared",
        "-fPIC",
        "-std=c++20",
        f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}",
    ]
    words += [f"-I{path}" for path in include_paths()]
    words += [str(SOURCE), "-o", str(library)]
    for path in library_paths():
        words += [f"-L{path}", f"-Wl,-rpath,{path}"]
    done = subprocess.run(
        [*words, "-ltorch", "-ltorch_cpu", "-lc10"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
