"""Snakemake's memory of how files were made, in a form that travels with them.

Snakemake keeps a record of each output (rule, code, parameters, inputs and their checksums) in
.snakemake/metadata, and compares modification times. Neither survives `git clone` and `dvc pull`.
`export` writes a stage's records to results/SCALE/provenance/STAGE.json, which DVC stores with the stage's
results; `restore` writes them back, for files whose content is the recorded one, and sets each file's
modification time to the time it was made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

from pipeline_src.artifacts import read_json, sha256_of, write_json
from pipeline_src.errors import UserError
from workflow.stages import files_below, provenance_path, stages

# Of one machine and one run of Snakemake; the rest holds anywhere.
LOCAL = ("job_hash", "external_jobid", "incomplete")
FORMAT = 1


@dataclass
class Restored:
    """What `restore` did: how many files fit their record, and which did not."""

    records: int = 0
    times: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)


def memory(root: Path) -> FilePersistence:
    """Snakemake's own store of records in `root`."""
    return FilePersistence(path=root / ".snakemake")


def export(root: Path, scale: str, stage: str) -> int:
    """Write the provenance of a stage's files; returns how many there are.

    Raises:
        UserError: the stage has no files that Snakemake made, or the file cannot be written.
    """
    store = memory(root)
    outputs = {}
    for name in files_below(root, stages(root, scale)[stage]):
        record = store._read_record(name)
        if record is not None and record.rule is not None:
            kept = {key: value for key, value in record.items() if key not in LOCAL}
            outputs[name] = {"sha256": sha256_of(root / name), "record": kept}
    if not outputs:
        raise UserError(
            f"stage {stage}", f"has no results of scale {scale} that Snakemake made.", "Run `make reproduce`."
        )
    path = provenance_path(root, scale, stage)
    text = {"format": FORMAT, "stage": stage, "scale": scale, "outputs": outputs}
    if not path.exists() or read_json(path) != text:
        if path.exists():
            _outputs(path)  # refuses what is not ours
            path.unlink()  # may be a read-only link into DVC's cache
        write_json(path, text)
    return len(outputs)


def restore(root: Path, scale: str, *, overwrite: bool) -> Restored:
    """Write the records of all stages' provenance back and set the files' times.

    Args:
        root: the checkout.
        scale: whose results.
        overwrite: also replace records that Snakemake has of other runs. Right after files came from DVC;
            wrong after plain `snakemake`, whose records are newer than the exported ones.

    Raises:
        UserError: a provenance file is malformed.
    """
    store, done = memory(root), Restored()
    for stage in stages(root, scale):
        path = provenance_path(root, scale, stage)
        if not path.exists():
            continue
        for name, known in _outputs(path).items():
            _restore_one(store, root, name, known, overwrite, done)
    return done


def _outputs(path: Path) -> dict[str, Any]:
    text = read_json(path)
    if (
        not isinstance(text, dict)
        or text.get("format") != FORMAT
        or not isinstance(text.get("outputs"), dict)
    ):
        raise UserError(path, "is not a provenance file of this version.", "Delete it and pull again.")
    outputs: dict[str, Any] = text["outputs"]
    return outputs


def _restore_one(
    store: FilePersistence, root: Path, name: str, known: dict[str, Any], overwrite: bool, done: Restored
) -> None:
    path = root / name
    if not path.exists():
        done.missing.append(name)
        return
    made = MetadataRecord.model_validate(known["record"])
    present = store._read_record(name)
    ours = present is not None and {key: present[key] for key in known["record"]} == known["record"]
    if present is not None and not ours and not overwrite:
        return
    assert made.endtime is not None
    dated = _dated(path, made.endtime)
    if ours and dated:
        return
    if sha256_of(path) != known["sha256"]:
        done.altered.append(name)
        return
    if not ours:
        made.incomplete = False
        store._write_record(name, made)
        store._unmark_incomplete(name)
        done.records += 1
    if not dated:
        try:
            _set_time(path, made.endtime)
            done.times += 1
        except PermissionError:  # a link into a cache of another user: Snakemake compares checksums instead
            done.frozen.append(name)


def _dated(path: Path, time: float) -> bool:
    links = [path.stat(), path.lstat()]
    return all(abs(found.st_mtime - time) < 1e-5 for found in links)


def _set_time(path: Path, time: float) -> None:
    os.utime(path, (time, time))
    if path.is_symlink():
        os.utime(path, (time, time), follow_symlinks=False)
