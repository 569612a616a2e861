"""What the limits say of values that are typed and not stored, in the shape in which stored findings are shown."""

from __future__ import annotations

from collections.abc import Mapping

from .lookups import Surroundings
from .models import FindingState, Severity
from .registry import FormDef
from .selectors.findings import ShownFinding
from .services.checking import SoftFinding, check
from .sheets import Sheet

ByPath = dict[str, list[ShownFinding]]
LIMIT = "soft:"  # how the rule of a field's own limit begins


def told(
    definition: FormDef, sheet: Sheet, around: Surroundings, standing: Mapping[str, list[ShownFinding]]
) -> tuple[dict[str, str], ByPath]:
    """(hard limits, findings), by path. What was confirmed stays so while its value is the same.

    `standing` is what is stored; findings of the checks stay until the save runs the checks again.
    """
    checked = check(definition, sheet, around)
    found: ByPath = {}
    for path, lines in standing.items():
        if kept := [one for one in lines if not one.rule.startswith(LIMIT)]:
            found[path] = kept
    for soft in checked.soft:
        found.setdefault(soft.path, []).append(_as_stored(standing.get(soft.path, []), soft))
    return dict(checked.hard), found


def _as_stored(standing: list[ShownFinding], soft: SoftFinding) -> ShownFinding:
    same = (one for one in standing if (one.rule, one.found) == (soft.rule, soft.value))
    return next(
        same,
        ShownFinding(soft.path, soft.rule, Severity.SOFT, soft.message, FindingState.OPEN, "", soft.value),
    )
