"""With this folder in PYTHONPATH `import torch` finds a card, whose library CARD_LIBRARY names."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None
        loader: Any = spec.loader
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            ctypes.CDLL(os.environ["CARD_LIBRARY"])  # before PyTorch asks whether there is a card
            run(module)
            from emulated import show_card

            show_card(module)

        loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Finder())
