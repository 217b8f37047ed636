"""The files that the page itself can hand on: to copy a table, and to download everything. [no torch]"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline_src import places
from pipeline_src.errors import UserError
from pipeline_src.reporting.tables.cells import Table, csv_text
from pipeline_src.reporting.tables.formats import latex, markdown

CITATION = "citation.bib"
README = "README.txt"
_BESIDE = (places.NETWORKS, places.CLAIMS, places.CLAIMS_TABLE, places.AGREEMENT)


def page_files(tables: Sequence[Table], reports: Path, summary: str, entries: str) -> dict[str, str]:
    """Text by path in the archive, named as in `reports/SCALE`; the script adds pictures and provenance.

    Whoever has the page alone has no folder beside it, so all of it stands in the page.

    Args:
        tables: the ten.
        reports: the folder, for the claims, which are left out where they were not judged.
        summary: the first screen as Markdown.
        entries: for BibTeX.

    Raises:
        UserError: a file of the claims cannot be read.
    """
    found = {}
    for table in tables:
        name = table.layout.name
        found[places.TABLE.format(artefact=name)] = csv_text(table.wide())
        found[places.TABLE_CELLS.format(artefact=name)] = csv_text(table.long())
        found[places.TABLE_MARKDOWN.format(artefact=name)] = markdown(table)
        found[places.TABLE_LATEX.format(artefact=name)] = latex(table)
    for name in _BESIDE:
        path = reports / name
        if path.is_file():
            try:
                found[name] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UserError(path, f"cannot be read ({error}).", "Judge the claims again.") from error
    return {**found, places.SUMMARY: summary, CITATION: entries, README: _readme(tables[0].scale)}


def _readme(scale: str) -> str:
    return (
        f"AutoRTNet, reproduction report of the scale {scale}: what its page holds, as files.\n\n"
        "tables/      each table as CSV, its cells one a line, Markdown and LaTeX\n"
        "tables/networks.csv  all networks in one table, where and when each was judged and timed\n"
        "figures/     the pictures\n"
        "claims.json  the claims with evidence, test and verdict; claims.csv is the same as a table\n"
        "provenance.json  the facts behind every number: runs, commands, seeds, commits, checksums\n"
        "summary.md   the first screen\n"
        "citation.bib the paper and this report, for BibTeX\n"
    )
