"""The image of a slide: uploaded, prepared by a worker, looked at by a person, seen by readers. Versions stay."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.services.refusals import noted
from pathology.image_words import sentence
from pathology.images import storage
from pathology.images.formats import recognise
from pathology.images.unfit import Unfit
from pathology.models import ImageState, PathologyCase, SlideImage, SpecimenItem
from pathology.policies_images import may_judge_image, may_upload
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

PENDING = (ImageState.UPLOADED, ImageState.TO_CLEAR, ImageState.READY)


@dataclass(frozen=True, slots=True)
class Received:
    """A file as it arrived, in the folder of incoming files. Its name on the sender's machine is not known."""

    path: Path
    sha256: str
    size: int


def image_upload(*, by: User, item: SpecimenItem, received: Received) -> SlideImage:
    """Take a file as the next version of a slide's image; a worker prepares it. Raises `Refused`, and keeps no file then."""
    case = item.case
    try:
        with (
            noted(by=by, act="image", address=case.address, participant=case.participant),
            transaction.atomic(),
        ):
            chain = trail.participant_chain(case.participant)
            item = SpecimenItem.objects.select_related("case__participant__site").get(pk=item.pk)
            may_upload(by, item, item.case).require()
            kind = _kind_of(received)
            _require_new(item, received)
            image = SlideImage.objects.create(
                item=item, version=_last(item) + 1, source_sha256=received.sha256, source_size=received.size,
                source_format=kind, uploaded_by=by, uploaded_at=timezone.now(),
            )  # fmt: skip
            entry = Entry(Action.IMAGE, case.address, path_of(image), "", f"{kind} {received.sha256}")
            trail.append_all(chain, [entry], by=by, site=case.participant.site)
            os.replace(received.path, storage.waiting(received.sha256))
            _send(image)
    finally:
        received.path.unlink(missing_ok=True)
    return image


def _kind_of(received: Received) -> str:
    try:
        return recognise(received.path)
    except Unfit as unfit:
        refused(sentence(unfit.code, unfit.params), "file").require()
        raise


def _require_new(item: SpecimenItem, received: Received) -> None:
    same = item.images.filter(source_sha256=received.sha256, state__in=PENDING).first()
    if same is not None:
        text = _("This very file is there already, as version %(version)s of this slide.")
        refused(text % {"version": same.version}, "twice").require()


def _last(item: SpecimenItem) -> int:
    return item.images.order_by("version").values_list("version", flat=True).last() or 0


def path_of(image: SlideImage) -> str:
    return f"@image:{image.item.number}.{image.version}"


def _send(image: SlideImage) -> None:
    from pathology.tasks import image_prepare

    image_prepare.delay_on_commit(image.pk)


def image_clear(*, by: User, image: SlideImage) -> SlideImage:
    """A person has looked: no label, no name, the right slide. Readers see it now; the version before stays. Raises `Refused`."""
    case = image.item.case
    with (
        noted(by=by, act="image", address=case.address, participant=case.participant),
        transaction.atomic(),
    ):
        chain, image = _locked(image)
        may_judge_image(by, image, image.item.case).require()
        entries = []
        for earlier in image.item.images.filter(state=ImageState.READY):
            earlier.state = ImageState.REPLACED
            earlier.save(update_fields=["state"])
            entries.append(_moved(case, earlier, ImageState.READY, ImageState.REPLACED))
        image.state, image.cleared_by, image.cleared_at = ImageState.READY, by, timezone.now()
        image.save(update_fields=["state", "cleared_by", "cleared_at"])
        entries.append(_moved(case, image, ImageState.TO_CLEAR, ImageState.READY))
        trail.append_all(chain, entries, by=by, site=case.participant.site)
    return image


def image_refuse(*, by: User, image: SlideImage, reason: str) -> SlideImage:
    """A person has looked: something names somebody, or it is the wrong slide. No reader has seen it; its file goes.

    The version stays with its digests and the reason. Raises `Refused`.
    """
    case = image.item.case
    with (
        noted(by=by, act="image", address=case.address, participant=case.participant),
        transaction.atomic(),
    ):
        chain, image = _locked(image)
        may_judge_image(by, image, image.item.case).require()
        if not reason.strip():
            refused(_("Say what is wrong with this image."), "text").require()
        image.state, image.problem = ImageState.REFUSED, reason.strip()[:300]
        image.cleared_by, image.cleared_at = by, timezone.now()
        image.save(update_fields=["state", "problem", "cleared_by", "cleared_at"])
        entry = _moved(case, image, ImageState.TO_CLEAR, ImageState.REFUSED, image.problem)
        trail.append_all(chain, [entry], by=by, site=case.participant.site)
        kept = SlideImage.objects.filter(sha256=image.sha256).exclude(state=ImageState.REFUSED).exists()
        if not kept:
            transaction.on_commit(lambda: storage.forget(image.sha256))
    return image


def _locked(image: SlideImage) -> tuple[trail.AuditChain, SlideImage]:
    chain = trail.participant_chain(image.item.case.participant)
    fresh = (
        SlideImage.objects.select_for_update(of=("self",))
        .select_related("item__case__participant__site")
        .get(pk=image.pk)
    )
    return chain, fresh


def _moved(case: PathologyCase, image: SlideImage, old: str, new: str, reason: str = "") -> Entry:
    return Entry(Action.IMAGE, case.address, f"{path_of(image)}/state", old, new, reason)
