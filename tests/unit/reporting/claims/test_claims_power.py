"""docs/claims.md: what it says that the paper's grid can decide is what the tests can do."""

from __future__ import annotations

import math
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
    return {name: row for row in rows for name in re.findall(r"\bC\d+[a-d]?", row.split("|")[1])}


@pytest.fixture(scope="module")
def table() -> dict[str, str]:
    return _lines("What the paper's grid can decide")


def _number(row: str, pattern: str) -> float:
    found = re.search(pattern, row)
    assert found, (row, pattern)
    return float(found[1])


def test_every_claim_has_a_rule_and_a_power(table: dict[str, str]) -> None:
    assert list(table) != [] and set(table) == set(_lines("The rules"))
    assert len(table) == len(JUDGEMENTS) == 16


def test_the_numbers_of_runs_are_those_of_the_grid(table: dict[str, str]) -> None:
    grid = Grid(paper_config())
    searches = len(proper(grid))
    assert len(grid.experiments.robustness) == 6 and grid.experiments.matched_networks == 10
    assert grid.experiments.random_aggregations == 10
    for claim in ("C7", "C9", "C10a", "C10b", "C10c", "C10d"):
        assert f"| {searches} searches |" in table[claim]
    networks = len(grid.of_table("figure_6")) * 3
    assert f"| {networks} networks of 4 gammas |" in table["C6a"]
    assert sum(len(row.test) for row in grid.of_table("figure_6")) == networks + 2 * 2  # C11's repeats
    assert "10 degrees of freedom" in table["C4"] and "8 degrees of freedom" in table["C11"]


def test_the_margins_of_networks(table: dict[str, str]) -> None:
    main, camvid = claims.Spread(1.0, 5 * 2), claims.Spread(1.0, 4 * 2)
    weights = {
        "C1": [(main, 2.0)],
        "C4": [(main, 2 / 3)],
        "C5": [(claims.Spread(1.0, 9), 1 / 10), (main, 1 / 3)],
        "C11": [(camvid, 4 / 3 / 4)],
        "C12": [(camvid, 1 + 1 / 3)],
    }
    for claim, parts in weights.items():
        mean = claims.summed(0.0, parts)
        assert mean is not None
        assert _number(table[claim], r"of ([\d.]+) s\b") == pytest.approx(mean.interval[1], abs=0.005), claim


def test_the_smallest_p(table: dict[str, str]) -> None:
    exact = {
        "C2": claims.smallest_block_p([(6, 10)]),
        "C3": 2 / math.comb(11, 5),
        "C5": claims.ordered_groups((range(3), range(3, 13), range(13, 16))).p,
        "C6a": claims.smallest_trend_p([3, 3, 3, 3]),
        "C7": 1 / math.comb(11, 5),
        "C8": claims.share(6, 6, 2 / 5).tested.p,
        "C9": 1 / math.comb(11, 5),
        "C10a": 1 / math.comb(11, 5),
        "C10c": 1 / math.comb(11, 5),
    }
    for claim, p in exact.items():
        assert float(table[claim].split("|")[3]) == pytest.approx(p, rel=0.02), claim


def test_the_powers(table: dict[str, str]) -> None:
    generator = np.random.default_rng(0)

    def drawn(n: int, mean: float = 0.0) -> list[float]:
        return generator.normal(mean, 1, n).tolist()  # type: ignore[no-any-return]

    def power(claim: str) -> float:
        return _number(table[claim], r"power of ([\d.]+)")

    ranks = [claims.in_blocks([(drawn(6, 1.7), drawn(10))]).p for _ in range(1000)]
    assert power("C2") == pytest.approx(np.mean(np.array(ranks) <= 0.05), abs=0.04)
    seen = []
    for _ in range(1000):
        random, searched, without = drawn(10), drawn(3, 2.5), drawn(3, -2.5)
        spread = claims.pooled([searched, without, *(drawn(3) for _ in range(3))])
        parts = [(claims.Spread(stdev(random), 9), 1 / 10), (spread, 1 / 3)]
        smaller = min(fmean(searched) - fmean(random), fmean(random) - fmean(without))
        step = claims.summed(smaller, parts)
        order = claims.ordered_groups((without, random, searched))
        seen.append(step is not None and step.interval[0] > 0 and order.p <= 0.05)
    assert power("C5") == pytest.approx(np.mean(seen), abs=0.04)
    falls = [claims.trend([drawn(3, -step) for step in range(4)]).p for _ in range(1000)]
    assert power("C6b") == pytest.approx(np.mean(np.array(falls) <= 0.05), abs=0.03)
    leads = [claims.signed_rank(drawn(19, 0.7)).p for _ in range(1000)]
    assert power("C7") == pytest.approx(np.mean(np.array(leads) <= 0.05), abs=0.04)
    for claim, chance in (("C9", 0.5), ("C10a", 0.4**2), ("C10c", 0.6**2)):
        tests = [claims.share(hits, 19, chance).tested for hits in range(20)]
        fewest = next(hits for hits, one in enumerate(tests) if one.more < one.less and one.p <= 0.05)
        assert f"{fewest} of 19 reproduce" in table[claim]
        most = max(
            (hits for hits, one in enumerate(tests) if one.less < one.more and one.p <= 0.05), default=-1
        )
        assert (f"{most} of 19 contradict" in table[claim]) == (most >= 0)
    needed = next(n for n in range(1, 99) if claims.share(0, n, 0.4**2).tested.p <= 0.05)
    assert f"at least {needed} searches are needed to contradict" in table["C10a"]
    assert power("C9") == pytest.approx(stats.binom.sf(15 - 1, 19, 0.9), abs=0.005)


def test_the_chance_that_at_least_one_of_sixteen_errs() -> None:
    text = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    at_least_one = stats.binom.sf(0, len(JUDGEMENTS), claims.ERROR)
    assert _number(text, r"at least one of sixteen tests of true null hypotheses errs in (\d+) %") == round(
        100 * at_least_one
    )
