"""What a signature says, in words: the statement that is read before signing, and why it no longer stands."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trialsite.accounts.proving import CODE, NAME, PASSWORD
from trialsite.accounts.roles import Role

from .fields import MISS, CrfField, missing_label
from .models import Meaning, Void
from .naming import label_of
from .registry import FormDef

STATEMENTS = {
    Meaning.CONFIRM: gettext_lazy(
        "By signing I confirm that I have reviewed these forms and that they are a complete and accurate record of the "
        "observations made. My electronic signature is the legal equivalent of my handwritten signature."
    ),
    Meaning.REVIEW: gettext_lazy(
        "By signing I confirm that I have reviewed these forms and approve their content. My electronic signature is the "
        "legal equivalent of my handwritten signature."
    ),
    Meaning.RESPONSIBILITY: gettext_lazy(
        "By signing I take responsibility for the content of these forms as investigator of the site. My electronic "
        "signature is the legal equivalent of my handwritten signature."
    ),
}
TOLD = 4  # so many changed values are named where there is one line; the rest is counted


def void_words(definition: FormDef, why: str, detail: str, most: int = TOLD) -> str:
    """Why a signature fell: "Target lesions 2: RECIST diameter: 18.0 to 16.0 mm"; values that people entered first."""
    if why == Void.DEFINITION:
        return _("form changed")
    if why == Void.REMOVED:
        return _("line taken out")
    typed: list[str] = []
    calculated: list[str] = []
    for path, old, new in void_changes(detail):
        crf_field = field_of(definition, path)
        said = changed_words(definition, crf_field, path, old, new)
        (calculated if crf_field is not None and crf_field.derived else typed).append(said)
    shown = [*typed, *calculated][:most]
    rest = len(typed) + len(calculated) - len(shown)
    if rest:
        shown.append(ngettext("and %(n)s more", "and %(n)s more", rest) % {"n": rest})
    return "; ".join(shown) or _("data changed")


def void_changes(detail: str) -> Iterator[tuple[str, str, str]]:
    """(path, old, new) of each line of what was kept when the signature fell; a line that was cut off is left out."""
    for line in detail.split("\n"):
        parts = line.split("\t")
        if len(parts) == 3:
            yield parts[0], parts[1], parts[2]


def changed_words(definition: FormDef, crf_field: CrfField | None, path: str, old: str, new: str) -> str:
    """One change; the unit once."""
    label = label_of(definition, path.removesuffix("/@active"))
    if path.endswith("@active"):
        return _("%(row)s added") % {"row": label} if new == "1" else _("%(row)s removed") % {"row": label}
    before, after = value_words(crf_field, path, old), value_words(crf_field, path, new)
    unit = f" {crf_field.unit_text}" if crf_field is not None and crf_field.unit else ""
    if unit and after.endswith(unit):
        before = before.removesuffix(unit)
    words = {"field": label, "old": before or _("empty"), "new": after or _("empty")}
    return _("%(field)s: %(old)s to %(new)s") % words


def value_words(crf_field: CrfField | None, path: str, text: str) -> str:
    """A stored text for a reader; what an older definition knew stays as it was kept."""
    if path.endswith(MISS):
        return missing_label(text) if text else ""
    if crf_field is None or not text:
        return text
    try:
        return crf_field.display(crf_field.from_text(text))
    except (ValueError, ArithmeticError, KeyError):
        return text


def field_of(definition: FormDef, path: str) -> CrfField | None:
    """The field that a path names, if the form still has it."""
    head, _sep, name = path.removesuffix(MISS).rpartition("/")
    if not head:
        return definition.fields.get(name)
    fields = next(
        (s.fields for s in definition.sections if s.id == head.partition(":")[0] and s.repeating), ()
    )
    return next((one for one in fields if one.name == name), None)


def trail_words(definition: FormDef, path: str, new: str, reason: str) -> str:
    """The reason of an event at `@signature` as a reader understands it; the codes stay in the trail."""
    if path != "@signature":
        return reason
    if not new:
        why, _sep, detail = reason.partition(" ")
        return void_words(definition, why, detail)
    meaning, sep, rest = reason.partition(" · ")
    return f"{Meaning(meaning).label}{sep}{rest}" if meaning in Meaning.values else reason


def role_words(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def components_words(text: str) -> str:
    """What proved a person, `username + password + code`, in words."""
    words = {NAME: _("user name"), PASSWORD: _("password"), CODE: _("code from authenticator")}
    return " + ".join(words.get(name, name) for name in text.split(" + "))
