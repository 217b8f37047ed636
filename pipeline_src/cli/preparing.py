"""What the commands that prepare a data set share: their arguments, and what their records say."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_src.cli.arguments import at_least

if TYPE_CHECKING:
    from pipeline_src.data.manifest import ClassManifest, Manifest

LOG = logging.getLogger(__name__)


def add_preparation(parser: argparse.ArgumentParser, root: str, output: str) -> None:
    """`--root`, `--output`, `--workers` and `--raw-state`; `root` and `output` say what is in the folders."""
    parser.add_argument("--root", type=Path, required=True, help=f"folder {root}")
    parser.add_argument("--output", type=Path, required=True, help=f"prepared folder: {output}")
    parser.add_argument("--workers", type=at_least(1), default=1, help="processes")
    parser.add_argument(
        "--raw-state",
        metavar="DIGEST",
        help="what the workflow knows the raw folder's state by; without it, a digest made now",
    )


class Preparation:
    """A preparation under way: the raw folder as it was before the first file was read, and the record."""

    def __init__(self, args: argparse.Namespace, record: dict[str, Any]) -> None:
        from pipeline_src.data.raw_state import raw_files, state_of

        self._args, self._record = args, record
        self._files = tuple(raw_files(args.root))
        self._state = state_of(self._files)

    def done(self, manifest: Manifest | ClassManifest) -> None:
        """Note what was prepared, from what, and what the user should look at."""
        from pipeline_src.data.raw_state import keep_times

        keep_times(self._files, self._args.output)
        self._record["source_sha256"] = manifest.source_sha256
        self._record["raw"] = {
            "state": self._args.raw_state or self._state.digest,
            "shape": self._state.shape,
            "files": self._state.files,
            "bytes": self._state.size,
        }
        self._record["doubts"] = list(manifest.doubts)
        for doubt in manifest.doubts:
            LOG.warning("%s: %s", manifest.name, doubt)


@contextmanager
def preparing(args: argparse.Namespace) -> Iterator[Preparation]:
    """The run record of a preparation, and what to tell it when it is done."""
    from pipeline_src.cli.record import recorded

    with recorded(args.output, args) as record:
        yield Preparation(args, record)
