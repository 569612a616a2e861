"""The question at the head of a log and the lines of the log say the same."""

from __future__ import annotations

from django.utils.translation import ngettext

from crf.models import FormInstance
from crf.schedule import LINES_OF
from crf.sheets import Sheet


def contradiction(form: FormInstance, sheet: Sheet) -> dict[str, str]:
    """Path → message when the head says No while lines are in the log; to say Yes before the first line is no error."""
    part, question = LINES_OF.get(form.form_key), f"{form.form_key.lower()}yn"
    if part is None or sheet.get(question) != "N":
        return {}
    lines = FormInstance.objects.filter(
        participant_id=form.participant_id, form_key=part, active=True, version__gt=0
    )
    if not (n := lines.count()):
        return {}
    message = ngettext(
        "The log has %(n)s line, so the answer is Yes. Take the line out first if it is wrong.",
        "The log has %(n)s lines, so the answer is Yes. Take the lines out first if they are wrong.",
        n,
    )
    return {question: message % {"n": n}}
