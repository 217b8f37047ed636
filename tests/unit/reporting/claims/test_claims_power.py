"""docs/claims.md: what it says that the paper's grid can decide is what the tests can do."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import stdev

import numpy as np
import pytest
from claim_worlds import RERUNS
from scipy import stats

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config
from pipeline_src.reporting.claims import statistics as claims
from pipeline_src.reporting.claims.judge import JUDGEMENTS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "claims.md"
SPREAD = [miou for _, miou, _ in RERUNS.values()]


def _lines(section: str) -> dict[str, str]:
    text = PAGE.read_text(encoding="utf-8").split(f"## {section}")[1].split("\n## ")[0]
    rows = [line for line in text.splitlines() if re.match(r"\| C\d", line)]
    return {name: row for row in rows for name in re.findall(r"C\d+", row.split("|")[1])}


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    return _lines("What the paper's grid can decide")


def _number(row: str, pattern: str) -> float:
    found = re.search(pattern, row)
    assert found, (row, pattern)
    return float(found[1])


def test_every_claim_has_a_rule_and_a_power(table: dict[str, str]) -> None:
    assert len(table) == len(_lines("The rules")) == len(JUDGEMENTS) == 12


def test_the_numbers_of_runs_are_those_of_the_paper_scale(table: dict[str, str]) -> None:
    grid = Grid(Config(scale="paper"))
    assert len(grid.experiments.robustness) == 6 and grid.experiments.random_networks == 10
    assert grid.experiments.random_aggregations == 10
    for claim in ("C7", "C9", "C10"):
        assert f"| {len(grid.searches)} searches |" in table[claim]
    assert f"| {len(grid.experiments.camvid_gammas)} gammas |" in table["C6"]


def test_the_margins_of_single_networks(table: dict[str, str]) -> None:
    pair, mean = (claims.single_margin(SPREAD, weight) for weight in (2, 1))
    assert pair is not None and mean is not None
    for claim in ("C1", "C4", "C12"):
        assert _number(table[claim], r"difference .*?of ([\d.]+) s") == pytest.approx(
            pair / stdev(SPREAD), abs=0.005
        )
    assert _number(table["C1"], r"\(([\d.]+) points") == pytest.approx(pair, abs=0.005)
    assert _number(table["C1"], r"own s of ([\d.]+)") == pytest.approx(stdev(SPREAD), abs=0.005)
    assert _number(table["C11"], r"of ([\d.]+) s") == pytest.approx(mean / stdev(SPREAD), abs=0.005)
    step = stats.t.ppf(0.975, 9) * (1 + 1 / 10) ** 0.5
    assert _number(table["C5"], r"step of ([\d.]+) s;") == pytest.approx(step, abs=0.005)


def test_the_smallest_p(table: dict[str, str]) -> None:
    exact = {
        "C2": claims.smallest_rank_p(6, 10),
        "C3": 1 / (claims.RESAMPLES + 1),
        "C5": 2 / (12 * 11),
        "C6": claims.trend([1, 2, 3, 4], [1, 2, 3, 4], "greater").p,
        "C7": claims.signed_rank(list(range(1, 12))).p,
        "C8": claims.share(6, 6, 2 / 5).p,
    }
    for claim, p in exact.items():
        assert float(table[claim].split("|")[3]) == pytest.approx(p, rel=0.02), claim
    order = claims.ordered_groups(([0.0], list(range(1, 11)), [11.0]))
    assert order.p == pytest.approx(exact["C5"], rel=0.25)  # by 9999 random orders


def test_the_powers(table: dict[str, str]) -> None:
    generator = np.random.default_rng(0)
    ranks = [
        claims.rank_difference(generator.normal(1.7, 1, 6).tolist(), generator.normal(size=10).tolist()).p
        for _ in range(1000)
    ]
    assert _number(table["C2"], r"power of ([\d.]+)") == pytest.approx(
        np.mean(np.array(ranks) <= 0.05), abs=0.04
    )
    random = generator.normal(size=(4000, 10))
    half = stats.t.ppf(0.975, 9) * (1 + 1 / 10) ** 0.5 * random.std(axis=1, ddof=1)
    up = generator.normal(4, 1, 4000) - random.mean(axis=1) > half
    down = random.mean(axis=1) - generator.normal(-4, 1, 4000) > half
    assert _number(table["C5"], r"power of ([\d.]+)") == pytest.approx(np.mean(up & down), abs=0.03)
    ordered = (np.diff(generator.normal(size=(20000, 4)) + 2 * np.arange(4)) > 0).all(axis=1)
    assert _number(table["C6"], r"in ([\d.]+) of cases") == pytest.approx(ordered.mean(), abs=0.02)
    leads = [stats.wilcoxon(generator.normal(1, 1, 11)).pvalue for _ in range(1500)]
    assert _number(table["C7"], r"power of ([\d.]+)") == pytest.approx(
        np.mean(np.array(leads) <= 0.05), abs=0.04
    )
    fewest = next(hits for hits in range(12) if claims.share(hits, 11, 0.5).interval[0] > 0.5)
    most = max(hits for hits in range(12) if claims.share(hits, 11, 0.5).interval[1] < 0.5)
    assert f"{fewest} of 11 reproduce, {most} of 11 contradicts" in table["C9"]
    seen = stats.binom.sf(fewest - 1, 11, 0.95)
    assert _number(table["C9"], r"power of ([\d.]+)") == pytest.approx(seen, abs=0.005)


def test_the_chance_that_at_least_one_of_twelve_errs() -> None:
    text = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    at_least_one = stats.binom.sf(0, len(JUDGEMENTS), claims.ERROR)
    assert _number(text, r"at least one test errs in (\d+) %") == round(100 * at_least_one)
