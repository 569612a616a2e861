"""A case with two slides, and their images through the services: uploaded, prepared, cleared."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from pathology import services
from pathology.images import storage
from pathology.images.prepare import digest
from pathology.models import ItemKind, PathologyCase, SlideImage, SpecimenItem
from pathology.services.image_preparing import image_settle
from pathology.services.images import Received
from pathology.services.specimens import Arrived, Passing
from trialsite.accounts.models import User

RECEIVED = dt.datetime(2024, 6, 20, 2, tzinfo=dt.UTC)


def with_slides(case: PathologyCase, by: User) -> list[SpecimenItem]:
    """A block and two slides of nodule 1."""
    arrived = [
        Arrived("BLOCK", "A1", "A1", 1),
        Arrived("SLIDE", "A1-1", "A1", 1, "HE"),
        Arrived("SLIDE", "A1-2", "A1", 1, "HE"),
    ]
    passing = Passing("RECEIVED", RECEIVED, "Courier", "Central laboratory", "ADEQUATE")
    items = services.items_receive(by=by, case=case, arrived=arrived, passing=passing)
    return [item for item in items if item.kind == ItemKind.SLIDE]


def received(file: Path) -> Received:
    """As it lies there once it has arrived."""
    part = storage.incoming() / f"{file.name}.part"
    shutil.copyfile(file, part)
    return Received(part, digest(part), part.stat().st_size)


def uploaded(item: SpecimenItem, file: Path, by: User) -> SlideImage:
    return services.image_upload(by=by, item=item, received=received(file))


def prepared(item: SpecimenItem, file: Path, by: User) -> SlideImage:
    image = uploaded(item, file, by)
    image_settle(image=image.pk)
    return SlideImage.objects.select_related("item__case__participant__site").get(pk=image.pk)


def ready(item: SpecimenItem, file: Path, by: User) -> SlideImage:
    return services.image_clear(by=by, image=prepared(item, file, by))
