"""What received material and its passing on must satisfy. A label must not say where the specimen comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checks.consent import names_a_person
from crf.models.local_pathology import LocalPathology
from crf.selectors.folder import names_not_to_be_written
from trialsite.accounts.models import Site
from trialsite.kernel.decisions import refused

from .models import Condition, Custody, ItemKind, PathologyCase, SpecimenItem

if TYPE_CHECKING:
    from .services.specimens import Arrived, Passing

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,19}")
MOST = 400  # blocks or slides of one case
NODULES = 50  # the highest number of a nodule (crf-book, cpn_no)
# Words of a hospital's name that tell nothing about which one it is.
COMMON = frozenset({
    "affiliated", "cancer", "center", "centre", "china", "chinese", "city", "clinical", "college", "demo", "first",
    "general", "hepatobiliary", "hospital", "institute", "liver", "medical", "oncology", "people", "peoples",
    "province", "provincial", "second", "site", "surgery", "third", "tumor", "tumour", "university",
})  # fmt: skip
SHORTEST = 4  # letters or digits of a name or number that is looked for


def require_custody(passing: Passing) -> None:
    """Raise `Refused` unless this can be a link of the chain."""
    if passing.kind not in Custody.values:
        refused(_("Choose what happened."), "text").require()
    if passing.condition and passing.condition not in Condition.values:
        refused(_("Choose the condition."), "text").require()
    if passing.kind == Custody.RECEIVED and not passing.condition:
        refused(_("Say in which condition the material arrived."), "text").require()
    if max(len(passing.origin), len(passing.destination)) > 100 or len(passing.note) > 300:
        refused(_("From and to take at most 100 characters, a note 300."), "text").require()
    if passing.at > timezone.now():
        refused(_("This time lies in the future."), "text").require()
    if names_a_person(passing.note, names_not_to_be_written()):
        refused(_("The note names a person. Leave names out."), "text").require()


def require_items(case: PathologyCase, arrived: Sequence[Arrived], there: Sequence[SpecimenItem]) -> None:
    """Raise `Refused` with the first label that cannot stand."""
    if not arrived:
        refused(_("Say which blocks or slides arrived."), "text").require()
    if len(arrived) + len(there) > MOST:
        refused(_("A case holds at most %(most)s blocks and slides.") % {"most": MOST}, "text").require()
    known = {(item.kind, item.label.casefold()) for item in there}
    slides = {item.number for item in there if item.kind == ItemKind.SLIDE}
    telling = _telling(case)
    for one in arrived:
        _require_words(one, telling)
        label = one.label.strip()
        if (one.kind, label.casefold()) in known:
            refused(_("“%(label)s” is there already.") % {"label": label}, "text").require()
        if one.recut_of is not None and (one.recut_of not in slides or one.kind != ItemKind.SLIDE):
            refused(_("The slide that is replaced is not of this case."), "text").require()
        known.add((one.kind, label.casefold()))


def _require_words(one: Arrived, telling: frozenset[str]) -> None:
    """What a reader reads of an item: its label, block and stain, which say nothing of where it comes from."""
    label = one.label.strip()
    if one.kind not in ItemKind.values:
        refused(_("Choose block or slide."), "text").require()
    for text in (label, one.block.strip(), one.stain.strip()):
        if (text or text is label) and not LABEL.fullmatch(text):
            refused(
                _("“%(label)s” is no label: letters, digits and . / _ - only, at most 20.") % {"label": text},
                "text",
            ).require()
        if any(word in _plain(text) for word in telling):
            refused(
                _(
                    "“%(label)s” tells where the specimen comes from. Give it a label of the central laboratory."
                )
                % {"label": text},
                "text",
            ).require()
    if one.nodule is not None and not 1 <= one.nodule <= NODULES:
        refused(_("A nodule has a number from 1 to %(most)s.") % {"most": NODULES}, "text").require()


def require_no_name(text: str) -> None:
    """CK-017, for texts that are kept for ever. Raises `Refused`."""
    if names_a_person(text, names_not_to_be_written()):
        refused(_("This text names a person. Leave names out."), "text").require()


def require_blind(case: PathologyCase, text: str) -> None:
    """What a reader will read says nothing of a person, the participant or a hospital. Raises `Refused`."""
    sites = any(name and name in text for name in Site.objects.values_list("name_zh", flat=True))
    plain = _plain(text)
    if (
        sites
        or any(word in plain for word in _telling(case))
        or names_a_person(text, names_not_to_be_written())
    ):
        refused(
            _("The reader sees this text: leave out names, hospitals and the participant's number."), "text"
        ).require()


def _telling(case: PathologyCase) -> frozenset[str]:
    """The participant's number, the hospital's own pathology number, and the names of sites, as they could be written."""
    words = {case.participant.number}
    words |= set(PathologyCase.objects.filter(participant=case.participant_id).values_list("code", flat=True))
    words |= set(
        LocalPathology.objects.filter(form__participant=case.participant_id).values_list("lp_no", flat=True)
    )
    for name in Site.objects.values_list("name_en", flat=True):
        own = [word for word in name.split() if _plain(word) not in COMMON]
        words |= {name, "".join(own), *own}
    return frozenset(plain for word in words if word and len(plain := _plain(word)) >= SHORTEST)


def _plain(text: str) -> str:
    """Letters and digits alone: `01-003` and `01 003` are one number."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())
