"""What the workers do for central pathology. Every message may be lost or repeated: states decide, not messages."""

from __future__ import annotations

from celery import shared_task

from pathology.services.image_preparing import LONGEST, image_settle, orphans_remove, waiting_images


@shared_task(soft_time_limit=LONGEST + 60, time_limit=LONGEST + 120)
def image_prepare(image: int) -> None:
    """One uploaded slide. Repeated while it runs, it finds that somebody is at it."""
    image_settle(image=image)


@shared_task
def images_sweep() -> None:
    """Finds uploaded slides whose message was lost, one at a time, and parts of uploads that broke off."""
    for image in waiting_images()[:1]:
        image_prepare.hint(image)
    orphans_remove()
