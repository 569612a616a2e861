"""What a question could be resolved to: no single answer that a form takes leads outside the computed reach."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest

from crf.registry import form_def
from crf.selectors.history import field_at
from crf.sheets import Casebook, Sheet
from endpoints.engine.bounds import AT, PLACES, Reach, reachable
from endpoints.engine.settings import DEFAULTS
from endpoints.mapping import FIELDS
from endpoints.resolutions import Place, Resolver, changed
from tests.unit.endpoints.books import CUTOFF, assessment, resection, sheet, started
from trialsite.kernel.partial_date import PartialDate


def resolver(cutoff: dt.date = CUTOFF) -> Resolver:
    return Resolver(cutoff, DEFAULTS, cutoff)


def reading(reader: str, viable: str, **more: Any) -> Sheet:
    nodules = [
        {
            "cpn_no": "1",
            "cpn_len": "40.0",
            "cpn_wid": "30.0",
            "cpn_hgt": "30.0",
            "cpn_rvt": viable,
            "cpn_insitu": "N",
        },
        {
            "cpn_no": "2",
            "cpn_len": "12.0",
            "cpn_wid": "10.0",
            "cpn_hgt": "9.0",
            "cpn_rvt": "0",
            "cpn_insitu": "N",
        },
    ]
    values = {
        "cp_reader": reader, "cp_midat": "2026-04-10", "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_satellite": "N",
        "cp_macro_viable": "N", "cp_ln_viable": "NA", "cp_margin": "NEG",
    }  # fmt: skip
    return sheet("CPATH", "SURG", 220, rows={"CP2": nodules}, **(values | more))


def operated() -> Casebook:
    return Casebook(
        "01-003",
        [
            *started(), assessment("TA1", 110, "2026-02-20", "44.0"), assessment("TA2", 120, "2026-03-10", "43.0"),
            resection(), reading("R1", "9.5"), reading("R2", "12.0"), reading("ADJ", "8.0"),
            sheet("CPATHF", "SURG", 230, cpf_dat="2026-04-20"),
        ],
    )  # fmt: skip


def waiting() -> Casebook:
    """Not operated: two assessments, a therapy of an unknown day."""
    therapy = sheet("SACT", rows={"SA1": [{"sact_type": "TACE", "sact_stdat": "2026-03"}]})
    lesion = {
        "nl_lnkid": "N01",
        "nl_loc": "LIVER",
        "nl_diam": "9.0",
        "nl_typical": "Y",
        "nl_certain": "EQUIVOCAL",
    }
    return Casebook(
        "01-004",
        [
            *started(), assessment("TA1", 110, "2026-02-20", "44.0"),
            assessment("TA2", 120, "2026-03-10", "60.0", new=[lesion], nl_yn="Y"), therapy,
        ],
    )  # fmt: skip


def reach(book: Casebook, *places: Place, cutoff: dt.date = CUTOFF) -> Reach:
    made = resolver(cutoff)
    items = [item for n, place in enumerate(places) if (item := made.item(str(n), place, book))]
    return reachable(book, items, made.outcome)


def place(book: Casebook, key: str, path: str, number: int = 0) -> Place:
    return Place(book.all(key)[number].form, key, path)


class TestOneField:
    def test_a_reading_close_to_the_limit(self) -> None:
        book = operated()
        found = reach(book, place(book, "CPATH", "CP2:1/cpn_rvt", 2))
        assert found.now[AT["MPR", "FAS"]] == "Y"
        assert found.at("MPR") == {"Y", "N"}
        assert found.at("PCR") == {"Y", "N"}  # the adjudicator may also find none
        assert found.at("ORR") == {found.now[AT["ORR", "FAS"]]}
        assert found.exhausted

    def test_the_margin_moves_the_set_of_r0_resections(self) -> None:
        book = operated()
        found = reach(book, place(book, "SURG", "surg_r"))
        assert found.at("PCR") == {"N"}  # viable tumour, whatever the margin
        assert found.at("MPR") == {"Y"}
        assert found.at("MPR", "R0") == {"Y", "-"}

    def test_a_diameter_moves_the_response(self) -> None:
        book = waiting()
        found = reach(book, place(book, "TA", "TA2:1/tl_diam", 1))
        assert found.at("ORR") == {"Y", "N"}
        assert found.at("DCR") == {found.now[AT["DCR", "FAS"]]}  # mRECIST measures the viable part

    def test_the_first_dose_moves_the_analysis_set(self) -> None:
        book = operated()
        found = reach(book, place(book, "EC", "EC2:1/ecoccur"))
        assert "-" in found.at("MPR")

    def test_an_empty_field_of_a_form_that_is_not_started(self) -> None:
        book = waiting()
        early = dt.date(2026, 3, 1)
        found = reach(book, Place(999, "DTH", "dthdat"), cutoff=early)
        assert found.now[AT["MPR", "FAS"]] == "P"
        assert found.at("MPR") == {"P", "N"}  # a death before the cut-off ends the wait

    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("HCC", "hcc_mhstdat"),
            ("VS", "vsdat"),
            ("SURG", "surg_dischdat"),
            ("SURG", "surg_time"),
            ("CPATHF", "cpf_com"),
        ],
    )
    def test_what_no_endpoint_reads_is_no_item(self, key: str, path: str) -> None:
        assert resolver().item("q", Place(1, key, path), operated()) is None

    def test_a_result_that_is_not_released_is_not_looked_at(self) -> None:
        book = operated()
        book.all("CPATHF")[0].values.clear()
        assert resolver().item("q", place(book, "CPATHF", "cpf_dat"), book) is None
        found = reach(book, place(book, "CPATH", "CP2:1/cpn_rvt"))
        assert found.now[AT["MPR", "FAS"]] == "P"
        assert found.at("MPR") == {"P"}


class TestWholeForms:
    def test_a_row_could_be_anything(self) -> None:
        book = waiting()
        found = reach(book, place(book, "TA", "TA2:1", 1))
        assert {"Y", "N"} <= found.at("ORR")
        assert not found.exhausted

    def test_a_form_of_one_field_is_asked_as_that_field(self) -> None:
        book = waiting()
        book.add(sheet("EOS", "EOS", 900, eos_dsstdat="2026-03-01"))
        form = book.all("EOS")[0].form
        whole, field = (reach(book, Place(form, "EOS", name)) for name in ("", "eos_dsstdat"))
        assert (whole.now, whole.at("ORR"), whole.alone) == (field.now, field.at("ORR"), field.alone)

    def test_the_margin_has_a_date(self) -> None:
        """G-5: a report dated after the cut-off leaves the margin with the surgeon."""
        book = operated()
        book.add(sheet("LPATH", "SURG", 215, lp_r="R0", lp_midat="2026-04-01"))
        form = book.all("LPATH")[0].form
        assert resolver().item("q", Place(form, "LPATH", "lp_midat"), book) is not None
        assert {"Y", "N"} <= reach(book, Place(form, "LPATH", "")).at("R0")

    def test_a_form_that_only_proves_life_is_no_item(self) -> None:
        assert resolver().item("q", Place(77, "VS", ""), operated()) is None


class TestSeveral:
    def test_two_answers_together(self) -> None:
        """Neither reading alone is of the other class with both; together they agree on a complete response."""
        book = operated()
        for one in book.all("CPATH"):
            one.rows["CP2"][0].values["cpn_rvt"] = Decimal("0.00")
            one.values["cp_satellite"] = "Y"
        book._by_key["CPATH"] = book.all("CPATH")[:2]
        places = [place(book, "CPATH", "cp_satellite", n) for n in (0, 1)]
        assert reach(book, places[0]).at("PCR") == {"N", "P"}
        found = reach(book, *places)
        assert found.at("PCR") == {"N", "P", "Y"}
        assert found.exhausted
        assert [values[AT["PCR", "FAS"]] for values in found.alone.values()] == [{"N", "P"}] * 2

    def test_two_numbers_are_assumed(self) -> None:
        book = waiting()
        found = reach(book, place(book, "TA", "TA2:1/tl_diam", 1), place(book, "TA", "TA2:1/tl_diam", 2))
        assert not found.exhausted
        assert {"Y", "N"} <= found.at("ORR")
        assert found.at("MPR") == {"N"}  # day 183 is over: no image brings a resection back


class TestRefused:
    """While the data are refused nothing is known of the course: what cannot be computed may be anything."""

    def test_two_percentages_that_are_missing(self) -> None:
        good = operated()
        places = [place(good, "CPATH", "CP2:1/cpn_rvt", n) for n in (0, 1)]
        book = good
        for one in places:
            book = changed(book, one, None, {})
        assert resolver().outcome(book) is None
        truth, found = resolver().outcome(good), reach(book, *places)
        assert truth is not None
        assert truth[AT["MPR", "FAS"]] + truth[AT["ORR", "REV"]] == "YY"
        assert not _outside(truth, found)
        assert not found.exhausted

    @pytest.mark.parametrize("path", ["tudat", ""])
    def test_two_assessments_before_the_baseline(self, path: str) -> None:
        good = operated()
        book = good
        places = [Place(one.form, "TA", "tudat") for one in good.all("TA")[1:]]
        for one, day in zip(places, (2, 3), strict=True):
            book = changed(book, one, dt.date(2026, 1, day), {})
        assert resolver().outcome(book) is None
        truth = resolver().outcome(good)
        assert truth is not None
        found = reach(book, *(Place(one.form, "TA", path) for one in places))
        assert not _outside(truth, found)

    def test_whatever_made_it_refused(self) -> None:
        """Random pairs of answers that the engine refuses, both asked about: what stood there before is in the reach."""
        rng = random.Random(20261103)
        good = operated()
        truth = resolver().outcome(good)
        assert truth is not None
        tried = 0
        for _ in range(120):
            pair = rng.sample(_spots(good), 2)
            book = good
            for spot in pair:
                book = changed(book, spot, _random_value(rng, _field(spot)), {})
            made = Resolver(CUTOFF, DEFAULTS, dt.date(2026, 12, 31), asked=pair)
            if made.outcome(book) is None and tried < 6:
                items = [item for n, spot in enumerate(pair) if (item := made.item(str(n), spot, book))]
                assert not _outside(truth, reachable(book, items, made.outcome, limit=60)), pair
                tried += 1
        assert tried == 6

    @pytest.mark.parametrize(("key", "path"), [("TA", "tudat"), ("CPATH", "CP2:1/cpn_rvt")])
    def test_what_cannot_be_mapped_stops_nobody(
        self, monkeypatch: pytest.MonkeyPatch, key: str, path: str
    ) -> None:
        def broken(*_args: Any, **_more: Any) -> Any:
            raise KeyError(key)

        book = operated()
        monkeypatch.setattr("endpoints.resolutions.Mapped", broken)
        found = reach(book, place(book, key, path))
        assert found.at("MPR") == {"Y", "N", "P", "-"}
        assert not found.exhausted


class TestHowLongItHolds:
    """Bounds are kept while only the day goes on, up to the next day on which something may turn."""

    @pytest.mark.parametrize("make", [operated, waiting])
    @pytest.mark.parametrize("asked", [None, "ta_perf"])
    def test_nothing_turns_before(self, make: Any, asked: str | None) -> None:
        """Every cut-off of ten months, with the book as it is and with an assessment taken away."""
        book, kept, turned = make(), 0, 0
        spots = [place(book, "TA", asked, 1)] if asked else []
        if not asked:
            book.all("SACT").clear()
        day, until, before = dt.date(2026, 1, 9), dt.date.min, None
        while day < CUTOFF:
            made = Resolver(day, DEFAULTS, day, asked=spots)
            found = made.outcome(book), *(made.outcome(changed(book, one, "N", {})) for one in spots)
            if day <= until:
                assert found == before, day
                kept += 1
            else:
                until = made.holds_until(book)
                assert until >= day
                turned += found != before
            day, before = day + dt.timedelta(days=1), found
        assert kept > 200
        assert turned > 4

    def test_a_question_about_a_day_is_asked_every_day(self) -> None:
        book = waiting()
        for key, path in (("TA", "tudat"), ("SACT", "SA1:1/sact_stdat")):
            made = Resolver(CUTOFF, DEFAULTS, CUTOFF, asked=[place(book, key, path)])
            assert made.holds_until(book) == CUTOFF
        whole = Resolver(CUTOFF, DEFAULTS, CUTOFF, asked=[place(book, "TA", "")])
        assert whole.holds_until(book) > CUTOFF  # assumed whatever the day


def test_every_day_of_an_incomplete_date() -> None:
    """The therapy of March ends the window on its first day; a later day lets the second assessment count."""
    book = waiting()
    sact = book.all("SACT")[0]
    given = PartialDate.parse("2026-03")
    made = resolver()
    item = made.partial("p", Place(sact.form, "SACT", "SA1:1/sact_stdat"), given, book)
    worlds = list(item.worlds(book))
    assert len(worlds) == 31
    assert item.exact
    days = {world.all("SACT")[0].lines("SA1")[0].get("sact_stdat").earliest.day for world in worlds}
    assert days == set(range(1, 32))


@pytest.mark.parametrize("day", ["2026-03-15", "2026-05-01"])
def test_a_death_in_the_month_of_the_cut_off(day: str) -> None:
    book = waiting()
    book.all("SACT").clear()
    book.add(sheet("DTH", dthdat="2026-03"))
    cutoff = dt.date.fromisoformat(day)
    made = Resolver(cutoff, DEFAULTS, dt.date(2026, 6, 1))
    item = made.partial(
        "p", Place(book.all("DTH")[0].form, "DTH", "dthdat"), PartialDate.parse("2026-03"), book
    )
    found = reachable(book, [item], made.outcome)
    assert found.at("MPR") == ({"N", "P"} if day == "2026-03-15" else {"N"})


def _random_value(rng: random.Random, crf_field: Any) -> Any:
    if crf_field.kind == "code":
        return rng.choice([None, *(code for code, _label in crf_field.options)])
    if crf_field.kind in ("date", "pdate"):
        day = dt.date(2025, 12, 1) + dt.timedelta(days=rng.randrange(330))
        return PartialDate.of(day) if crf_field.kind == "pdate" else day
    if crf_field.kind == "int":
        return rng.randrange(0, 50)
    if crf_field.kind == "dec":
        return (
            Decimal(rng.randrange(int(crf_field.hard.low * 10), 1 + int(min(crf_field.hard.high, 100) * 10)))
            / 10
        )
    return rng.choice([None, "T01", "T02", "N01", "N09"])


def _spots(book: Casebook) -> list[Place]:
    """Every field of the casebook that is read."""
    found = []
    for one in book:
        found += [Place(one.form, one.key, name) for name in FIELDS.get(one.key, ())]
        for section, rows in one.rows.items():
            names = FIELDS.get(f"{one.key}/{section}", ())
            found += [
                Place(one.form, one.key, f"{section}:{row.row}/{name}") for row in rows for name in names
            ]
    return [spot for spot in found if _field(spot).kind != "multi"]


def _field(spot: Place) -> Any:
    return field_at(form_def(spot.key), spot.path)


def _outside(outcome: str, found: Reach) -> list[tuple[str, str]]:
    pairs = zip(PLACES, outcome, found.values, strict=True)
    return [place for place, letter, values in pairs if letter not in values]


CASES = [(operated, CUTOFF), (waiting, CUTOFF), (waiting, dt.date(2026, 3, 20))]


@pytest.mark.parametrize(("make", "cutoff"), CASES)
def test_no_single_answer_leaves_the_reach(make: Any, cutoff: dt.date) -> None:
    """Random answers at every field that is read: the outcome is among those computed, and only where the item counts."""
    rng = random.Random(20261101)
    book = make()
    tried = 0
    for spot in rng.sample(_spots(book), 16):
        made = Resolver(cutoff, DEFAULTS, dt.date(2026, 12, 31), asked=[spot])
        item = made.item("q", spot, book)
        found = reachable(book, [item] if item else [], made.outcome)
        for _ in range(5):
            outcome = made.outcome(changed(book, spot, _random_value(rng, _field(spot)), {}))
            if outcome is not None:
                assert not _outside(outcome, found), spot
                moved = [
                    place for place, old, new in zip(PLACES, found.now, outcome, strict=True) if old != new
                ]
                assert item or not moved
                assert not [place for place in moved if item and not item.assume(*place)], spot
                tried += 1
    assert tried > 5


@pytest.mark.parametrize(("make", "cutoff"), CASES)
def test_no_two_answers_leave_the_reach(make: Any, cutoff: dt.date) -> None:
    """Random pairs of questions with random answers: computed together or assumed, never too narrow."""
    rng = random.Random(20261102)
    book = make()
    spots = _spots(book)
    tried = 0
    for _ in range(6):
        pair = rng.sample(spots, 2)
        made = Resolver(cutoff, DEFAULTS, dt.date(2026, 12, 31), asked=pair)
        items = [item for n, spot in enumerate(pair) if (item := made.item(str(n), spot, book))]
        found = reachable(book, items, made.outcome, limit=60)
        for _answers in range(8):
            one = book
            for spot in pair:
                one = changed(one, spot, _random_value(rng, _field(spot)), {})
            outcome = made.outcome(one)
            if outcome is not None:
                assert not _outside(outcome, found), pair
                tried += 1
    assert tried > 3
