"""A table as Markdown and as LaTeX, with the page's lines: the paper's values, ours, the difference."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from pathlib import Path

import pandas as pd
from pandas.io.formats.style import Styler

from pipeline_src.artifacts import write_text
from pipeline_src.markdown import plain as plain_markdown
from pipeline_src.reporting.tables.cells import Table
from pipeline_src.reporting.tables.columns import Column
from pipeline_src.reporting.tables.lines import (
    BEST_RULE,
    Entry,
    Group,
    Line,
    Marks,
    columns_shown,
    groups,
    heading_of,
    marks,
    measured_on,
    table_footnotes,
)

SIDEWAYS_FROM = 12
"""Columns from which a LaTeX table stands on its side."""
HEADING_LETTERS = 11
"""Letters of a line of a heading in LaTeX, its longer words apart."""
BREAK = r"\\"
_LATEX = {
    "±": r"$\pm$",
    "×": r"$\times$",
    "†": r"$\dagger$",
    "−": "$-$",
    "γ": r"$\gamma$",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
}
_BAR = re.compile("([A-Za-z])\u0304")


def markdown(table: Table) -> str:
    """The table in GitHub's Markdown, whatever it holds as plain text, its footnotes below."""
    at, frame = marks(table), _frame(table, everything=True)
    rows = [[plain_markdown(str(text)) for text in row] for row in frame.itertuples(index=False)]
    for row, (group, line) in zip(rows, _lines(table), strict=True):
        row[0] += _superscript(at.rows.get(group.row_id, ())) if line is group.lines[0] else ""
        for place, entry in enumerate(line.entries, start=2):
            row[place] += _superscript(_notes(at, line, entry))
            if entry.best:
                number = plain_markdown(entry.text)
                row[place] = row[place].replace(number, f"**{number}**", 1)
    shown = {column.title: column.id for column in columns_shown(table.layout)}
    titles = [
        plain_markdown(name) + _superscript(at.columns.get(shown.get(name, ""), ()))
        for name in map(str, frame.columns)
    ]
    body = pd.DataFrame(rows, columns=titles).to_markdown(index=False, tablefmt="pipe", disable_numparse=True)
    notes = [f"<sup>{letter}</sup> {plain_markdown(text)}" for letter, _, text in table_footnotes(table)]
    return "\n\n".join([f"**{plain_markdown(_title(table))}**", body, BEST_RULE, *notes]) + "\n"


def latex(table: Table) -> str:
    r"""The table for LaTeX with `booktabs`, `graphicx` and `rotating`.

    pdfLaTeX sets everything that this project writes; names in other scripts than Latin need XeLaTeX or
    LuaLaTeX and a font that has them.
    """
    frame = _frame(table, everything=False)
    kept = [place for place, column in enumerate(columns_shown(table.layout)) if _has_room(column)]
    bold = pd.DataFrame("", index=frame.index, columns=frame.columns)
    for place, old in enumerate(kept):
        bold.iloc[:, place + 2] = [
            "font-weight: bold" if line.entries[old].best else "" for _, line in _lines(table)
        ]
    style = (
        Styler(frame).hide(axis="index").format(escape="latex").format_index(axis="columns", escape="latex")
    )
    tabular = style.apply(lambda _: bold, axis=None).to_latex(
        hrules=True, convert_css=True, column_format="ll" + "r" * len(kept) + "r"
    )
    return _float(table, _symbols(_with_marks(table, kept, tabular)), wide=len(kept) >= SIDEWAYS_FROM)


def write_formats(table: Table, path: Path) -> None:
    """Write `table_N.md` and `table_N.tex` beside `table_N.csv`."""
    write_text(path.with_suffix(".md"), markdown(table))
    write_text(path.with_suffix(".tex"), latex(table))


def _lines(table: Table) -> list[tuple[Group, Line]]:
    return [(group, line) for group in groups(table) for line in group.lines]


def _superscript(letters: tuple[str, ...]) -> str:
    return f"<sup>{','.join(letters)}</sup>" if letters else ""


def _has_room(column: Column) -> bool:
    """Devices' names are long: LaTeX has those beyond the paper in a note."""
    return column.printed or column.quantity.name != "device"


def _frame(table: Table, everything: bool) -> pd.DataFrame:
    """The lines as text: the row's name, whose value it is, the columns, n and, on request, the data."""
    lines = []
    columns = columns_shown(table.layout)
    for group in groups(table):
        for place, line in enumerate(group.lines):
            cells = {heading_of(table.layout): "" if place else _heading(group), "Value": line.which}
            for column, entry in zip(columns, line.entries, strict=True):
                if everything or _has_room(column):
                    cells[column.title] = _marked(entry)
            cells["n"] = str(group.n) if line.which == "here" else ""
            if everything:
                cells["Trained and judged on"] = (
                    "; ".join(filter(None, (group.data, group.dead))) if line.which == "here" else ""
                )
            lines.append(cells)
    return pd.DataFrame(lines, dtype="object")


def _heading(group: Group) -> str:
    return f"{group.heading} (dead network)" if group.dead else group.heading


def _marked(entry: Entry) -> str:
    text = f"{entry.text} (n={entry.cell.n})" if entry.state == "partly" else entry.text
    return f"{text} {entry.noise}".rstrip()


def _notes(at: Marks, line: Line, entry: Entry) -> tuple[str, ...]:
    """The footnotes of a printed value; the measured one below it repeats none."""
    return at.cells.get((entry.cell.row_id, entry.cell.column_id), ()) if line.which == "paper" else ()


def _title(table: Table) -> str:
    number = table.layout.name.removeprefix("table_")
    elsewhere = measured_on(table)
    here = f"; here: {elsewhere}" if elsewhere else ""
    return f"Table {number}. {table.layout.caption}{here} (scale {table.scale})"


def _plain_latex(text: str) -> str:
    """Text that LaTeX sets as it is; the escapes of pandas, then the symbols."""
    frame = Styler(pd.DataFrame([[re.sub(r"\s+", " ", text)]])).format(escape="latex")
    body = frame.hide(axis="index").hide(axis="columns").to_latex(column_format="l")
    return _symbols(body.split("\n", 1)[1].rsplit(r" \\", 1)[0])


def _symbols(text: str) -> str:
    text = _BAR.sub(r"$\\bar{\1}$", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", "".join(_LATEX.get(letter, letter) for letter in text))


def _with_marks(table: Table, kept: list[int], tabular: str) -> str:
    """Set the footnotes' letters behind the rows, columns and cells that they belong to."""
    at, columns = marks(table), columns_shown(table.layout)
    head, rest = tabular.split("\\midrule\n")
    body, after = rest.split("\\bottomrule\n")
    start, titles = head.split("\\toprule\n")
    title_marks = {place + 2: at.columns.get(columns[old].id, ()) for place, old in enumerate(kept)}
    marked = []
    for text, (group, line) in zip(body.splitlines(), _lines(table), strict=True):
        found = {place + 2: _notes(at, line, line.entries[old]) for place, old in enumerate(kept)}
        if line is group.lines[0]:
            found[0] = at.rows.get(group.row_id, ())
        marked.append(_raised(text, found))
    rows = "\n".join(marked)
    titles = _stacked(_raised(titles.rstrip("\n"), title_marks))
    return f"{start}\\toprule\n{titles}\n\\midrule\n{rows}\n\\bottomrule\n{after}"


def _stacked(titles: str) -> str:
    """Long headings over several lines: a table as wide as its headings would be set too small to read."""
    cells = [cell.strip() for cell in titles.removesuffix(r"\\").split(" & ")]
    lines = [textwrap.wrap(cell, HEADING_LETTERS, break_long_words=False) or [""] for cell in cells]
    shown = [
        one[0] if len(one) == 1 else f"\\shortstack[{'l' if place < 2 else 'r'}]{{{BREAK.join(one)}}}"
        for place, one in enumerate(lines)
    ]
    return " & ".join(shown) + r" \\"


def _raised(row: str, found: dict[int, tuple[str, ...]]) -> str:
    cells = re.split(r"(?<!\\)&", row.removesuffix(r"\\"))
    for place, letters in found.items():
        if letters:
            cells[place] = f" {cells[place].strip()}\\textsuperscript{{{','.join(letters)}}} "
    return "&".join(cells) + r"\\"


def _float(table: Table, tabular: str, wide: bool) -> str:
    kind = "sidewaystable" if wide else "table"
    number = table.layout.name.removeprefix("table_")
    noted = {column.id for column in table.layout.columns if not _has_room(column)}
    devices = dict.fromkeys(
        cell.measured for cell in table.cells if cell.column_id in noted and cell.measured
    )
    data = dict.fromkeys(group.data for group in groups(table) if group.data)
    said = [_plain_latex(BEST_RULE)]
    said += [f"Measured on: {_plain_latex('; '.join(devices))}."] if devices else []
    dead = dict.fromkeys(group.dead for group in groups(table) if group.dead)
    said += [f"Dead networks: {_plain_latex('; '.join(dead))}."] if dead else []
    said += [f"Trained and judged on: {_plain_latex('; '.join(data))}."] if data else []
    said += [
        f"\\textsuperscript{{{letter}}} {_plain_latex(text)}" for letter, _, text in table_footnotes(table)
    ]
    notes = "\n\n".join(said)
    return f"""% \\usepackage{{booktabs,graphicx,rotating}}; other scripts than Latin: XeLaTeX or LuaLaTeX
\\begin{{{kind}}}[p]
\\centering\\setlength{{\\tabcolsep}}{{3pt}}
\\caption{{{_plain_latex(_title(table).split(". ", 1)[1])}}}
\\label{{tab:autortnet-{number}}}
\\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%
{tabular.strip()}%
}}

\\smallskip
\\begin{{minipage}}{{\\linewidth}}\\footnotesize\\raggedright
{notes}
\\end{{minipage}}
\\end{{{kind}}}
"""
