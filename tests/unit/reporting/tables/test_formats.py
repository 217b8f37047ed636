"""Tables as Markdown and LaTeX: complete, escaped, and compiled where there is a LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import tabulate, write_table
from pipeline_src.reporting.tables.formats import latex, markdown, write_formats
from pipeline_src.reporting.tables.lines import groups

PLAIN = "<b>&amp; 50 % $x_1$ #2 {a} ~ ^ \\end{tabular} | ` * [x](y) \"q\" 'q'"
HOSTILE = f"{PLAIN} 日本語 " + "long" * 100
DOCUMENT = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{booktabs,graphicx,rotating}
\usepackage[a4paper,margin=2cm]{geometry}
\begin{document}
%s
\end{document}
"""
LARGEST_OVERFULL_PT = 3.0


def _rename(folder: Folder, grid: Grid, device: str) -> None:
    for speed in grid.speeds:
        folder.speed(speed, fingerprint={"device": device})


@pytest.mark.parametrize("name", TABLES)
def test_markdown_has_every_line(any_grid: Grid, folder: Folder, name: str) -> None:
    folder.everything(any_grid)
    table = tabulate(name, any_grid, folder.root)
    lines = [line for line in markdown(table).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + sum(len(group.lines) for group in groups(table))
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1, "every line has every column"


def test_markdown_shows_names_as_text(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    _rename(folder, grid, HOSTILE)
    text = markdown(tabulate("table_3", grid, folder.root))
    assert "<b>" not in text and r"&lt;b&gt;&amp;amp; 50 % $x\_1$" in text
    assert r"\| \` \* \[x\](y)" in text and "日本語" in text


def test_csv_keeps_names_as_they_are(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.everything(grid)
    _rename(folder, grid, HOSTILE)
    write_table(tabulate("table_3", grid, folder.root), tmp_path / "table_3.csv")
    import pandas as pd

    read = pd.read_csv(tmp_path / "table_3.csv", dtype=str, keep_default_na=False)
    assert set(read["Device (here)"]) == {HOSTILE}


def test_latex_escapes_everything(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    _rename(folder, grid, HOSTILE)
    text = latex(tabulate("table_3", grid, folder.root))
    escaped = r"50 \% \$x\_1\$ \#2 \{a\} \textasciitilde \space \textasciicircum \space "
    assert escaped in text and r"\textbackslash end\{tabular\}" in text
    assert text.count(r"\end{tabular}") == 1 and "日本語" in text


def test_the_best_is_bold(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    table = tabulate("table_3", grid, folder.root)
    best = {
        entry.text for group in groups(table) for line in group.lines for entry in line.entries if entry.best
    }
    assert best
    for text in best:
        assert f"**{text.replace('~', chr(92) + '~')}**" in markdown(table)
        assert rf"\bfseries {text}".replace("±", r"$\pm$").replace("~", r"\textasciitilde ") in latex(table)


def test_the_same_cells_give_the_same_bytes(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.everything(grid)
    for part in ("a", "b"):
        write_formats(tabulate("table_8", grid, folder.root), tmp_path / part / "table_8.csv")
    for kind in ("md", "tex"):
        assert (tmp_path / "a" / f"table_8.{kind}").read_bytes() == (
            tmp_path / "b" / f"table_8.{kind}"
        ).read_bytes()


def _compiled(program: str, body: str, folder: Path, document: str = DOCUMENT) -> str:
    (folder / "all.tex").write_text(document % body, encoding="utf-8")
    words = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    done = subprocess.run(words, cwd=folder, capture_output=True, timeout=300, check=False)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said[-3000:]
    return said


@pytest.mark.parametrize("device", ["AMD EPYC", PLAIN], ids=["plain", "hostile"])
def test_all_tables_compile(grid: Grid, folder: Folder, tmp_path: Path, device: str) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex: bash tests/browser/install.sh installs Debian's texlive-latex-recommended")
    folder.everything(grid)
    _rename(folder, grid, device)
    body = "\n\\clearpage\n".join(latex(tabulate(name, grid, folder.root)) for name in TABLES)
    said = _compiled("pdflatex", body, tmp_path)
    assert "(10 pages" in said
    overfull = [float(points) for points in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", said)]
    assert all(points <= LARGEST_OVERFULL_PT for points in overfull) or device != "AMD EPYC", overfull


def test_other_scripts_compile_with_xelatex(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    if shutil.which("xelatex") is None:
        pytest.skip("no xelatex: names in other scripts than Latin need it, and nothing else here does")
    folder.everything(grid)
    _rename(folder, grid, HOSTILE)
    document = DOCUMENT.replace(r"\usepackage[utf8]{inputenc}", "")
    _compiled("xelatex", latex(tabulate("table_3", grid, folder.root)), tmp_path, document)
