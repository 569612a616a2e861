"""T-4, Q-8: overall survival from the first dose, and from diagnosis as sensitivity."""

from __future__ import annotations

from endpoints.engine import codes
from endpoints.engine.dates import Dated
from endpoints.engine.ending import finish
from endpoints.engine.records import Records
from endpoints.engine.results import Duration
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, Steps, gettext_noop
from endpoints.engine.types import Course

ALIVE = gettext_noop("Last known alive on {date}.")
ALIVE_CAPPED = gettext_noop(
    "Last known alive on {date}, beyond the data cut-off, and therefore on the cut-off {cutoff}."
)
OS_START = gettext_noop("Counted from the first dose, {date}.")
OS_DEATH = gettext_noop("Died on {date}.")
OS_ALIVE = gettext_noop("Alive: no death up to {cutoff}.")
NO_DIAGNOSIS = gettext_noop("The date of diagnosis is not known.")
LATE_DIAGNOSIS = gettext_noop("The diagnosis of {date} is after the first dose of {first}; not computed.")
FROM_DIAGNOSIS = gettext_noop(
    "Counted from the diagnosis, {date}; at risk only from the first dose on, {first} (left truncation)."
)


def overall_survival(records: Records, start: Dated, settings: Settings, fas: Steps) -> Duration:
    """T-4: death, else last known alive; nothing else censors."""
    steps = (*fas, Step("T-4", OS_START, {"date": start.date}, (start.read,)))
    return _until_death(records, start, steps, settings)


def _until_death(records: Records, start: Dated, steps: Steps, settings: Settings) -> Duration:
    death, alive = records.death, records.alive
    if death is not None:
        imputed = (death.step,) if death.step else ()
        died = Step("T-4", OS_DEATH, {"date": death.date}, (death.read,))
        return finish(start, death, True, codes.DEATH, (*steps, *imputed, died), settings)
    none = Step("T-4", OS_ALIVE, {"cutoff": records.cutoff}, (records.until.read,))
    end = alive if alive and alive.date >= start.date else start
    params = {"date": end.read.value, "cutoff": records.cutoff}
    known = Step("G-6", ALIVE_CAPPED if records.alive_capped else ALIVE, params, (end.read,))
    return finish(start, end, False, codes.LAST_ALIVE, (*steps, none, known), settings)


def from_diagnosis(
    course: Course, records: Records, first_dose: Dated, settings: Settings, fas: Steps
) -> Duration:
    """Q-8: overall survival from diagnosis; entry at the first dose, because nobody was at risk before."""
    given = course.diagnosed
    if given is None:
        step = Step("Q-8", NO_DIAGNOSIS, {}, (Read("diagnosed", None),))
        return Duration(None, None, None, None, (*fas, step))
    read = Read("diagnosed", given)
    imputed = given.impute("mid", "M", not_after=course.enrolled)
    assert imputed is not None  # with `M` every partial date has a day
    start = Dated(imputed.date, codes.DIAGNOSIS, read, imputed.flag)
    if start.date > first_dose.date:
        params = {"date": given, "first": first_dose.date}
        return Duration(
            None, None, None, None, (*fas, Step("Q-8", LATE_DIAGNOSIS, params, (read, first_dose.read)))
        )
    params = {"date": start.date, "first": first_dose.date}
    steps = [*fas]
    if start.step:
        steps.append(start.step)
    steps.append(Step("Q-8", FROM_DIAGNOSIS, params, (read, first_dose.read)))
    made = _until_death(records, start, tuple(steps), settings)
    return Duration(made.start, made.end, made.event, made.name, made.steps, entry=first_dose.date)
