"""What received material and its passing on must satisfy. A label must not say where the specimen comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checks.consent import names_a_person
from crf.selectors.folder import names_not_to_be_written
from trialsite.accounts.models import Site
from trialsite.kernel.decisions import refused

from .models import Condition, Custody, ItemKind, PathologyCase, SpecimenItem

if TYPE_CHECKING:
    from .services.specimens import Arrived, Passing

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,19}")
MOST = 400  # blocks or slides of one case


def require_custody(passing: Passing) -> None:
    """Raise `Refused` unless this can be a link of the chain."""
    if passing.kind not in Custody.values:
        refused(_("Choose what happened."), "text").require()
    if passing.condition and passing.condition not in Condition.values:
        refused(_("Choose the condition."), "text").require()
    if passing.kind == Custody.RECEIVED and not passing.condition:
        refused(_("Say in which condition the material arrived."), "text").require()
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
    numbers = {item.number for item in there}
    sites = list(Site.objects.values_list("number", "name_en", "name_zh"))
    for one in arrived:
        label = one.label.strip()
        if one.kind not in ItemKind.values:
            refused(_("Choose block or slide."), "text").require()
        if not LABEL.fullmatch(label):
            refused(
                _("“%(label)s” is no label: letters, digits and . / _ - only, at most 20.")
                % {"label": label},
                "text",
            ).require()
        if case.participant.number in label or any(
            name in label for site in sites for name in site[1:] if name
        ):
            refused(
                _(
                    "“%(label)s” tells where the specimen comes from. Give it a label of the central laboratory."
                )
                % {"label": label},
                "text",
            ).require()
        if (one.kind, label.casefold()) in known:
            refused(_("“%(label)s” is there already.") % {"label": label}, "text").require()
        if one.recut_of is not None and one.recut_of not in numbers:
            refused(_("The slide that is replaced is not of this case."), "text").require()
        known.add((one.kind, label.casefold()))
