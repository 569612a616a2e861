"""The critical fields: each name exists in the book and is entered by a person; what a risk-based plan must hold is there."""

from __future__ import annotations

import pytest

from crf.critical import ALWAYS, Why, critical, has_critical, is_critical, reasons, registered
from crf.fields import CrfField
from crf.registry import form_def


def fields_at(place: str) -> dict[str, CrfField]:
    form, _sep, section = place.partition("/")
    definition = form_def(form)
    return {
        f.name: f for f in (definition.section(section).fields if section else definition.fields.values())
    }


@pytest.mark.parametrize("place", ALWAYS)
def test_each_name_is_entered_in_the_book(place: str) -> None:
    why, names = ALWAYS[place]
    assert why in Why and len(set(names)) == len(names) > 0
    known = fields_at(place)
    assert [name for name in names if name not in known or known[name].derived] == []


def test_what_the_endpoints_read_exists() -> None:
    """Calculated names among them are read, and not compared with a source."""
    for place, names in registered().items():
        known = fields_at(place)
        assert set(names) <= set(known), place
        form, _sep, section = place.partition("/")
        entered = {name for name in names if not known[name].derived}
        assert entered <= critical(form, section), place


@pytest.mark.parametrize(
    ("form", "section", "name", "why"),
    [
        ("ICF", "", "icf_dsstdat", (Why.ENDPOINT, Why.CONSENT)),
        ("IE", "IE1", "ieorres", (Why.ELIGIBILITY,)),
        ("TA", "TA2", "tl_diam", (Why.ENDPOINT,)),
        ("TA", "TA2", "tl_viable", (Why.ENDPOINT,)),
        ("TA", "TA4", "nl_firstdat", (Why.ENDPOINT,)),
        ("EC", "EC2", "ecdstxt", (Why.TREATMENT,)),
        ("EC", "EC3", "apa_dose", (Why.ENDPOINT, Why.TREATMENT)),
        ("SURG", "", "surg_prstdat", (Why.ENDPOINT,)),
        ("SURG", "", "surg_r", (Why.ENDPOINT,)),
        ("LPATH", "", "lp_r", (Why.ENDPOINT,)),
        ("AE1", "", "aetoxgr", (Why.SAFETY,)),
        ("AE1", "", "aeser", (Why.SAFETY,)),
        ("DTH", "", "dthdat", (Why.ENDPOINT, Why.SAFETY)),
        ("EOT", "", "eot_dsdecod", (Why.ENDPOINT, Why.DISPOSITION)),
        ("EOS", "", "eos_dsstdat", (Why.ENDPOINT, Why.DISPOSITION)),
    ],
)
def test_what_must_be_compared(form: str, section: str, name: str, why: tuple[Why, ...]) -> None:
    assert reasons(form, section)[name] == why
    assert is_critical(form, f"{section}:1/{name}" if section else name)


@pytest.mark.parametrize(
    ("form", "path", "expected"),
    [
        ("TA", "sum_recist", False), ("TA", "TA2:1/tl_locdtl", False), ("TA", "TA2:1", True), ("TA", "", True),
        ("MH", "", False), ("PREOP", "po_plandat", False), ("AE1", "sae_narr", False), ("LB", "LB2:3", False),
    ],
)  # fmt: skip
def test_what_is_not(form: str, path: str, expected: bool) -> None:
    assert is_critical(form, path) is expected


def test_a_form_without_any() -> None:
    assert has_critical("AE1") and not has_critical("AE")
