"""How forms and fields are addressed and called: the public address of a form, words for a path."""

from __future__ import annotations

from django.urls import reverse

from trialsite.kernel.texts import Text

from .analytes import panel_of
from .codelists import CODELISTS
from .fields import MISS
from .models import FormInstance
from .registry import FormDef, form_def
from .schedule import LINES_OF, visit_label

LOG_OF = {part: log for log, part in LINES_OF.items()}


def short(label: Text) -> Text:
    """A section's label without the book's note on its structure ("(repeating)")."""
    return Text(label.en.split(" (")[0], label.zh.split("(")[0].split("（")[0])


def label_of(definition: FormDef, path: str) -> str:
    """Words for a path: `TA2:3/tl_diam` → "Target lesions 3: RECIST diameter"."""
    head, _sep, name = path.removesuffix(MISS).rpartition("/")
    if not head:
        crf_field = definition.fields.get(name)
        return str(crf_field.label) if crf_field else name
    section_id, _sep, number = head.partition(":")
    section = definition.section(section_id)
    crf_field = next((f for f in section.fields if f.name == name), None)
    return f"{short(section.label)} {number}" + (f": {crf_field.label}" if crf_field else "")


def form_url(form: FormInstance) -> str:
    """The public address of a form: participant number, visit label, form key; the number of a log's line."""
    label = visit_label(form.visit.code, form.visit.repeat) if form.visit else "log"
    log = LOG_OF.get(form.form_key)
    args = [form.participant.number, label, (log or form.form_key).lower()]
    return reverse("form_entry", args=[*args, form.repeat] if log or form.repeat > 1 else args)


def home_url(form: FormInstance) -> str:
    """Where one goes from a finished form: the log of a line or of its head, else the participant."""
    log = LOG_OF.get(form.form_key) or (form.form_key if form.form_key in LINES_OF else "")
    number = form.participant.number
    return (
        reverse("form_entry", args=[number, "log", log.lower()])
        if log
        else reverse("participant", args=[number])
    )


def form_title(key: str, repeat: int = 1) -> Text:
    """What people call a form: a panel of the laboratory by its name, a line of a log and a second form by its number."""
    title = form_def(key).title
    if key == "LB":
        panel = CODELISTS["LBCAT"].codes[panel_of(repeat)]
        return Text(f"Laboratory: {panel.en}", f"实验室:{panel.zh}")
    if key in LOG_OF:
        return Text(f"{short(title).en} #{repeat}", f"{short(title).zh} #{repeat}")
    return Text(f"{title.en} {repeat}", f"{title.zh} {repeat}") if repeat > 1 else title
