"""Digital slides for the data manager, and for a reader, who sees numbers of slides and nothing that links two codes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import Http404
from django.utils.crypto import salted_hmac

from pathology.models import (
    Annotation,
    ImageState,
    ItemKind,
    Meaning,
    PathologyCase,
    Reading,
    SlideImage,
    SlideMark,
    SpecimenItem,
)
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

from .reader import slides_of

TENTH = Decimal("0.1")


# --- the data manager ------------------------------------------------------------------------------------------------


def case_for_images(user: Any, code: str) -> PathologyCase:
    """The case whose material is kept: the first one of a specimen, at the user's sites. 404 for any other."""
    cases = PathologyCase.objects.filter(code=code, reread_of__isnull=True)
    mine = grants_of(user).limit(cases, Permission.ALLOCATE, "participant__site")
    found = mine.select_related("participant__site").first()
    if found is None:
        raise Http404
    return found


@dataclass(slots=True)
class SlideVersions:
    """A slide and the versions of its image, newest first."""

    item: SpecimenItem
    images: list[SlideImage] = field(default_factory=list)

    @property
    def pending(self) -> bool:
        return any(image.state == ImageState.UPLOADED for image in self.images)


def slides_of_case(case: PathologyCase) -> list[SlideVersions]:
    """Two queries."""
    lines = {item.pk: SlideVersions(item) for item in case.items.filter(kind=ItemKind.SLIDE)}
    images = SlideImage.objects.filter(item__in=lines).select_related("uploaded_by", "cleared_by")
    for image in images.order_by("-version"):
        lines[image.item_id].images.append(image)
    return list(lines.values())


def image_of_case(case: PathologyCase, pk: int) -> SlideImage:
    found = (
        SlideImage.objects.filter(pk=pk, item__case=case)
        .select_related("item__case__participant__site")
        .first()
    )
    if found is None:
        raise Http404
    return found


# --- a reader --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SlideLine:
    """A slide as a reader sees it. `image`: of the version that readers see, if there is one."""

    item: SpecimenItem
    image: SlideImage | None
    mark: str
    drawings: int

    @property
    def number(self) -> int:
        return self.item.number


def slide_lines(reading: Reading) -> list[SlideLine]:
    """The slides of the case with image, mark and number of drawings. Four queries."""
    items = slides_of(reading)
    images = {
        image.item_id: image for image in SlideImage.objects.filter(item__in=items, state=ImageState.READY)
    }
    marks = dict(SlideMark.objects.filter(reading=reading).values_list("item_id", "mark"))
    drawn: dict[int, int] = defaultdict(int)
    for item in reading.annotations.filter(removed_at__isnull=True).values_list("image__item_id", flat=True):
        drawn[item] += 1
    return [SlideLine(item, images.get(item.pk), marks.get(item.pk, ""), drawn[item.pk]) for item in items]


def image_for(reading: Reading, number: int) -> SlideImage:
    """The image that readers see of a slide of this reading's case; or 404."""
    item = next((item for item in slides_of(reading) if item.number == number), None)
    image = SlideImage.objects.filter(item=item, state=ImageState.READY).first() if item else None
    if image is None:
        raise Http404
    return image


def token_of(reading: Reading, image: SlideImage) -> str:
    """Names a version of an image to one reading: the same image has another token under another code."""
    return salted_hmac("pathology.images", f"{reading.pk}/{image.pk}").hexdigest()[:16]


def etag_of(reading: Reading, image: SlideImage, *place: Any) -> str:
    text = "/".join([token_of(reading, image), *map(str, place)])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def annotations_of(reading: Reading, image: SlideImage | None = None) -> list[Annotation]:
    """What stands on the slides of one reading (or on one image), in the order of drawing. One query."""
    found = reading.annotations.filter(removed_at__isnull=True).select_related("image__item")
    if image is not None:
        found = found.filter(image=image)
    return list(found.order_by("number"))


@dataclass(frozen=True, slots=True)
class DrawnBed:
    """A tumour bed that was drawn: sizes in mm with one decimal, as a reading takes them."""

    annotation: int
    nodule: int | None
    slide: int
    block: str
    length_mm: Decimal
    width_mm: Decimal
    area_mm2: Decimal


def beds_drawn(reading: Reading) -> list[DrawnBed]:
    """The beds that the reader drew on slides with a scale, in the order of drawing. One query."""
    found = reading.annotations.filter(
        removed_at__isnull=True, meaning=Meaning.BED, length_mm__isnull=False, width_mm__isnull=False
    ).select_related("image__item")
    return [
        DrawnBed(
            one.number, one.nodule or one.image.item.nodule, one.image.item.number, one.image.item.block,
            _tenth(one.length_mm), _tenth(one.width_mm), _tenth(one.area_mm2),
        )
        for one in found.order_by("number")
    ]  # fmt: skip


def _tenth(value: Decimal | None) -> Decimal:
    return (value or Decimal(0)).quantize(TENTH, ROUND_HALF_UP)
