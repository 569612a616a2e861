"""What is attached to a report as machine-readable data: its figures, and the data they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from endpoints.planned import accrual_plan
from endpoints.report_data import trial_case_json

FIGURES, DATA = "figures.json", "endpoint-data.json"


def attachments_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Name → text. The same content gives the same text.

    The data of participants (the input of the engine's operation `trial`) only in a report that lists all of them: one
    that is limited to some sites attaches its figures alone.
    """
    if content.get("kind") == "PERSON":
        return _of_person(content)
    found = {FIGURES: _text(_figures(content))}
    if not content["sites"]:
        found[DATA] = trial_case_json(
            ((one["number"], one["case"], one["profile"] or None) for one in content["courses"]),
            name=content["cut"]["code"] if content["cut"] else "live",
            settings=content["engine_settings"],
            rates=content["planned"]["null_rates"],
            plan=accrual_plan(content["planned"]),
        ).decode()
    return found


def _figures(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every figure that the report prints, and what it was made from. It names no participant."""
    by_set: dict[str, dict[str, Any]] = {}
    for population, evaluator, results in content["figures"]:
        by_set.setdefault(population, {})[evaluator] = _plain(results)
    main = content["results"]["settings"]["evaluator"]
    by_set.setdefault("FAS", {})[main] = _plain(content["results"])
    return {
        "as_of": content["as_of"],
        "cut": content["cut"],
        "engine": content["engine"],
        "configuration": content["configuration"],
        "settings": content["engine_settings"],
        "figures": by_set,
        "profile": content["profile"],
        "screened": content["screened"],
        "not_counted": content["problem_count"],
    }


KEPT = ("population", "participants", "errors", "sets", "rates", "curves", "best", "settings")


def _plain(results: Mapping[str, Any]) -> dict[str, Any]:
    return {name: results[name] for name in KEPT if name in results}


def _of_person(content: Mapping[str, Any]) -> dict[str, str]:
    """One participant: the results as the report prints them, and the course they come from."""
    results = {
        name: content[name] for name in ("number", "as_of", "cut", "engine", "configuration", "values")
    }
    found = {"results.json": _text(results | {"fingerprint": content["fingerprint"]})}
    if content["course"]:
        case = [content["course"] | {"settings": content["engine_settings"]}]
        found["course.json"] = _text(case)
    return found


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
