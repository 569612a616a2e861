"""The grammar of conditions, as a table: text, answers, what it says."""

from __future__ import annotations

from typing import Any

import pytest

from crf.conditions import ConditionError, Requirement, holds, names, parse, specialised
from crf.registry import forms, parts

Answers = dict[str, Any]

TABLE: list[tuple[str, Answers, bool]] = [
    ("icf_yn=Y", {"icf_yn": "Y"}, True),
    ("icf_yn=Y", {"icf_yn": "N"}, False),
    ("icf_yn=Y", {}, False),
    # an unanswered field makes every comparison false, `!=` too
    ("hcc_prior!=NONE", {}, False),
    ("hcc_prior!=NONE", {"hcc_prior": ("TACE",)}, True),
    ("comp_cd!=I", {"comp_cd": "I"}, False),
    ("comp_cd!=I", {"comp_cd": "II"}, True),
    ("su_tob in CURRENT,FORMER", {"su_tob": "FORMER"}, True),
    ("su_tob in CURRENT,FORMER", {"su_tob": "NEVER"}, False),
    ("su_tob in CURRENT, FORMER", {"su_tob": "FORMER"}, True),
    # several answers
    ("hcc_aetiology has OTHER", {"hcc_aetiology": ("HBV", "OTHER")}, True),
    ("hcc_aetiology has OTHER", {"hcc_aetiology": ("HBV",)}, False),
    ("hcc_aetiology in OTHER,HBV", {"hcc_aetiology": ("HBV",)}, True),
    ("ss_event_site has any IH_", {"ss_event_site": ("LUNG", "IH_SAME")}, True),
    ("ss_event_site has any IH_", {"ss_event_site": ("LUNG",)}, False),
    # numbers
    ("ta_no>0", {"ta_no": 0}, False),
    ("ta_no>0", {"ta_no": 1}, True),
    ("ta_no=0", {"ta_no": 0}, True),
    ("cpn_rvt=0", {"cpn_rvt": 0.0}, True),
    ("cpn_rvt=0", {"cpn_rvt": 8}, False),
    ("ec_delay>=3", {"ec_delay": 3}, True),
    ("ec_delay<=3", {"ec_delay": 4}, False),
    ("ec_delay<3", {"ec_delay": 2}, True),
    # another field, a setting
    ("ie_milan_inv!=ie_milan_calc", {"ie_milan_inv": "WITHIN", "ie_milan_calc": "BEYOND"}, True),
    ("ie_milan_inv!=ie_milan_calc", {"ie_milan_inv": "WITHIN", "ie_milan_calc": "WITHIN"}, False),
    ("ie_milan_inv!=ie_milan_calc", {"ie_milan_inv": "WITHIN"}, False),
    ("ec_delay>cfg.cycle_window_days", {"ec_delay": 4, "cfg.cycle_window_days": 3}, True),
    ("ec_delay>cfg.cycle_window_days", {"ec_delay": 3, "cfg.cycle_window_days": 3}, False),
    # answered
    ("da_retdat", {"da_retdat": "2024-04-18"}, True),
    ("da_retdat", {}, False),
    ("tl_diam answered", {"tl_diam": 0}, True),
    ("times known", {"ecsttim": "09:00", "ecentim": "11:00"}, True),
    ("times known", {"ecsttim": "09:00"}, False),
    # and, or, not, parentheses; `and` binds closer than `or`
    ("a=1 or b=1 and c=1", {"a": "1"}, True),
    ("a=1 or b=1 and c=1", {"b": "1"}, False),
    ("(a=1 or b=1) and c=1", {"a": "1"}, False),
    ("(a=1 or b=1) and c=1", {"b": "1", "c": "1"}, True),
    ("not a=1", {}, True),
    ("not (a=1 and b=2)", {"a": "1", "b": "2"}, False),
    ("surg_proccur=Y and alive", {"surg_proccur": "Y", "@died_in_stay": "N"}, True),
    ("surg_proccur=Y and alive", {"surg_proccur": "Y", "@died_in_stay": "Y"}, False),
    (
        "surg_proccur=Y and alive",
        {"surg_proccur": "Y", "@died_in_stay": "Y", "surg_dischdat": "2024-06-14"},
        True,
    ),
    ("surgery done", {"@surgery_done": "Y"}, True),
    ("always", {}, True),
    (
        "tl_diam answered and ta_contrast=Y and not (tl_loc=LIVER and baseline tl_enh=ATYPICAL)",
        {"tl_diam": 20, "ta_contrast": "Y", "tl_loc": "LIVER", "@baseline_tl_enh": "TYPICAL"},
        True,
    ),
    (
        "tl_diam answered and ta_contrast=Y and not (tl_loc=LIVER and baseline tl_enh=ATYPICAL)",
        {"tl_diam": 20, "ta_contrast": "Y", "tl_loc": "LIVER", "@baseline_tl_enh": "ATYPICAL"},
        False,
    ),
    ("ecadj or ecreasoc in AE_HEM,AE_NONHEM,AE_IR", {"ecreasoc": "AE_HEM"}, True),
    ("ecadj or ecreasoc in AE_HEM,AE_NONHEM,AE_IR", {"ecadj": "WEIGHT"}, False),
    ("any inv != calc", {"ta_no": 1, "tresp_r_inv": "PR", "tresp_r_calc": "SD"}, True),
    ("any inv != calc", {"ta_no": 1, "tresp_r_inv": "SD", "tresp_r_calc": "SD"}, False),
    ("any inv != calc", {"ta_no": 0, "tresp_r_inv": "PR", "tresp_r_calc": "SD"}, False),
]


@pytest.mark.parametrize(("text", "answers", "said"), TABLE)
def test_what_a_condition_says(text: str, answers: Answers, said: bool) -> None:
    assert holds(parse(text), answers.get) is said


@pytest.mark.parametrize(("text", "answers", "said"), TABLE)
def test_the_browser_s_tree_says_the_same(text: str, answers: Answers, said: bool) -> None:
    """What is not on the page becomes a constant; what is stays a question."""
    tree = parse(text)
    for on_page in (set(), names(tree), {name for name in names(tree) if name < "m"}):
        left = specialised(tree, on_page, answers.get)
        assert names(left) <= on_page | {n for n in names(left) if n not in names(tree)}
        assert holds(left, lambda name, shown=on_page: answers.get(name) if name in shown else None) is said


@pytest.mark.parametrize("text", ["a=", "(a=1", "a=1 b=2", "a ~ 1", "a=1)"])
def test_what_cannot_be_read_is_refused_at_start(text: str) -> None:
    with pytest.raises((ConditionError, IndexError)):
        parse(text)


@pytest.mark.parametrize(
    ("text", "optional", "conditional"),
    [("R", False, False), ("O", True, False), ("C: a=1", False, True), ("CO: a=1", True, True)],
)
def test_the_required_column(text: str, optional: bool, conditional: bool) -> None:
    read = Requirement.read(text)
    assert (read.optional, read.when is not None) == (optional, conditional)


@pytest.mark.parametrize("text", ["", "X", "C:", "R: a=1"])
def test_no_requirement(text: str) -> None:
    with pytest.raises(ConditionError):
        Requirement.read(text)


def test_every_condition_of_the_forms_reads_names_that_exist() -> None:
    from crf.facts import FACTS
    from crf.lookups import OF_THE_SHEET
    from trialsite.kernel.study import study

    for definition in [*forms().values(), *parts().values()]:
        own = {field.name for section in definition.sections for field in section.fields}
        for section in definition.sections:
            for field in section.fields:
                for name in names(field.requirement.when):
                    known = name in own or name in FACTS or name.removeprefix("@baseline_") in own
                    known = known or name in OF_THE_SHEET
                    if name.startswith("cfg."):
                        known = study()[name.removeprefix("cfg.")] is not None
                    assert known, f"{definition.code}.{field.name} reads {name}"
