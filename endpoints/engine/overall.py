"""Section 2.6, M-15: the overall response at a time point. First match wins."""

from __future__ import annotations

from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.codes import CR, NE, NO, NON, PD, PR, SD, UNKNOWN, YES
from endpoints.engine.steps import Read, Step, gettext_noop


class Row(NamedTuple):
    """One row of the response table; an empty set matches anything, None is "none at baseline"."""

    rule: str
    target: frozenset[str | None]
    nontarget: frozenset[str | None]
    new: frozenset[str]
    overall: str
    message: str


ANY: frozenset[str | None] = frozenset()
NONE: frozenset[str | None] = frozenset({None})
ANY_NEW: frozenset[str] = frozenset()


def _is(*values: str | None) -> frozenset[str | None]:
    return frozenset(values)


TARGET_PD = gettext_noop("Overall response PD: the target response is PD.")
NONTARGET_PD = gettext_noop("Overall response PD: the non-target response is PD.")
NEW_PD = gettext_noop("Overall response PD: there is a new lesion.")
NEW_UNKNOWN = gettext_noop(
    "Overall response NE: new lesions cannot be excluded and nothing else shows progression."
)
TARGET_CR = gettext_noop("Overall response CR: targets CR, non-targets {nontarget}.")
TARGET_CR_ONLY = gettext_noop("Overall response PR: targets CR, but non-targets {nontarget}.")
BY_TARGET = gettext_noop("Overall response {target}, as the target response.")
BY_NONTARGET = gettext_noop(
    "Overall response {nontarget}, as the non-target response; there is no target lesion."
)
NOTHING = gettext_noop("Overall response NE: neither target nor non-target lesion at baseline.")

TABLE = (
    Row("R-70", _is(PD), ANY, ANY_NEW, PD, TARGET_PD),
    Row("R-70", ANY, _is(PD), ANY_NEW, PD, NONTARGET_PD),
    Row("R-70", ANY, ANY, frozenset({YES}), PD, NEW_PD),
    Row("R-73", ANY, ANY, frozenset({UNKNOWN}), NE, NEW_UNKNOWN),
    Row("R-71", _is(CR), _is(CR, None), frozenset({NO}), CR, TARGET_CR),
    Row("R-70", _is(CR), ANY, frozenset({NO}), PR, TARGET_CR_ONLY),
    Row("R-70", _is(PR), ANY, frozenset({NO}), PR, BY_TARGET),
    Row("R-70", _is(SD), ANY, frozenset({NO}), SD, BY_TARGET),
    Row("R-70", _is(NE), ANY, frozenset({NO}), NE, BY_TARGET),
    Row("R-70", NONE, _is(CR), frozenset({NO}), CR, BY_NONTARGET),
    Row("R-70", NONE, _is(NON), frozenset({NO}), NON, BY_NONTARGET),
    Row("R-70", NONE, _is(NE), frozenset({NO}), NE, BY_NONTARGET),
    Row("R-72", NONE, NONE, frozenset({NO}), NE, NOTHING),
)


def _find(target: str | None, nontarget: str | None, new: str) -> Row:
    return next(
        row
        for row in TABLE
        if (not row.target or target in row.target)
        and (not row.nontarget or nontarget in row.nontarget)
        and (not row.new or new in row.new)
    )


LOOKUP: dict[tuple[str | None, str | None, str], Row] = {
    (target, nontarget, new): _find(target, nontarget, new)
    for target in (*codes.TARGET_RESPONSES, None)
    for nontarget in (*codes.NONTARGET_RESPONSES, None)
    for new in codes.NEW_ANSWERS
}


def overall_response(
    target: str | None, nontarget: str | None, new: str, reads: tuple[Read, ...] = ()
) -> tuple[str, Step]:
    """One row of the response table, with its reason."""
    row = LOOKUP[target, nontarget, new]
    return row.overall, Step(
        row.rule, row.message, {"target": target, "nontarget": nontarget, "new": new}, reads
    )
