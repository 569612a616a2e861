"""What a reading must satisfy before it is submitted, beyond the limits of its fields. By path, as at the field."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from crf.typed import Typed, TypedRow, row_path

PARTS = ("cpn_rvt", "cpn_nec", "cpn_str")
TOLERANCE = Decimal("0.05")


def refusals(typed: Typed) -> dict[str, str]:
    """Errors of a reading that is to be submitted. What is only required is told by the form itself."""
    rows = [row for row in typed.rows.get("CP2", ()) if not row.remove and not row.empty]
    if typed.values.get("cp_adeq") == "INADEQUATE":
        message = _("Inadequate slides are not scored: remove this row.")  # CK-248
        return {row_path("CP2", row.key, "cpn_no"): message for row in rows}
    found: dict[str, str] = {}
    if typed.values.get("cp_adeq") and not rows:
        found["cp_adeq"] = _("Add at least one nodule, or say that the slides are inadequate.")  # G-39
    numbers = [row.values.get("cpn_no") for row in rows]
    for row in rows:
        found |= _nodule(row, numbers)
    return found


def _nodule(row: TypedRow, numbers: list[int | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    shares = [row.values.get(name) for name in PARTS]
    known = [share for share in shares if share is not None]
    if len(known) == len(PARTS) and abs(sum(known, Decimal(0)) - 100) > TOLERANCE:  # CK-243, P-1
        found[row_path("CP2", row.key, "cpn_rvt")] = _(
            "Viable tumour + necrosis + stroma must equal 100 %%; this is %(sum)s %%."
        ) % {"sum": format(sum(known, Decimal(0)).normalize(), "f")}
    number = row.values.get("cpn_no")
    if number is not None and numbers.count(number) > 1:
        found[row_path("CP2", row.key, "cpn_no")] = _("Another row has this nodule number.")
    return found
