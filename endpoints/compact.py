"""A result as a run keeps it: JSON with every step and every read once, and the field behind each read.

`@cutoff` stands for the data cut-off in reasons: it moves every day, and a day alone is no new result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from endpoints.engine.evaluators import Others
from endpoints.engine.results import CourseResult, Duration, Endpoint, TimePoint
from endpoints.engine.steps import EngineError, Read, Step, displayed, plain
from endpoints.mapping import Paths

CUTOFF = "@cutoff"
CUTOFFS = ("cutoff", "until")  # the names under which the engine's sentences show it
SLOTS: dict[type, tuple[str, ...]] = {}


def body_of(result: CourseResult, paths: Paths, profile: str = "", others: Others | None = None) -> str:
    """The JSON text of a result. `profile`: digest of what stands beside it in the state; `others`: by other evaluators."""
    writer = _Writer(paths)
    content: dict[str, Any] = {
        "endpoints": {name: writer.endpoint(endpoint) for name, endpoint in result.endpoints.items()},
        "responses": {
            criteria: [writer.point(point) for point in points]
            for criteria, points in result.responses.items()
        },
        "steps": writer.steps,
        "reads": writer.reads,
        "profile": profile,
    }
    if others:
        content["evaluators"] = {name: _by_another(writer, found) for name, found in others.items()}
    return _text(content)


def _by_another(writer: _Writer, found: CourseResult | EngineError) -> dict[str, Any]:
    """G-23: endpoints and responses by another evaluator, or why the rows are refused; steps and reads are shared."""
    if isinstance(found, EngineError):
        address = writer.paths.address(found.where)
        return {
            "error": {
                "where": found.where,
                "message": found.message,
                "params": found.shown,
                "address": address,
            }
        }
    return {
        "endpoints": {name: writer.endpoint(endpoint) for name, endpoint in found.endpoints.items()},
        "responses": {
            criteria: [writer.point(point) for point in points]
            for criteria, points in found.responses.items()
        },
    }


def error_body(error: EngineError, paths: Paths, profile: str = "") -> str:
    """The JSON text of refused data (G-27): the sentence and its place."""
    return _text({"error": {"where": error.where, "message": error.message, "params": error.shown,
                            "address": paths.address(error.where)},
                  "profile": profile})  # fmt: skip


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=plain)


class _Writer:
    """Numbers steps and reads in the order in which they are first met."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.steps: list[list[Any]] = []
        self.reads: list[list[Any]] = []
        self._seen: dict[int, int] = {}
        self._step: dict[Any, int] = {}
        self._read: dict[Read, int] = {}

    def endpoint(self, endpoint: Endpoint) -> dict[str, Any]:
        names = SLOTS.get(type(endpoint))
        if names is None:
            slots = [name for name in type(endpoint).__slots__ if name != "steps"]  # type: ignore[attr-defined]
            names = SLOTS[type(endpoint)] = tuple(slots)
        kept = {name: getattr(endpoint, name) for name in names}
        if isinstance(endpoint, Duration):
            kept["days"] = endpoint.days
        return kept | {"steps": [self.step(step) for step in endpoint.steps]}

    def point(self, point: TimePoint) -> dict[str, Any]:
        return {
            "name": point.name,
            "date": point.date,
            "sum": point.sum,
            "nadir": point.nadir,
            "baseline_sum": point.baseline_sum,
            "target": point.target,
            "nontarget": point.nontarget,
            "new": point.new,
            "overall": point.overall,
            "as_given": point.as_given,
            "address": self.paths.address(f"{point.path}.date"),
            "steps": [self.step(step) for step in point.steps],
        }

    def step(self, step: Step) -> int:
        """Many endpoints share a step: the same object, or an equal one."""
        number = self._seen.get(id(step))
        if number is None:
            number = self._seen[id(step)] = self._equal(step)
        return number

    def _equal(self, step: Step) -> int:
        shown = {name: CUTOFF if name in CUTOFFS else _param(value) for name, value in step.params.items()}
        key = (step.message, tuple(shown.values()), step.reads)
        number = self._step.get(key)
        if number is None:
            number = self._step[key] = len(self.steps)
            self.steps.append([step.rule, step.message, shown, [self.read(read) for read in step.reads]])
        return number

    def read(self, read: Read) -> int:
        number = self._read.get(read)
        if number is None:
            number = self._read[read] = len(self.reads)
            value = CUTOFF if read.where == "data_cutoff" else read.value
            self.reads.append([read.where, value, self.paths.address(read.where)])
        return number


def _param(value: Any) -> Any:
    """As a sentence shows it; a list keeps its words apart, because each is translated."""
    if isinstance(value, str):
        return value
    return tuple([displayed(part) for part in value]) if isinstance(value, tuple | list) else displayed(value)


def opened(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The steps of an endpoint with their reads written out."""
    return steps_of(content, content["endpoints"][name]["steps"])


def steps_of(content: Mapping[str, Any], numbers: list[int]) -> list[dict[str, Any]]:
    steps, reads = content["steps"], content["reads"]
    found = []
    for number in numbers:
        rule, message, params, places = steps[number]
        found.append(
            {"rule": rule, "message": message, "params": params, "reads": [reads[i] for i in places]}
        )
    return found
