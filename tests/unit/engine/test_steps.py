"""G-26: every result explains itself, and every field it names is there in the input."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import endpoints.engine
from endpoints.engine.course import Course, EngineError, derive
from endpoints.engine.results import CourseResult
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Step, displayed, plain, rounded

from .courses import Json, courses, published

PART = re.compile(r"([A-Za-z_]+)|\[(\d+)\]")


def marked() -> frozenset[str]:
    """All literals inside gettext_noop(...): what makemessages finds."""
    calls = [
        node
        for file in Path(endpoints.engine.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "gettext_noop"
    ]
    return frozenset(ast.literal_eval(call.args[0]) for call in calls)


MARKED = marked()


def resolve(data: Any, where: str) -> Any:
    """The value at a path; a key that is absent is the same as null (of a record that is there)."""
    found = data
    parts = PART.findall(where)
    assert parts, where
    for i, (key, place) in enumerate(parts):
        if place:
            assert isinstance(found, list) and int(place) < len(found), where
            found = found[int(place)]
        else:
            assert isinstance(found, dict), where
            assert key in found or i == len(parts) - 1, where
            found = found.get(key)
    return found


def check(data: Json, made: CourseResult) -> None:
    """Steps are there, read well, and their reads carry what stands in the input."""
    carriers = [*made.endpoints.values(), *(point for points in made.responses.values() for point in points)]
    for carrier in carriers:
        assert carrier.steps
        for step in carrier.steps:
            assert re.fullmatch(r"(R0|[A-Z]+)-\d+[abc]?", step.rule)
            assert step.text and "{" not in step.text and "None" not in step.text
            for one in step.reads:
                found = resolve(data, one.where)
                if not isinstance(found, list | dict):
                    assert plain(one.value) == found, (one, found)


def made_with(data: Json) -> CourseResult:
    return derive(Course.from_json(data), Settings.from_json(data.get("settings")))


@pytest.mark.parametrize("data", published(), ids=lambda data: data["id"])
def test_reads_of_the_vectors_resolve(data: Json) -> None:
    check(data, made_with(data))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_reads_of_random_courses_resolve(data: Json) -> None:
    refused = None
    try:
        check(data, made_with(data))
    except EngineError as error:
        refused = error
    if refused is not None:
        resolve(data, refused.where)
        assert refused.message in MARKED


@pytest.mark.parametrize(
    ("value", "shown"), [(0.05, "0.1"), (-0.05, "-0.1"), (12.25, "12.3"), (35.48387, "35.5"), (7.0, "7.0")]
)
def test_display_rounds_half_away_from_zero(value: float, shown: str) -> None:
    """G-4."""
    assert rounded(value) == shown
    assert displayed(value) == shown


def test_a_step_can_be_told_in_another_language() -> None:
    """The sentence is a template with named values; only the template is translated."""
    step = Step("R-31", "Sum {total} mm is {change} % below.", {"total": "40.0", "change": 35.48})
    assert step.text == "Sum 40.0 mm is 35.5 % below."
    assert "总和 {total} mm,下降 {change} %".format(**step.shown) == "总和 40.0 mm,下降 35.5 %"


def test_the_marked_sentences_have_named_values_only() -> None:
    """Named fields let a translation change their order."""
    for sentence in MARKED:
        assert all(
            name and name.isidentifier() for _, name, _, _ in Formatter().parse(sentence) if name is not None
        )
