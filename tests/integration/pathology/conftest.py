"""A resected participant and the people around the central reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
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


Bed = tuple[str, str, str]  # length, width (mm), viable tumour (%)


def answers(viable: str = "8", *, beds: Sequence[Bed] = (), insitu: str = "N", **more: Any) -> Typed:
    """A complete reading of one nodule with this share of viable tumour, or of several beds."""
    rows = [
        _bed(number, *bed, insitu) for number, bed in enumerate(beds or [("60.0", "52.0", viable)], start=1)
    ]
    values = {
        "cp_recdat": "2024-06-24", "cp_midat": "2024-07-02", "cp_blind": "Y", "cp_slides": "14",
        "cp_slides_bed": "10", "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_mvi_n": "0", "cp_satellite": "N",
        "cp_macro_viable": "NA", "cp_ln_viable": "NA", "cp_margin": "NEG", "cp_margin_mm": "12.0",
    }  # fmt: skip
    made = world.typed("CPATH", values | more, {"CP2": rows})
    for number, line in enumerate(made.rows["CP2"], start=1):
        line.key = f"n{number}"
    return made


def _bed(number: int, length: str, width: str, viable: str, insitu: str) -> dict[str, Any]:
    size, rest = (length, width, "45.0"), str(100 - Decimal(viable))
    more = {"cpn_insitu": insitu} if Decimal(viable) == 0 else {}
    return world.nodule(number, size, (viable, rest, "0"), **more)


INADEQUATE = {
    "cp_recdat": "2024-06-24", "cp_midat": "2024-07-02", "cp_blind": "Y", "cp_slides": "14", "cp_slides_bed": "0",
    "cp_adeq": "INADEQUATE", "cp_adeq_reas": "Tumour bed not embedded",
}  # fmt: skip


def inadequate() -> Typed:
    """A complete reading of slides that cannot be scored."""
    return world.typed("CPATH", INADEQUATE)


Submit = Callable[..., Reading]


@pytest.fixture
def submit() -> Submit:
    def made(by: User, case: PathologyCase, viable: str | Typed = "8", **more: Any) -> Reading:
        reading = reading_take(by=by, case=case)
        typed = answers(viable, **more) if isinstance(viable, str) else viable
        reading_save(by=by, reading=reading, typed=typed, submit=True)
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
