"""What a reader draws on a slide: measured here, kept with the reading, read-only once it is submitted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checks.consent import names_a_person
from crf.selectors.folder import names_not_to_be_written
from crf.services.refusals import noted
from pathology.images.geometry import crosses_itself, measure
from pathology.models import (
    Annotation,
    ImageState,
    Mark,
    Meaning,
    Reading,
    ReadingDraft,
    Shape,
    SlideImage,
    SpecimenItem,
)
from pathology.notes import stored_notes
from pathology.policies_images import may_draw
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .noting import notes_store

MOST = 500  # of one reading
MOST_POINTS = 2000
MOST_NODULES = 30
POINTS = {Shape.LINE: (2, 2), Shape.RECTANGLE: (2, 2), Shape.ELLIPSE: (2, 2), Shape.POLYGON: (3, MOST_POINTS)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape as it was drawn: pixels of the full image."""

    shape: str
    meaning: str
    points: Sequence[tuple[float, float]]
    nodule: int | None = None
    note: str = ""


def annotation_add(*, by: User, reading: Reading, image: SlideImage, drawn: Drawn) -> Annotation:
    """Keep what was drawn, with its length, width and area where the image has a scale. Raises `Refused`."""
    participant = reading.case.participant
    with (
        noted(by=by, act="annotation", address=reading.address, participant=participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(participant)
        reading = _locked(reading)
        may_draw(by, reading).require()
        image = SlideImage.objects.select_related("item").get(pk=image.pk)
        _require_image(reading, image)
        _require_drawn(image, drawn)
        last = reading.annotations.aggregate(n=Max("number"))["n"] or 0
        if reading.annotations.filter(removed_at__isnull=True).count() >= MOST:
            refused(_("At most %(most)s drawings in one reading.") % {"most": MOST}, "text").require()
        points = [[round(x, 1), round(y, 1)] for x, y in drawn.points]
        made = Annotation(
            reading=reading, image=image, number=last + 1, shape=drawn.shape, meaning=drawn.meaning,
            nodule=drawn.nodule, points=points, note=drawn.note.strip(), drawn_at=timezone.now(),
        )  # fmt: skip
        if image.mpp_x and image.mpp_y:
            measured = measure(drawn.shape, points, (image.mpp_x, image.mpp_y))
            made.length_mm, made.width_mm, made.area_mm2 = measured.length, measured.width, measured.area
        made.save()
        entry = Entry(
            Action.ANNOTATED, reading.address, f"@annotation:{made.number}", "", _words(image, made)
        )
        trail.append_all(chain, [entry], by=by, site=participant.site)
    return made


def _locked(reading: Reading) -> Reading:
    return (
        Reading.objects.select_for_update(of=("self",))
        .select_related("case__participant__site", "form")
        .get(pk=reading.pk)
    )


def _require_image(reading: Reading, image: SlideImage) -> None:
    if image.item.case_id != reading.case.specimen_id:
        refused(_("This slide does not belong to the case."), "item").require()
    if image.state != ImageState.READY:
        refused(
            _("A new image of this slide has replaced the one on which you drew. Open the slide again."),
            "replaced",
        ).require()


def _require_drawn(image: SlideImage, drawn: Drawn) -> None:
    if drawn.shape not in Shape.values or drawn.meaning not in Meaning.values:
        refused(_("Say what was drawn."), "text").require()
    if drawn.meaning == Meaning.BED and drawn.shape == Shape.LINE:
        refused(_("A tumour bed is an area: draw a rectangle, an ellipse or an outline."), "text").require()
    if drawn.nodule is not None and not 1 <= drawn.nodule <= MOST_NODULES:
        refused(_("Nodules are numbered from 1 to %(most)s.") % {"most": MOST_NODULES}, "text").require()
    _require_points(image, drawn)
    _require_note(drawn.note)


def _require_points(image: SlideImage, drawn: Drawn) -> None:
    least, most = POINTS[Shape(drawn.shape)]
    inside = all(0 <= x <= image.width and 0 <= y <= image.height for x, y in drawn.points)
    if not least <= len(drawn.points) <= most or not inside:
        refused(_("The drawing does not lie on the slide, or has too many corners."), "text").require()
    wide = {round(x, 1) for x, _y in drawn.points}
    high = {round(y, 1) for _x, y in drawn.points}
    flat = len(wide) < 2 and len(high) < 2 if drawn.shape == Shape.LINE else len(wide) < 2 or len(high) < 2
    if flat:
        refused(_("The drawing has no size."), "text").require()
    if drawn.shape == Shape.POLYGON and crosses_itself(drawn.points):
        refused(_("The outline crosses itself. Draw it again without crossing."), "text").require()


def _require_note(note: str) -> None:
    if len(note) > 200 or re.search(r"[\0\r\n]", note):
        refused(_("A note is one line of at most 200 characters."), "text").require()
    if names_a_person(note, names_not_to_be_written()):
        refused(_("A note must not name a person or hold an identity or telephone number."), "text").require()


def _words(image: SlideImage, made: Annotation) -> str:
    """What the trail keeps: where, what, how large."""
    size = " × ".join(f"{value:f}" for value in (made.length_mm, made.width_mm) if value is not None)
    nodule = f" nodule {made.nodule}" if made.nodule else ""
    return (
        f"slide {image.item.number}.{image.version} {made.shape} {made.meaning}{nodule} {size} {made.points}"[
            :2000
        ]
    )


def annotation_remove(*, by: User, reading: Reading, number: int) -> Annotation:
    """Take a drawing off the slide; the row stays with the time. Twice is harmless. Raises `Refused`."""
    participant = reading.case.participant
    with (
        noted(by=by, act="annotation", address=reading.address, participant=participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(participant)
        reading = _locked(reading)
        may_draw(by, reading).require()
        one = reading.annotations.select_related("image__item").get(number=number)
        if one.removed_at is None:
            one.removed_at = timezone.now()
            one.save(update_fields=["removed_at"])
            entry = Entry(
                Action.ANNOTATED, reading.address, f"@annotation:{number}", _words(one.image, one), ""
            )
            trail.append_all(chain, [entry], by=by, site=participant.site)
    return one


def slide_mark(*, by: User, reading: Reading, item: SpecimenItem, mark: str = Mark.SEEN) -> Reading:
    """Tick a slide of the checklist from the viewer; a draft of the page says so too. Twice is harmless. Raises `Refused`."""
    participant = reading.case.participant
    with (
        noted(by=by, act="slide", address=reading.address, participant=participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(participant)
        reading = _locked(reading)
        may_draw(by, reading).require()
        if item.case_id != reading.case.specimen_id:
            refused(_("This slide does not belong to the case."), "item").require()
        notes = stored_notes(reading)
        notes.marks[item.number] = str(mark)
        trail.append_all(chain, notes_store(reading, notes), by=by, site=participant.site)
        draft = ReadingDraft.objects.filter(reading=reading).first()
        if draft is not None:
            draft.content[f"slide.{item.number}"] = [str(mark)]
            draft.save(update_fields=["content"])
    return reading
