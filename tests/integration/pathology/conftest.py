"""A resected participant and the people around the central reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crf.typed import Typed
from participants.models import Participant
from pathology.models import PathologyCase, Reading
from tests import world
from tests.world import reading_save, reading_take
from trialsite.accounts.models import User

SURGERY = "2024-05-30"


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    """No second factor to give."""
    settings.DEMO = True


@pytest.fixture
def cast(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def resected(cast: dict[str, User]) -> Participant:
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], SURGERY, "2024-06-14")
    return participant


@pytest.fixture
def case(resected: Participant) -> PathologyCase:
    return PathologyCase.objects.get(participant=resected)


def answers(viable: str = "8", **more: Any) -> Typed:
    """A complete reading of one nodule with this share of viable tumour."""
    necrosis = str(100 - int(viable))
    row = world.nodule(1, ("60.0", "52.0", "45.0"), (viable, necrosis, "0"))
    values = {
        "cp_recdat": "2024-06-24", "cp_midat": "2024-07-02", "cp_blind": "Y", "cp_slides": "14",
        "cp_slides_bed": "10", "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_mvi_n": "0", "cp_satellite": "N",
        "cp_macro_viable": "NA", "cp_ln_viable": "NA", "cp_margin": "NEG", "cp_margin_mm": "12.0",
    }  # fmt: skip
    made = world.typed("CPATH", values | more, {"CP2": [row]})
    for line in made.rows["CP2"]:
        line.key = "n1"
    return made


Submit = Callable[..., Reading]


@pytest.fixture
def submit() -> Submit:
    def made(by: User, case: PathologyCase, viable: str = "8", **more: Any) -> Reading:
        reading = reading_take(by=by, case=case)
        reading_save(by=by, reading=reading, typed=answers(viable, **more), submit=True)
        return reading

    return made


def posted(viable: str = "8", **more: str) -> dict[str, str]:
    """The same reading as a browser posts it."""
    made = answers(viable)
    data = {name: _text(value) for name, value in made.values.items()}
    data |= {f"CP2.n1.{name}": _text(value) for name, value in made.rows["CP2"][0].values.items()}
    return data | more


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
