"""What the benchmarks of retraining read and count."""

import io
from types import SimpleNamespace

import polars as pl

from benchmarks.kept_lessons import cost
from benchmarks.retraining import Line, Ran, left, read


def test_the_lines_of_progress_are_read_with_the_time_left():
    said = "   24.3 s  [3/11] training the candidate, twice · about 7 min left\n             once more\n"
    process = SimpleNamespace(stderr=io.StringIO(said + "  421.2 s  [11/11] handing over · about 0 s left\n"))
    lines = list(read(process))
    assert lines[0] == Line(24.3, "training the candidate, twice", "about 7 min left")
    table = list(left(Ran(422.0, 2.0, 500.0, lines)))
    assert table[-2] == "| 24 | training the candidate, twice | about 7 min left | 397 |"


def test_what_keeping_costs_is_counted_against_learning_anew():
    rows = [(name, "2026Q1", kept, crps, 100.0) for name in ("a", "b") for kept, crps in ((0, 5.0), (1, 8.0))]
    cells = pl.DataFrame(rows, schema=["set", "period", "kept", "crps", "came"], orient="row")
    assert cost(cells, 1) == "+0.0300 (+0.0300 to +0.0300)"
