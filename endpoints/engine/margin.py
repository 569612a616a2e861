"""R0-1, R0-2: the margin of a resection (docs/endpoint-additions.md)."""

from __future__ import annotations

from endpoints.engine import codes
from endpoints.engine.codes import PENDING, N, Y
from endpoints.engine.records import Records
from endpoints.engine.results import Answer
from endpoints.engine.steps import Read, Step, Steps, gettext_noop

NOT_RESECTED = gettext_noop("No resection up to the cut-off {cutoff}: not in the population.")
RESECTED = gettext_noop("Resected on {date}; the margin decides.")
MARGIN = gettext_noop("The margin is {margin}: {value}.")
NO_MARGIN = gettext_noop("The margin is not known yet.")
NO_MARGIN_FINAL = gettext_noop("Final analysis: the margin is not known.")


def complete_resection(records: Records, final: bool, fas: Steps) -> Answer:
    """R0 among the resected. RX (cannot be assessed) is not R0."""
    cutoff = records.until.read
    if records.resection is None:
        return Answer(None, (*fas, Step("R0-1", NOT_RESECTED, {"cutoff": records.cutoff}, (cutoff,))))
    steps = (*fas, Step("R0-1", RESECTED, {"date": records.resection.date}, (records.resection.read,)))
    read = Read("surgery.margin", records.margin)
    if records.margin is None:
        value, message = (N, NO_MARGIN_FINAL) if final else (PENDING, NO_MARGIN)
        return Answer(value, (*steps, Step("R0-2", message, {}, (read,))))
    value = Y if records.margin == codes.R0 else N
    params = {"margin": records.margin, "value": value}
    return Answer(value, (*steps, Step("R0-2", MARGIN, params, (read,))))
