"""Home by role: what waits, and the way to it."""

from __future__ import annotations

import re

import pytest

from crf.models import FormInstance
from participants.models import Participant, Visit
from trialsite.accounts.models import User

from .conftest import Sign, overdue

Trial = dict[str, Participant]


def tiles(html: str) -> dict[str, int]:
    found = re.findall(r'data-tile="(\w+)".*?class="v d-block">(\d+)<', html, re.DOTALL)
    return {need: int(count) for need, count in found}


def test_a_coordinator_finds_work_oldest_first(at: Sign, trial: Trial) -> None:
    html = at("lin").get("/").content.decode()
    assert tiles(html) == {
        "overdue": 6, "answer": 2, "progress": 1, "due": 43, "drafts": 0, "deviations": 0, "endpoint": 1, "late": 0,
    }  # fmt: skip
    assert "01-003 C2" in html
    assert "overdue 10 d" in html
    work = at("lin").get("/participants/?view=work&need=due").content.decode()
    assert work.count('class="fw-6"') == 43


def test_the_next_14_days(at: Sign, trial: Trial) -> None:
    overdue(trial["01-001"], "C1", -5)
    html = at("lin").get("/").content.decode()
    assert "The next 14 days" in html
    assert 'href="/p/01-001/C1/ec/"' in html


def test_nothing_waits(at: Sign, cast: dict[str, User]) -> None:
    html = at("lin").get("/").content.decode()
    assert tiles(html) == dict.fromkeys(
        ("overdue", "answer", "progress", "due", "drafts", "deviations", "endpoint", "late"), 0
    )
    assert "Nothing is due in the next 14 days." in html


def test_a_monitor_sees_sites_and_changes(at: Sign, trial: Trial) -> None:
    html = at("mo").get("/").content.decode()
    assert "Latest changes" in html
    assert 'href="/participants/?site=01"' in html
    assert 'href="/participants/?site=02"' in html
    assert tiles(html) == {
        "verify": 1, "changed": 0, "close": 0, "endpoint": 1, "late": 0, "review": 0,
    }  # fmt: skip
    assert list(tiles(at("da").get("/").content.decode())) == [
        "close", "endpoint", "late", "lock", "unlock", "duplicates", "review", "allocate", "adjudicate", "release", "reopening",
        "recut", "reading_late",
    ]  # fmt: skip
    assert not tiles(at("ins").get("/").content.decode()), "an inspector acts on nothing"


def test_an_investigator_signs(at: Sign, trial: Trial) -> None:
    found = tiles(at("chen").get("/").content.decode())
    assert found["sign"] == 1
    FormInstance.objects.filter(participant=trial["01-002"], form_key="ICF").update(signed="S")
    assert tiles(at("chen").get("/").content.decode())["sign"] == 0


def test_a_participant_is_ready_to_lock(at: Sign, trial: Trial) -> None:
    """Complete, verified where the plan asks, signed, nothing asked: then, and only then."""
    ready = {"status": "COMPLETE", "version": 1, "verified": "V", "signed": "S", "query_open": 0}
    forms = FormInstance.objects.filter(participant=trial["01-002"])
    forms.update(**ready)
    assert tiles(at("da").get("/").content.decode())["lock"] == 1
    for lack in ({"status": "IN_PROGRESS"}, {"verified": "P"}, {"signed": "V"}, {"query_answered": 1}):
        forms.filter(form_key="ICF").update(**lack)
        assert tiles(at("da").get("/").content.decode())["lock"] == 0, lack
        forms.filter(form_key="ICF").update(**ready, query_answered=0)
    forms.update(locked=True)
    assert tiles(at("da").get("/").content.decode())["lock"] == 0, "what is locked is done"


def test_a_monitor_of_one_site_sees_that_site(at: Sign, trial: Trial) -> None:
    from tests.world import site
    from trialsite.accounts import services
    from trialsite.accounts.roles import Role

    person = services.user_create(by=None, username="m2", full_name="Monitor of 02", demo=True)
    services.role_grant(
        by=None, user=person, role=Role.MONITOR, site=site("02"), valid_from=person.date_joined.date()
    )
    html = at("m2").get("/").content.decode()
    assert "02-001" in html
    assert "01-00" not in html


@pytest.mark.parametrize(
    ("name", "place"),
    [("p1", "/readings/"), ("p3", "/readings/"), ("st", "/endpoints/"), ("ad", "/admin/users/")],
)
def test_roles_of_one_page_go_there(at: Sign, name: str, place: str) -> None:
    answer = at(name).get("/")
    assert answer.status_code == 302
    assert answer["Location"] == place


def test_nobody_is_signed_in(client: object, db: None) -> None:
    answer = client.get("/")  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_missed_and_closed_visits_wait_for_nobody(at: Sign, trial: Trial) -> None:
    Visit.objects.filter(participant=trial["01-003"], code="C2").update(status="MISSED")
    FormInstance.objects.filter(participant=trial["01-002"], form_key="DM").update(expected=False)
    found = tiles(at("lin").get("/").content.decode())
    assert (found["overdue"], found["progress"], found["due"]) == (0, 0, 43)
