"""Whether the files of digital slides are still what was stored: there, of their size, with their digest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from trialsite.audit.verifying import Problem

from .images import storage
from .models import ImageState, SlideImage

KEPT = (ImageState.TO_CLEAR, ImageState.READY, ImageState.REPLACED)
ONE_RUN = 20 * 2**30  # bytes that are read; presence and size are asked of every file
WORDS = {
    "missing": "its file is missing",
    "size": "its file has another size",
    "digest": "the content of its file does not give its digest",
}


def slide_problems(people: Any) -> Iterator[Problem | None]:
    """Every file; `None` after each. Digests within the limit of one run, each day beginning further on."""
    images = list(
        SlideImage.objects.filter(item__case__participant__in=people, state__in=KEPT)
        .order_by("pk")
        .values_list("pk", "sha256", "size")
    )
    start = timezone.localdate().toordinal() * 37 % len(images) if images else 0
    left = ONE_RUN
    for pk, sha256, size in images[start:] + images[:start]:
        left -= size
        found = storage.problem_of(sha256, size, read=left >= 0)
        if found:
            yield Problem(f"pathology_slideimage id={pk}", WORDS[found])
        yield None
