"""A panel as a grid: typed, pasted or from a file; units never guessed; nothing half-taken."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crf.analytes import ANALYTES, panel_number
from crf.laboratory import units_of
from crf.laboratory_reading import read_results
from crf.models import Draft, FormInstance, Laboratory
from crf.selectors.sheets import sheet_of
from crf.services.site import laboratory_add
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

HEM, CHEM, UA = (panel_number(name) for name in ("HEM", "CHEM", "UA"))
GOOD = "test,result,unit\nALT,65,U/L\n天门冬氨酸氨基转移酶,41,u/l\nCreatinine,76,μmol/L\nLipase,<5,U/L\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ALT,65,U/L", ""),
        ("ALT\t65\tU/L", ""),
        ("HGB,9.1,g/dL", "belongs to the panel"),
        ("ALT,65,mg/dL", "ALT is reported in U/L, not in mg/dL."),
        ("ALT,65,", "Say the unit: U/L."),
        ("ALT,high,U/L", "neither a number"),
        ("ALT,,U/L", "There is no result."),
        ("ALAT,65,U/L", "not a test of the catalogue"),
        ("CREAT,76,umol/L", ""),
        ("CREAT,0.9,mg/dL", ""),
    ],
)
def test_a_line_of_a_file(line: str, problem: str) -> None:
    [read] = read_results(line, CHEM).lines
    assert problem in read.problem if problem else not read.problem


def test_codes_signs_and_names() -> None:
    lines = read_results("UPROTDIP,2+,\nUOCCBLD,阴性,\nUPROT24,>3.5,g/24h", UA).lines
    assert [(line.value, line.sign, line.problem) for line in lines] == [
        ("P2", "", ""),
        ("NEG", "", ""),
        ("3.5", "GT", ""),
    ]
    [wrong] = read_results("UPROTDIP,0.3,", UA).lines
    assert "UPROTDIP is one of" in wrong.problem
    [coded] = read_results("ALT,NEG,U/L", CHEM).lines
    assert coded.problem == "ALT is a number."


def test_units_written_in_another_way_are_the_same_unit() -> None:
    for unit in ("10^9/L", "×10⁹/L", "10*9/L", "x10^9/l"):
        [line] = read_results(f"PLAT,210,{unit}", HEM).lines
        assert (line.unit, line.problem) == ("10^9/L", ""), unit


def test_every_unit_of_the_catalogue_reads_as_itself() -> None:
    """mIU/L among them, which is no unit of an enzyme."""
    for analyte in ANALYTES.values():
        for unit in units_of(analyte.code):
            [line] = read_results(f"{analyte.code},1,{unit}", panel_number(analyte.panel)).lines
            assert (line.unit, line.problem) == (unit, ""), (analyte.code, unit)


def test_a_file_as_a_whole() -> None:
    assert read_results(GOOD, CHEM).stands
    assert "ALT stands in line 2 already." in read_results(GOOD + "ALT,66,U/L\n", CHEM).lines[-1].problem
    assert "2000 lines are too many" in read_results("ALT,65,U/L\n" * 2000, CHEM).problem
    assert read_results("  \n", CHEM).problem
    assert "must be named" in read_results("result,unit\n65,U/L", CHEM).problem


@pytest.fixture
def people(settings: Any) -> dict[str, User]:
    settings.DEMO = True
    return world.people()


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    return world.screened(people["lin"])


@pytest.fixture
def lab(people: dict[str, User]) -> Laboratory:
    return laboratory_add(by=people["da"], site=world.site(), code="CENTRAL", name_en="Central laboratory")


def browser(person: User) -> Client:
    made = Client()
    made.force_login(person)
    return made


def panel(participant: Participant, repeat: int) -> FormInstance:
    return world.form(participant, "LB", "SCR", repeat)


@pytest.mark.django_db
def test_the_page_has_a_line_for_each_analyte_of_the_panel(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    page = browser(people["lin"]).get(f"/p/{participant.number}/SCR/lb/{CHEM}/").content.decode()
    assert page.count("<tr data-row=") == 23
    assert 'data-test="ALT"' in page
    assert 'data-test="WBC"' not in page
    assert "CENTRAL · Central laboratory" in page
    chinese = browser(people["lin"])
    chinese.cookies["django_language"] = "zh-hans"
    assert (
        "丙氨酸氨基转移酶" in page
        or "丙氨酸氨基转移酶" in chinese.get(f"/p/{participant.number}/SCR/lb/{CHEM}/").content.decode()
    )


@pytest.mark.django_db
def test_what_is_typed_is_saved_and_an_untouched_unit_is_not(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    world.consent(participant, people["lin"], "2024-03-01")
    url = f"/p/{participant.number}/SCR/lb/{HEM}/"
    typed = {
        "version": "0", "token": "a", "action": "save", "lbperf": "Y", "lbdat__y": "2024", "lbdat__m": "3",
        "lbdat__d": "5", "lb_soc_pre": "N", "lbspec": "BLOOD", "lbnam": lab.address,
        "LB2.1.lborres": "５.２", "LB2.1.lborresu": "10^9/L", "LB2.2.lborres": "", "LB2.2.lborresu": "10^9/L",
    }  # fmt: skip
    answer = browser(people["lin"]).post(url, typed)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    lines = {line.row: line for line in sheet_of(panel(participant, HEM)).lines("LB2")}
    assert (lines[1].get("lborres"), lines[1].get("lborresu")) == ("5.2", "10^9/L")
    assert lines[2].get("lborresu") is None
    assert sorted(lines) == list(range(1, 11))


@pytest.mark.django_db
def test_a_file_is_shown_then_put_into_the_form_as_a_draft(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    lin = browser(people["lin"])
    url = f"/p/{participant.number}/SCR/lb/{CHEM}/"
    wrong = lin.post(url + "import/", {"action": "take", "pasted": GOOD.replace("65,U/L", "65,g/L")})
    assert (wrong.status_code, Draft.objects.count()) == (422, 0)
    assert "ALT is reported in U/L, not in g/L." in wrong.content.decode()
    shown = lin.post(url + "import/", {"action": "preview", "pasted": GOOD})
    assert (shown.status_code, Draft.objects.count()) == (200, 0)
    assert lin.post(url + "import/", {"action": "take", "pasted": GOOD}).status_code == 302
    page = lin.get(url).content.decode()
    assert 'value="65"' in page
    assert panel(participant, CHEM).version == 0
    for name, status in (("mo", 403), ("wu", 404), ("da", 403)):
        answer = browser(people[name]).post(url + "import/", {"action": "take", "pasted": GOOD})
        assert answer.status_code == status
    assert Draft.objects.count() == 1
