"""docs/claims.md: what it says that the paper's grid can decide is what the tests can do."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from claim_worlds import paper_config, proper
from scipy import stats

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.claims import statistics as claims
from pipeline_src.reporting.claims.judge import JUDGEMENTS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "claims.md"


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


def test_the_numbers_of_runs_are_those_of_the_grid(table: dict[str, str]) -> None:
    grid = Grid(paper_config())
    searches = len(proper(grid))
    assert len(grid.experiments.robustness) == 6 and grid.experiments.matched_networks == 10
    assert grid.experiments.random_aggregations == 10
    for claim in ("C7", "C9", "C10"):
        assert f"| {searches} searches |" in table[claim]
    networks = len(grid.of_table("figure_6")) * 3
    assert f"| {networks} networks of 4 gammas |" in table["C6"]
    assert sum(len(row.test) for row in grid.of_table("figure_6")) == networks + 2 * 2  # C11's repeats
    assert "10 degrees of freedom" in table["C4"] and "8 degrees of freedom" in table["C11"]


def test_the_margins_of_networks(table: dict[str, str]) -> None:
    main, camvid = claims.Spread(1.0, 5 * 2), claims.Spread(1.0, 4 * 2)
    margins = {
        "C1": claims.margin_of([(main, 2)]),
        "C4": claims.margin_of([(main, 2 / 3)]),
        "C5": claims.margin_of([(claims.Spread(1.0, 9), 1 / 10), (main, 1 / 3)]),
        "C11": claims.margin_of([(camvid, 4 / 3 / 4)]),
        "C12": claims.margin_of([(camvid, 1 + 1 / 3)]),
    }
    for claim, margin in margins.items():
        assert _number(table[claim], r"of ([\d.]+) s\b") == pytest.approx(margin, abs=0.005), claim


def test_the_smallest_p(table: dict[str, str]) -> None:
    exact = {
        "C2": claims.smallest_rank_p(6, 10),
        "C3": 1 / (claims.RESAMPLES + 1),
        "C5": 2 / (claims.RESAMPLES + 1),
        "C6": claims.smallest_trend_p([3, 3, 3, 3]),
        "C7": claims.signed_rank(list(range(1, 20))).p,
        "C8": claims.share(6, 6, 2 / 5).p,
    }
    for claim, p in exact.items():
        assert float(table[claim].split("|")[3]) == pytest.approx(p, rel=0.02), claim


def test_the_powers(table: dict[str, str]) -> None:
    generator = np.random.default_rng(0)

    def drawn(n: int, mean: float = 0.0) -> list[float]:
        return generator.normal(mean, 1, n).tolist()  # type: ignore[no-any-return]

    def power(claim: str) -> float:
        return _number(table[claim], r"power of ([\d.]+)")

    ranks = [claims.rank_difference(drawn(6, 1.7), drawn(10)).p for _ in range(1000)]
    assert power("C2") == pytest.approx(np.mean(np.array(ranks) <= 0.05), abs=0.04)
    seen = []
    for _ in range(1000):
        random, searched, without = drawn(10), drawn(3, 2.5), drawn(3, -2.5)
        spread = claims.pooled([searched, without, *(drawn(3) for _ in range(3))])
        margin = claims.margin_of([(claims.Spread(stdev(random), 9), 1 / 10), (spread, 1 / 3)])
        steps = (fmean(searched) - fmean(random), fmean(random) - fmean(without))
        seen.append(margin is not None and min(steps) > margin)
    assert power("C5") == pytest.approx(np.mean(seen), abs=0.04)
    both = []
    for _ in range(1000):
        fps, miou = [drawn(3, step) for step in range(4)], [drawn(3, -step) for step in range(4)]
        both.append(claims.trend(fps, "greater").p <= 0.05 and claims.trend(miou, "less").p <= 0.05)
    assert power("C6") == pytest.approx(np.mean(both), abs=0.03)
    leads = [claims.signed_rank(drawn(19, 0.7)).p for _ in range(1000)]
    assert power("C7") == pytest.approx(np.mean(np.array(leads) <= 0.05), abs=0.04)
    fewest = next(hits for hits in range(20) if claims.share(hits, 19, 0.5).interval[0] > 0.5)
    most = max(hits for hits in range(20) if claims.share(hits, 19, 0.5).interval[1] < 0.5)
    assert f"{fewest} of 19 reproduce, {most} of 19 contradicts" in table["C9"]
    assert power("C9") == pytest.approx(stats.binom.sf(fewest - 1, 19, 0.9), abs=0.005)


def test_the_chance_that_at_least_one_of_twelve_errs() -> None:
    text = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    at_least_one = stats.binom.sf(0, len(JUDGEMENTS), claims.ERROR)
    assert _number(text, r"at least one test errs in (\d+) %") == round(100 * at_least_one)
