"""Many released cases written straight into the tables: for statistics, and for measuring them.

What only services can make true (the trail, findings) is not there. The values follow from a fixed seed.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal
from itertools import cycle
from typing import Any

from crf.models import (
    CentralNodule,
    CentralReading,
    CentralResult,
    FormInstance,
    LocalNodule,
    LocalPathology,
)
from participants.models import Participant, Visit
from pathology.models import PathologyCase, Reading
from pathology.recorded import texts
from tests.integration.pathology.conftest import answers
from trialsite.accounts.models import Site, User

START = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
WHOLE = Decimal("0.000001")


def cases_made(
    pairs: Sequence[tuple[float, float]],
    readers: Sequence[tuple[User, User]],
    adjudicator: User,
    *,
    seed: int = 1,
) -> list[PathologyCase]:
    """One released case for each pair of values; readers take turns. Adjudicated by D-24, to the mean of the two."""
    lot = random.Random(seed)
    site = Site.objects.get(number="01")
    made = Participant.objects.count()
    numbers = [f"01-{made + n:05}" for n in range(100, 100 + len(pairs))]
    people = Participant.objects.bulk_create(
        [Participant(site=site, number=n, data_version=1) for n in numbers]
    )
    visits = Visit.objects.bulk_create([Visit(participant=p, code="CPATH", order=9000) for p in people])
    cases = PathologyCase.objects.bulk_create(
        [
            PathologyCase(participant=p, code=f"P-T{p.pk:05}", state="RELEASED", opened_at=START)
            for p in people
        ]
    )
    _Tables(people, visits, cases, readers, adjudicator, lot).write(pairs)
    return cases


class _Tables:
    def __init__(
        self, people: Any, visits: Any, cases: Any, readers: Any, adjudicator: User, lot: random.Random
    ) -> None:
        self.people, self.visits, self.cases = people, visits, cases
        self.readers, self.adjudicator, self.lot = readers, adjudicator, lot
        self.sheets: list[Any] = []

    def write(self, pairs: Sequence[tuple[float, float]]) -> None:
        plan = []
        turns = cycle(self.readers)
        for place, (one, two) in enumerate(pairs):
            need = abs(one - two) > 10 or (one <= 10) != (two <= 10) or (one == 0) != (two == 0)
            final = (one + two) / 2
            first, second = next(turns)
            lines = [("R1", first, one), ("R2", second, two)] + (
                [("ADJ", self.adjudicator, final)] if need else []
            )
            plan.append((place, need, final, lines))
        self._readings(plan)
        self._results(plan)
        self._local(plan)

    def _forms(self, wanted: Sequence[tuple[int, str, int]]) -> list[FormInstance]:
        return FormInstance.objects.bulk_create(
            [
                FormInstance(
                    participant=self.people[place], visit=self.visits[place], form_key=key, repeat=repeat,
                    status="COMPLETE", required="C", version=1,
                )
                for place, key, repeat in wanted
            ]
        )  # fmt: skip

    def _readings(self, plan: Any) -> None:
        flat = [
            (place, slot, who, value) for place, _need, _final, lines in plan for slot, who, value in lines
        ]
        slots = {"R1": 1, "R2": 2, "ADJ": 3}
        forms = self._forms([(place, "CPATH", slots[slot]) for place, slot, _who, _value in flat])
        CentralReading.objects.bulk_create(
            [
                CentralReading(
                    form=form, cp_adeq="ADEQUATE", cp_reader=slot, cp_rvt_case=Decimal(str(value)).quantize(WHOLE),
                    cp_mpr="Y" if value <= 10 else "N", cp_pcr="Y" if value == 0 else "N",
                )
                for form, (_place, slot, _who, value) in zip(forms, flat, strict=True)
            ]
        )  # fmt: skip
        CentralNodule.objects.bulk_create(
            [
                CentralNodule(form=form, row=1, cpn_no=1, cpn_len=40, cpn_wid=30, cpn_rvt=value, cpn_nec=100 - value, cpn_str=0)
                for form, (_place, _slot, _who, value) in zip(forms, flat, strict=True)
            ]
        )  # fmt: skip
        Reading.objects.bulk_create(
            [
                Reading(
                    case=self.cases[place], slot=slot, form=form, reader=who, allocated_at=START, taken_at=START,
                    submitted_at=START + dt.timedelta(hours=place), confidence=self.lot.choice(("HIGH", "MODERATE", "LOW")),
                    seconds=300 + 60 * (place % 7), opinion=opinion_texts(int(value)) if slot == "ADJ" else {},
                )
                for form, (place, slot, who, value) in zip(forms, flat, strict=True)
            ]
        )  # fmt: skip

    def _results(self, plan: Any) -> None:
        forms = self._forms([(place, "CPATHF", 1) for place, *_rest in plan])
        CentralResult.objects.bulk_create(
            [
                CentralResult(
                    form=form, cpf_adj_need="Y" if need else "N", cpf_adj_reas="RVT_DIFF, MPR_DISC" if need else "",
                    cpf_rvt=Decimal(str(final)).quantize(WHOLE), cpf_mpr="Y" if final <= 10 else "N",
                    cpf_pcr="Y" if final == 0 else "N", cpf_dat=START.date(),
                )
                for form, (_place, need, final, _lines) in zip(forms, plan, strict=True)
            ]
        )  # fmt: skip

    def _local(self, plan: Any) -> None:
        """Local values: four points higher, and thirty for every tenth case."""
        forms = self._forms([(place, "LPATH", 1) for place, *_rest in plan])
        values = [min(final + (30 if place % 10 == 9 else 4), 100) for place, _need, final, _lines in plan]
        LocalPathology.objects.bulk_create(
            [
                LocalPathology(
                    form=form, lp_rvt_case=Decimal(str(value)).quantize(Decimal("0.1")), lp_mvi="M0", lp_satellite="N",
                    lp_macro="N", lp_ln_pos=0, lp_margin="NEG",
                )
                for form, value in zip(forms, values, strict=True)
            ]
        )  # fmt: skip
        LocalNodule.objects.bulk_create(
            [
                LocalNodule(form=form, row=1, lpn_no=1, lpn_rvt=value)
                for form, value in zip(forms, values, strict=True)
            ]
        )


def opinion_texts(viable: int) -> dict[str, str]:
    """What an adjudicator, or a re-read, answered, as it is kept."""
    from crf.registry import form_def
    from crf.sheets import Sheet
    from crf.typed import as_sheet

    typed = answers(str(viable))
    return texts(as_sheet(Sheet("CPATH"), typed, form_def("CPATH")))


def again(case: PathologyCase, viable: int, *, days: int) -> Reading:
    """A re-read of the first reader's reading, handed in so many days after the first case was opened."""
    first = case.readings.get(slot="R1")
    made = PathologyCase.objects.create(
        participant=case.participant,
        code=f"P-A{case.pk:05}",
        state="RELEASED",
        opened_at=START,
        reread_of=case,
    )
    at = START + dt.timedelta(days=days)
    return Reading.objects.create(
        case=made, slot="R1", reader=first.reader, allocated_at=at, taken_at=at, submitted_at=at, version=1,
        content=opinion_texts(viable), confidence="HIGH", seconds=200,
    )  # fmt: skip
