"""Figures: medians, ratios to the floor, the JSON line."""

import json

from tools.bench.figures import Figure, median_of, shown, to_json


def test_median_of_runs_with_the_median_of_their_floors():
    figure = median_of("events_per_s", [100, 300, 200], "sales/s", [1000, 4000, 2000])
    assert (figure.value, figure.floor, figure.ratio, figure.runs) == (200, 2000, 0.1, 3)


def test_json_names_each_figure_with_all_five_fields():
    line = to_json([Figure("a", 2.0, "ms"), Figure("b", 1 / 3, "s", 2.0, 5)])
    assert "\n" not in line
    assert json.loads(line) == {
        "a": {"value": 2, "unit": "ms", "floor": None, "ratio": None, "runs": 1},
        "b": {"value": 0.333333, "unit": "s", "floor": 2, "ratio": 0.166667, "runs": 5},
    }


def test_numbers_are_shown_with_the_digits_that_mean_something():
    assert [shown(value) for value in (None, 9.0, 12345.6, 0.98765)] == [
        "-",
        "9",
        "12,346",
        "0.9877",
    ]
