"""Who may upload, clear and refuse the image of a slide, and draw on it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from trialsite.accounts.models import User
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import ImageState, ItemKind, ItemState, PathologyCase, Reading, SlideImage, Slot, SpecimenItem
from .policies import may_keep_material, may_save


def may_upload(by: User, item: SpecimenItem, case: PathologyCase) -> Decision:
    if not (allowed := may_keep_material(by, case)):
        return allowed
    if item.kind != ItemKind.SLIDE or item.state != ItemState.RECEIVED:
        return refused(_("Only a slide that was received and can be used has an image."), "item")
    return ALLOWED


def may_judge_image(by: User, image: SlideImage, case: PathologyCase) -> Decision:
    """To clear or to refuse what a worker has prepared."""
    if not (allowed := may_keep_material(by, case)):
        return allowed
    if image.state != ImageState.TO_CLEAR:
        return refused(_("Nothing waits to be looked at here."), "twice")
    return ALLOWED


def may_draw(by: User, reading: Reading) -> Decision:
    """Whoever may still write the reading; an adjudicator until the own reading is signed, which is kept as it is."""
    if reading.slot == Slot.ADJUDICATOR and reading.opinion_at is not None:
        return refused(_("Your own reading is kept as it is. Confirm or revise it, with a reason."), "locked")
    return may_save(by, reading)
