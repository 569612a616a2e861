"""A report limited to sites: counts of the others name nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from endpoints.reports.safety import deviations


def person(number: str, listed: bool, n: int) -> dict[str, Any]:
    profile = {"deviations": {"n": n, "major": 0, "pp": 0}}
    return {"number": number, "site": number[:2], "listed": listed, "profile": profile}


@pytest.mark.parametrize(
    ("sites", "said", "unsaid"),
    [
        (["02"], {'"02"', '"Other sites"'}, {'"01"', '"03"'}),
        ([], {'"01"', '"02"', '"03"'}, {'"Other sites"'}),
    ],
)
def test_deviations_of_other_sites_stand_in_one_line(
    sites: list[str], said: set[str], unsaid: set[str]
) -> None:
    numbers = ("01-001", "02-001", "03-001", "03-002")
    people = [person(number, not sites or number[:2] in sites, 3) for number in numbers]
    block = deviations({"people": people, "sites": sites})
    text = json.dumps(
        block, default=lambda one: getattr(one, "__dict__", None) or str(one), ensure_ascii=False
    )
    assert all(one in text for one in said)
    assert not any(one in text for one in unsaid)
