"""G-23: another evaluator's readings get the same derivation, and who was not read stays in the denominator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, reject, settings

from endpoints.engine.course import Course, derive
from endpoints.engine.evaluators import others_of, seen_by, whole_summary
from endpoints.engine.figures import all_figures, figures
from endpoints.engine.settings import DEFAULTS
from endpoints.engine.steps import EngineError
from endpoints.engine.summary import summary_of
from tests.spec.engine.build import RECIST, course
from tests.spec.engine.build import given as responses

from .courses import Json, courses

CENTRAL = "BICR"


def by(evaluator: str, rows: list[Json]) -> list[Json]:
    return [row | {"evaluator": evaluator} for row in rows]


def sound(data: Json) -> Course:
    """A random course may contradict itself: those are looked at elsewhere."""
    made = Course.from_json(data)
    try:
        derive(made)
    except EngineError:
        reject()
    return made


def summary(data: Json) -> dict[str, Any]:
    made = Course.from_json(data)
    return whole_summary(made, derive(made), others_of(made, DEFAULTS))


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_without_an_image_it_is_what_the_engine_derives_without_one(data: Json) -> None:
    """The scans of the site still prove life; only their readings are not those of this evaluator."""
    made = sound(data)
    derived = summary_of(made, derive(made, replace(DEFAULTS, evaluator=CENTRAL)))
    assert seen_by(summary(data), CENTRAL) == derived


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_the_same_rows_give_the_same_result(data: Json) -> None:
    sound(data)
    alone = summary(data)
    both = summary(data | {"imaging": data["imaging"] + by(CENTRAL, data["imaging"])})
    seen = seen_by(both, CENTRAL)
    assert seen is not None
    assert {key: seen[key] for key in alone} == alone


READ = course(
    imaging=responses({"2026-02-05": "SD", "2026-03-06": "SD"}) + by(CENTRAL, responses({"2026-02-05": "PR"}))
)
UNREAD = course(id="01-004", imaging=responses({"2026-02-05": "PR"}))
REFUSED = course(
    id="01-005",
    imaging=responses({"2026-03-06": "SD"}) + by(CENTRAL, responses({"2026-02-05": "PR"}) * 2),
)


def test_figures_by_evaluator() -> None:
    found = all_figures([summary(READ), summary(UNREAD)], DEFAULTS)
    main, central = found["FAS", "INVESTIGATOR"], found["FAS", CENTRAL]
    assert (main["rates"]["ORR"]["FAS"]["all"]["x"], central["rates"]["ORR"]["FAS"]["all"]["x"]) == (1, 1)
    assert central["best"]["BOR_RECIST"] == {"PR": 1, "NE": 1}
    assert central["curves"]["PFS"]["n"] == 2
    assert central["sets"]["REV"] == 1
    assert central["rates"]["ORR"]["REV"]["all"]["n"] == 1
    assert central == figures([summary(READ), summary(UNREAD)], DEFAULTS, evaluator=CENTRAL)


def test_refused_readings_are_the_evaluators_own() -> None:
    made = summary(REFUSED)
    assert made["values"]["BOR_RECIST"]["value"] == "SD"
    error = made["evaluators"][CENTRAL]["error"]
    assert error["where"].startswith("imaging[")
    found = all_figures([made, summary(READ)], DEFAULTS)
    assert (found["FAS", "INVESTIGATOR"]["errors"], found["FAS", CENTRAL]["errors"]) == (0, 1)
    assert found["FAS", CENTRAL]["rates"]["ORR"]["FAS"]["all"]["n"] == 1


def test_without_another_evaluator_there_is_none() -> None:
    made = summary(UNREAD)
    assert "evaluators" not in made
    assert {evaluator for _population, evaluator in all_figures([made], DEFAULTS)} == {"INVESTIGATOR"}


def test_readings_after_the_cut_off_are_not_there_yet() -> None:
    rows = by(
        CENTRAL, [row | {"date": "2026-05-02"} for row in responses({"2026-05-02": "PR"}, RECIST, None)]
    )
    assert "evaluators" not in summary(course(imaging=responses({"2026-02-05": "SD"}) + rows))
