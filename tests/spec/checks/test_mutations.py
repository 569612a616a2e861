"""Participant 01-003 and its mutations (crf-book 6.8): unchanged it is consistent with every check; each change fires
the checks that the book names for it.

A change of one fact is no isolated event: what else it truly contradicts stands in `also`, and nothing else may fire.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest

from crf.checks import CHECKS, Folder
from tests.participant_01_003 import Page, pages

from .whole import Found, derive, findings, folder

Pages = dict[str, Page]
Change = Callable[[Pages], None]

# 6: "soft range queries are expected only for truly unusual values". TSH 14.6 of 6.3 is one as well (usual: 0.1-10).
EXPECTED = {
    ("CK-080", "LB/UNS2/HEM", "LB2:2/lborres"),  # NEUT 0.92
    ("CK-080", "LB/POD1/HEM", "LB2:2/lborres"),  # NEUT 11.9
    ("CK-080", "LB/POD1/CHEM", "LB2:11/lborres"),  # ALT 312
    ("CK-080", "LB/POD1/CHEM", "LB2:12/lborres"),  # AST 287
    ("CK-080", "LB/ADJ3/THY", "LB2:40/lborres"),  # TSH 14.6
}


@cache
def unchanged() -> tuple[Folder, Found]:
    whole = folder(pages())
    return whole, findings(whole)


def test_every_check_has_its_function() -> None:
    assert list(CHECKS) and len(CHECKS) == 337


def test_unchanged_has_no_hard_finding_and_only_the_soft_ones_that_the_book_expects() -> None:
    _whole, found = unchanged()
    assert found == EXPECTED
    assert not [id for id, _page, _path in found if CHECKS[id].hard]


def test_derived_values_rest_on_what_was_derived_before() -> None:
    """One round of calculation is enough: a second one changes nothing."""
    whole, _found = unchanged()
    before = deepcopy(list(whole.book))
    derive(whole.book)
    assert list(whole.book) == before


# --- the changes ----------------------------------------------------------------------------------------------------


def having(name: str, **values: str | None) -> Change:
    def change(found: Pages) -> None:
        found[name] = found[name].having(**values)

    return change


def row(name: str, section: str, number: int, **values: str | None) -> Change:
    def change(found: Pages) -> None:
        found[name] = found[name].with_row(section, number, **values)

    return change


def system(name: str, **values: str) -> Change:
    """What nobody can type."""

    def change(found: Pages) -> None:
        page = found[name]
        found[name] = replace(page, system={**page.system, **values})

    return change


def without(name: str) -> Change:
    def change(found: Pages) -> None:
        del found[name]

    return change


def without_row(name: str, section: str, number: int) -> Change:
    def change(found: Pages) -> None:
        lines = [*found[name].rows[section]]
        lines[number - 1] = None
        found[name] = replace(found[name], rows={**found[name].rows, section: lines})

    return change


def added(page: Page) -> Change:
    def change(found: Pages) -> None:
        found[page.name] = page

    return change


def first_dose(day: str) -> list[Change]:
    end = f"{day[:8]}{int(day[8:]) + 2:02}"
    return [
        having("EC/C1", ec_d1dat=day),
        *(row("EC/C1", "EC2", n, ecstdat=day, ecendat=end if n == 4 else day) for n in (1, 2, 4, 5)),
        row("EC/C1", "EC3", 1, apa_ecstdat=day),
    ]


THIRD = {
    "tl_lnkid": "T03", "tl_loc": "LIVER", "tl_locdtl": "S6", "tl_node": "N", "tl_state": "MEASURED", "tl_diam": "12.0",
    "tl_viable": "12.0",
}  # fmt: skip
DEATH = Page("DTH", values={
    "dthdat": "2025-01-01", "dth_cause": "HCC", "dth_cause_txt": "Progression", "dth_rel": "UNRELATED",
    "dth_place": "N", "dth_autopsy": "N", "dth_source": "FAMILY",
})  # fmt: skip


class Mutation(NamedTuple):
    """A line of 6.8: what is changed, the checks that it names, and what the change contradicts besides."""

    what: str
    changes: list[Change]
    named: set[str]
    also: set[str] = set()


MUTATIONS = [
    # Before enrolment and baseline scan as well; windows and the plan of C2 follow C1D1.
    Mutation(
        "C1D1 2024-03-03",
        first_dose("2024-03-03"),
        {"CK-116"},
        also={"CK-002", "CK-018", "CK-019", "CK-101", "CK-117", "CK-123", "CK-166"},
    ),
    # The baseline visit of 2024-03-12 would come after the first dose.
    Mutation("C1D1 2024-03-11", first_dose("2024-03-11"), {"CK-117"}, also={"CK-018", "CK-019"}),
    # All criteria are still answered as met, and treatment was given.
    Mutation(
        "not eligible but enrolled", [having("IE/SCR", ieyn="N")], {"CK-024"}, also={"CK-023", "CK-118"}
    ),
    # Stages, the baseline scan and its lesions still speak of two tumours, the larger of 82 mm.
    Mutation(
        "one nodule of 48 mm",
        [
            having("HCC/SCR", hcc_nodcount="1", hcc_maxdiam="48.0"),
            row("HCC/SCR", "HCC3", 1, nod_diam="48.0"),
            without_row("HCC/SCR", "HCC3", 2),
        ],
        {"CK-032"},
        also={"CK-034", "CK-035", "CK-044", "CK-054", "CK-199"},
    ),
    # CK-226 is the rule for the local bed, CK-243 for the central one: the same slip in both.
    Mutation(
        "bed 1: 8 + 70 + 20 %",
        [
            row("CPATH/CPATH", "CP2", 1, cpn_rvt="8", cpn_nec="70", cpn_str="20"),
            row("LPATH/LPATH", "LP3", 1, lpn_rvt="8", lpn_nec="70", lpn_str="20"),
        ],
        {"CK-226", "CK-243"},
    ),
    Mutation("T03 added at TA1", [row("TA/TA1", "TA2", 3, **THIRD | {"tl_loc": "LUNG"})], {"CK-174"}),
    # The later assessments lack it: no sums, no derived response; burden and specimen count two.
    Mutation(
        "third liver target at baseline",
        [row("TA/SCR", "TA2", 3, **THIRD, tl_enh="TYPICAL")],
        {"CK-169"},
        also={"CK-174", "CK-195", "CK-196", "CK-199", "CK-228"},
    ),
    Mutation("viable 60 mm of 55 mm", [row("TA/TA2", "TA2", 1, tl_viable="60.0")], {"CK-178"}),
    Mutation(
        "TA1 called PR without comment", [having("TA/TA1", tresp_r_inv="PR", ovresp_r_inv="PR")], {"CK-195"}
    ),
    Mutation("oxaliplatin 300 mg", [row("EC/C1", "EC2", 1, ecdstxt="300")], {"CK-134", "CK-135"}),
    Mutation("camrelizumab 160 mg", [row("EC/C2", "EC2", 5, ecdstxt="160")], {"CK-136"}),
    # Twice the planned dose.
    Mutation(
        "levofolinate 730 mg", [row("EC/C1", "EC2", 2, ecdstxt="730")], {"CK-144"}, also={"CK-134", "CK-135"}
    ),
    # The doses given no longer fit the plan.
    Mutation("body surface 1.95", [having("EC/C1", ec_bsa="1.95")], {"CK-127"}, also={"CK-134"}),
    Mutation("apatinib periods overlap", [row("EC/C1", "EC3", 2, apa_ecstdat="2024-04-05")], {"CK-157"}),
    Mutation("apatinib period 2 deleted", [without_row("EC/C1", "EC3", 2)], {"CK-158"}),
    # All windows that hang on surgery; doses on the eve of surgery and after it; the board met later.
    Mutation(
        "surgery 2024-05-03",
        [having("SURG/SURG", surg_prstdat="2024-05-03")],
        {"CK-206"},
        also={"CK-018", "CK-019", "CK-152", "CK-161", "CK-162", "CK-191", "CK-208"},
    ),
    # The end of treatment tells of 2024-05-15.
    Mutation(
        "last apatinib 2024-05-25",
        [row("EC/C1", "EC3", 3, apa_ecendat="2024-05-25")],
        {"CK-161"},
        also={"CK-309", "CK-310"},
    ),
    Mutation("discharge 2024-05-29", [having("SURG/SURG", surg_dischdat="2024-05-29")], {"CK-213"}),
    Mutation("no liver failure", [having("SURG/SURG", surg_phlf="NONE")], {"CK-218"}),
    # Outside the window of the report.
    Mutation(
        "report 2024-05-28", [having("LPATH/LPATH", lp_midat="2024-05-28")], {"CK-223"}, also={"CK-018"}
    ),
    # CK-229 is the rule for the local report, CK-247 for the central reading: the same slip in both.
    Mutation(
        "M1 without MVI",
        [
            having("LPATH/LPATH", lp_mvi="M1", lp_mvi_far="N"),
            having("CPATH/CPATH", cp_mvi="M1", cp_mvi_far="N"),
        ],
        {"CK-229", "CK-247"},
    ),
    Mutation(
        "one reader twice",
        [system("CPATH/CPATH/2", cp_user="user:11", cp_sign="user:11 2024-07-05T09:00:00Z")],
        {"CK-240"},
    ),
    # Without an adjudicator there is no final result.
    Mutation(
        "readings differ",
        [row("CPATH/CPATH/2", "CP2", 1, cpn_rvt="25", cpn_nec="50", cpn_str="25")],
        {"CK-250"},
        also={"CK-337"},
    ),
    Mutation("pleural effusion fatal", [having("AE1/12", aeout="FATAL")], {"CK-261"}),
    # Cycle 4 was given while it went on.
    Mutation("proteinuria grade 4", [having("AE1/10", aetoxgr="4")], {"CK-262"}, also={"CK-151"}),
    Mutation("neutropenia deleted", [without("AE1/6")], {"CK-092"}),
    Mutation("reported after three days", [having("AE1/12", sae_repdat="2024-06-06")], {"CK-266"}),
    # The treatment form knows no reduction.
    Mutation(
        "camrelizumab reduced", [system("AE1/6", aeacn_cam="DOSE_REDUCED")], {"CK-275"}, also={"CK-272"}
    ),
    Mutation("RCCEP of 14 mm", [having("AE1/4", rccep_maxmm="14.0")], {"CK-283"}),
    Mutation("death 2025-01-01", [added(DEATH)], {"CK-325"}),
]


@pytest.mark.parametrize("mutation", [pytest.param(one, id=one.what) for one in MUTATIONS])
def test_mutation(mutation: Mutation) -> None:
    found = {page.name: page for page in pages()}
    for change in mutation.changes:
        change(found)
    new = findings(folder(found.values())) - unchanged()[1]
    assert {id for id, _page, _path in new} == mutation.named | mutation.also, sorted(new)
