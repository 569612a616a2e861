"""A result as a run keeps it: every step and read once, the cut-off named and not written."""

from __future__ import annotations

import datetime as dt
import json

from crf.sheets import Casebook
from endpoints.compact import CUTOFF, body_of, opened
from endpoints.engine.course import Course, derive
from endpoints.engine.summary import summary_of
from endpoints.mapping import Mapping
from tests.unit.endpoints.books import assessment, mapping, resection, started


def test_everything_is_there_again() -> None:
    made = mapping(assessment("TA1", 119, "2026-02-20", "40.0"), resection())
    result = derive(Course.from_json(made.case))
    content = json.loads(body_of(result, made.paths))
    for name, endpoint in result.endpoints.items():
        steps = opened(content, name)
        assert [step["rule"] for step in steps] == [step.rule for step in endpoint.steps]
        for step, given in zip(steps, endpoint.steps, strict=True):
            assert [read[0] for read in step["reads"]] == [read.where for read in given.reads]
            assert set(step["params"]) == set(given.params)
    texts = [json.dumps(step) for step in content["steps"]]
    assert len(set(texts)) == len(texts)


def test_a_day_alone_is_no_new_result() -> None:
    book = Casebook("01-003", started())
    bodies = set()
    for day in (1, 2, 30):
        made = Mapping(book, dt.date(2026, 4, day), evaluator="INVESTIGATOR")
        bodies.add(body_of(derive(Course.from_json(made.case)), made.paths))
    assert len(bodies) == 1
    assert CUTOFF in bodies.pop()


def test_the_day_on_which_a_rule_decides_is_one() -> None:
    """G-25: day 183 after the first dose without a resection."""
    book = Casebook("01-003", started())
    values = []
    for day in (dt.date(2026, 7, 12), dt.date(2026, 7, 13)):
        course = Course.from_json(Mapping(book, day, evaluator="INVESTIGATOR").case)
        values.append(summary_of(course, derive(course))["values"]["MPR"]["value"])
    assert values == ["PENDING", "N"]
