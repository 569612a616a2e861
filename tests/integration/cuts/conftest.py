"""A small trial whose data are cut."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from crf.services.entry import Order, form_save
from endpoints.cuts.building import moment_build
from endpoints.cuts.services import Signed, cut_confirm, moment_ask
from endpoints.models import DataCut, Moment
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.kernel.decisions import ALLOWED


def dry_run(by: User, **wanted: Any) -> Moment:
    """A moment, now by default, that is computed."""
    wanted.setdefault("cutoff", timezone.localdate())
    at = wanted.pop("at", None) or timezone.now()
    moment = moment_ask(by=by, at=at, **wanted)
    moment_build(moment.pk)
    found = Moment.objects.get(pk=moment.pk)
    assert found.state == "READY", found.error
    return found


def signed(moment: Moment) -> Signed:
    last = DataCut.objects.first()
    return Signed(("username", "password"), True, moment.digest, last.number if last else 0)


def cut_of(by: User, title: str = "First look", **wanted: Any) -> DataCut:
    moment = dry_run(by, **wanted)
    return cut_confirm(by=by, moment=moment, title=title, reason="", replaces=None, signed=signed(moment))


def read_by_two(participant: Participant, lin: User, viable: tuple[str, str] = ("4", "6")) -> None:
    """Operated, read centrally by two, released."""
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    for reader, share in zip(("R1", "R2"), viable, strict=True):
        rest = str(100 - int(share) - 20)
        bed = [world.nodule(1, ("40", "30", "30"), (share, rest, "20"))]
        world.central_reading(participant, lin, reader, "2024-06-20", bed, "2024-06-03")
    nobody: Any = None  # the system
    final = world.form(participant, "CPATHF", "CPATH")
    form_save(
        by=nobody, form=final, typed=world.typed("CPATHF", {"cpf_dat": "2024-06-25"}), order=Order(complete=False),
        decision=ALLOWED,
    )  # fmt: skip


@pytest.fixture
def cast(db: Any) -> dict[str, User]:
    return world.people()


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    """01-003: treated, one assessment."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    lesions = [world.target("T01", "S8", "50.0", "41.0"), world.target("T02", "S5", "21.0", "12.0")]
    world.assessed(made, lin, "TA1", "2024-04-09", lesions, ("PR", "PR"), resp_com="-")
    return made
