"""The page of a treatment cycle: calculator, dose levels, live values, totals, retreatment check."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from crf.models import FormInstance
from crf.selectors.sheets import sheet_of
from crf.sheets import Casebook, RowValues, Sheet
from crf.treatment_live import calculator, cycles_words, ladders, off_plan, totals, verdict
from participants.models import Participant
from tests import world
from tests.benchmarks.copies import post_of
from trialsite.accounts.models import User

D1 = {1: "2024-03-14", 2: "2024-03-28", 3: "2024-04-18"}


def cycle(number: int, **values: Any) -> Sheet:
    """A cycle in memory: 155 mg of oxaliplatin at BSA 1.82 unless said otherwise."""
    made = {"ec_phase": "NEO", "ec_cycle": number, "ec_given": "Y", "ec_d1dat": world.day(D1[number])}
    made |= {"ec_wt": Decimal("70.0"), "ec_ht": Decimal("171.0"), "ec_bsa": Decimal("1.82")} | values
    row = RowValues(
        1, {"ecoccur": "Y", "ec_lvl": "0", "ecdstxt": Decimal("155.0"), "ecstdat": world.day(D1[number])}
    )
    return Sheet("EC", number, f"C{number}", number, values=made, rows={"EC2": [row], "EC3": []})


def book_of(*sheets: Sheet) -> Casebook:
    return Casebook("01-003", sheets)


# --- the calculator ---------------------------------------------------------------------------------------------------


def test_the_formula_is_shown_with_its_inputs() -> None:
    found = calculator(cycle(1), book_of())
    assert found.formula == "√(70.0 kg × 171.0 cm ÷ 3600)"
    assert found.bsa is not None
    assert round(found.bsa, 2) == Decimal("1.82")
    assert (found.asks, found.weight, found.recalculate) == ("", "", "")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("ec_wt",), "Enter the weight"),
        (("ec_ht",), "Enter the height"),
        (("ec_wt", "ec_ht"), "Enter weight and height"),
    ],
)
def test_what_is_missing_is_asked_for_and_never_guessed(missing: tuple[str, ...], words: str) -> None:
    found = calculator(cycle(1, **dict.fromkeys(missing)), book_of())
    assert found.bsa is None
    assert found.formula == ""
    assert words in found.asks


@pytest.mark.parametrize(
    ("weight", "bsa", "change", "prompted"),
    [
        ("68.0", "1.82", "−2.9%", False),
        ("76.9", "1.82", "+9.9%", False),
        ("77.0", "1.82", "+10.0%", True),
        ("63.0", "1.82", "−10.0%", True),
        ("77.0", "1.91", "+10.0%", False),  # it was recalculated
    ],
)
def test_a_weight_change_of_ten_percent_asks_to_recalculate(
    weight: str, bsa: str, change: str, prompted: bool
) -> None:
    """A-22: against the weight behind the BSA in use."""
    now = cycle(2, ec_wt=Decimal(weight), ec_bsa=Decimal(bsa))
    found = calculator(now, book_of(cycle(1), now))
    assert found.weight.startswith(change)
    assert "C1" in found.weight
    assert bool(found.recalculate) == prompted


def test_the_weight_is_compared_with_the_last_recalculation() -> None:
    second = cycle(2, ec_wt=Decimal("77.0"), ec_bsa=Decimal("1.91"))
    now = cycle(3, ec_wt=Decimal("78.0"), ec_bsa=Decimal("1.91"))
    found = calculator(now, book_of(cycle(1), second, now))
    assert "C2 (77.0 kg)" in found.weight
    assert found.recalculate == ""


# --- levels and totals ------------------------------------------------------------------------------------------------


def test_the_ladder_marks_the_level_of_the_cycle() -> None:
    now = cycle(1)
    now.lines("EC2")[0].values["ec_lvl"] = "-1"
    oxaliplatin = ladders(now)[0]
    assert [(dose, here) for _level, dose, here in oxaliplatin.steps] == [
        ("85", False),
        ("65", True),
        ("50", False),
    ]
    assert oxaliplatin.unit == "mg/m²"


def test_totals_and_intensity_are_those_of_the_phase() -> None:
    """D-18, section 6: 155 + 155 + 120 + 120 mg would be 78.9 %; here two full cycles on time are 100 %."""
    one, two = cycle(1), cycle(2)
    found = totals(two, book_of(one, two))[0]
    assert found.total == "170 mg/m²"
    assert found.intensity == "100.0%"
    assert cycles_words(two, book_of(one, two)) == "2 cycles started / 4"
    assert totals(cycle(1, ec_phase=None), book_of()) == []


@pytest.mark.parametrize(
    ("pct", "off"), [("95", False), ("94.9", True), ("105", False), ("105.1", True), (None, False)]
)
def test_five_percent_either_way_is_within_the_plan(pct: str | None, off: bool) -> None:
    assert off_plan(pct) is off


@pytest.mark.parametrize(
    ("met", "state"), [([True, True], "comp"), ([True, None], "none"), ([None, False], "due"), ([], "none")]
)
def test_criteria_are_met_when_all_are_known_and_met(met: list[bool | None], state: str) -> None:
    assert verdict(met)[0] == state


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lin(db: Any, settings: Any) -> User:
    settings.DEMO = True
    return world.people()["lin"]


@pytest.fixture
def participant(lin: User) -> Participant:
    made = world.screened(lin, "01-003")
    for number in (1, 2):
        on = D1[number]
        drugs = [world.infusion(on, "155"), world.infusion(on, "365"), world.NEVER, world.infusion(on, "4375"),
                 world.infusion(on, "200")]  # fmt: skip
        values = {"ec_phase": "NEO", "ec_cycle": str(number), "ec_given": "Y", "ec_d1dat": on, "ec_wt": "70.0",
                  "ec_ht": "171.0", "ec_bsa": "1.82"}  # fmt: skip
        world.fill(world.form(made, "EC", f"C{number}"), lin, values, {"EC2": drugs}, complete=False)
    return made


@pytest.fixture
def browser(client: Client, lin: User) -> Client:
    client.force_login(lin, "trialsite.accounts.backends.AccountBackend")
    return client


def test_the_page_has_every_field_once(browser: Client, participant: Participant) -> None:
    html = browser.get("/p/01-003/C2/ec/").content.decode()
    for path in (
        "ec_wt",
        "ec_bsa_calc",
        "EC2:1/ecdstxt",
        "EC2:1/ec_pct_plan",
        "EC2:5/eclot",
        "EC2:1/ec_planm2",
    ):
        assert html.count(f'data-path="{path}"') == 1, path
    assert "√(70.0 kg × 171.0 cm ÷ 3600)" in html
    assert "0 · 85" in html
    assert "−1 · 65" in html
    assert "style=" not in html


def test_a_level_that_a_drug_does_not_have_is_not_offered(browser: Client, participant: Participant) -> None:
    html = browser.get("/p/01-003/C2/ec/").content.decode()
    start = html.index('data-path="EC2:5/ec_lvl"')
    camrelizumab = html[start : html.index("</td>", start)]
    assert "0 · 200" in camrelizumab
    assert 'value="-1"' not in camrelizumab


def test_live_values_follow_what_is_typed_and_store_nothing(
    browser: Client, participant: Participant
) -> None:
    form = world.form(participant, "EC", "C2")
    data: dict[str, Any] = post_of(sheet_of(form)) | {"EC2.1.ecdstxt": "120", "ec_wt": "78.0"}
    html = browser.post("/p/01-003/C2/ec/preview/", data).content.decode()
    assert (
        'data-for="EC2:1/ec_pct_plan" data-path-for="EC2:1/ec_pct_plan" data-raw="77.6" value="77.6 %"'
        in html
    )
    assert "recalculate the BSA" in html
    assert sheet_of(FormInstance.objects.select_related("visit").get(pk=form.pk)).get("ec_wt") == Decimal(
        "70.0"
    )


def test_the_height_comes_from_screening_and_the_weight_does_not(
    browser: Client, participant: Participant, lin: User
) -> None:
    world.fill(
        world.form(participant, "VS", "SCR"), lin, {"height": "172.0", "weight": "71.0"}, complete=False
    )
    html = browser.get("/p/01-003/C3/ec/").content.decode()
    box = html[html.index('data-path="ec_ht"') :]
    assert 'value="172.0"' in box[: box.index("</div></div>")]
    box = html[html.index('data-path="ec_wt"') :]
    assert 'value=""' in box[: box.index("</div></div>")]


def test_the_check_before_dosing_says_what_is_not_known(
    browser: Client, participant: Participant, make_chinese: Callable[[], None]
) -> None:
    html = browser.get("/p/01-003/C3/ec/").content.decode()
    assert "not all known" in html
    make_chinese()
    assert browser.get("/p/01-003/C3/ec/").status_code == 200


@pytest.fixture
def make_chinese(lin: User) -> Callable[[], None]:
    return lambda: User.objects.filter(pk=lin.pk).update(language="zh-hans") and None
