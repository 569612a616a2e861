"""What a worker does with an uploaded file: a process of its own makes what readers may see, or says why it cannot.

The row says what is to be done, the message only hurries; a lock on the file keeps a second worker away and ends with
the process that held it. A file at which workers died three times is refused.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from participants.models import Participant
from pathology.image_words import kept
from pathology.images import storage
from pathology.models import ImageState, SlideImage
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry

from .images import path_of

log = structlog.get_logger(__name__)

LONGEST = 3 * 3600  # seconds for one file
TRIES = 3
ORPHANED = 24 * 3600  # seconds after which a part of an upload that broke off is thrown away
ROOT = Path(__file__).resolve().parents[2]


def waiting_images() -> list[int]:
    return list(
        SlideImage.objects.filter(state=ImageState.UPLOADED).order_by("pk").values_list("pk", flat=True)
    )


def image_settle(*, image: int) -> bool:
    """Prepare one uploaded image. False when there is nothing to do or somebody is at it."""
    found = _unsettled(image)
    if found is None:
        return False
    source = storage.waiting(found.source_sha256)
    if not source.exists():
        _finish(found, {"problem": "lost", "params": {}})
        return True
    with _alone(source) as mine:
        if not mine or (found := _unsettled(image)) is None:
            return False
        target = source.with_name(f"{found.pk}.clean")
        try:
            outcome = _prepared(found, source, target)
            _finish(found, outcome, target)
        finally:
            for left in source.parent.glob(f"{found.pk}.*"):
                left.unlink(missing_ok=True)
        if not SlideImage.objects.filter(
            source_sha256=found.source_sha256, state=ImageState.UPLOADED
        ).exists():
            source.unlink(missing_ok=True)
            _tries(source).unlink(missing_ok=True)
    return True


def _unsettled(image: int) -> SlideImage | None:
    return (
        SlideImage.objects.filter(pk=image, state=ImageState.UPLOADED)
        .select_related("item__case__participant__site")
        .first()
    )


@contextmanager
def _alone(source: Path) -> Iterator[bool]:
    try:
        file = source.open("rb")
    except FileNotFoundError:
        yield False
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _tries(source: Path) -> Path:
    return source.with_name(f"{source.name}.tries")


def _prepared(image: SlideImage, source: Path, target: Path) -> dict[str, Any]:
    """Run the process; what it told last."""
    tries = _tries(source)
    tried = tries.stat().st_size if tries.exists() else 0
    if tried >= TRIES:
        return {"problem": "crashed", "params": {}}
    tries.write_bytes(b"x" * (tried + 1))
    words = target.with_suffix(".words")
    words.write_text(json.dumps(forbidden_words(image.item.case.participant)), encoding="utf-8")
    command = [
        sys.executable, "-m", "pathology.images.prepare", str(source), str(target), str(words),
        str(settings.SLIDES_PIXELS),
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - our own module, and paths that we made
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    watch = threading.Timer(LONGEST, process.kill)
    watch.start()
    try:
        last = _followed(image, process)
        process.wait()
    finally:
        slow = not watch.is_alive()
        watch.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    if "ready" in last or "problem" in last:
        return last
    return {"problem": "slow" if slow else "crashed", "params": {}}


def _followed(image: SlideImage, process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    last: dict[str, Any] = {}
    told = 0.0
    for line in process.stdout:
        try:
            last = json.loads(line)
        except ValueError:
            continue
        if "progress" in last and time.monotonic() - told > 0.5:
            told = time.monotonic()
            SlideImage.objects.filter(pk=image.pk).update(progress=min(int(last["progress"]), 99))
    return last


def forbidden_words(participant: Participant) -> list[str]:
    """What must stand in no slide's file. Words of two characters stand in everything."""
    site = participant.site
    return [word for word in (participant.number, site.name_en, site.name_zh) if len(word) > 2]


def _finish(image: SlideImage, outcome: dict[str, Any], target: Path | None = None) -> None:
    """Write down what came of it, with an event; the file first, so that no row names one that is not there."""
    ready = outcome.get("ready")
    if ready is not None and target is not None:
        storage.keep(target, ready["sha256"])
    if "error" in outcome:
        log.warning("slide_unreadable", image=image.address, error=outcome["error"])
    participant = image.item.case.participant
    with transaction.atomic():
        chain = trail.participant_chain(participant)
        fresh = SlideImage.objects.select_for_update().get(pk=image.pk)
        if fresh.state != ImageState.UPLOADED:
            return
        if ready is not None:
            _take(fresh, ready)
            said = f"{fresh.width} × {fresh.height}, {fresh.sha256}; {' '.join(fresh.removed)}"
        else:
            fresh.state, fresh.problem = ImageState.REFUSED, kept(outcome["problem"], outcome["params"])
            said = outcome["problem"]
        fresh.progress = 100
        fresh.save()
        entry = Entry(
            Action.IMAGE,
            image.item.case.address,
            f"{path_of(image)}/state",
            ImageState.UPLOADED,
            fresh.state,
            said,
        )
        trail.append_all(chain, [entry], by=None, site=participant.site)


def _take(image: SlideImage, ready: dict[str, Any]) -> None:
    image.state, image.sha256, image.size = ImageState.TO_CLEAR, ready["sha256"], ready["size"]
    image.width, image.height = ready["width"], ready["height"]
    image.mpp_x, image.mpp_y = ready["mpp"] or (None, None)
    image.removed, image.source_format = ready["removed"], ready["format"][:20]


def orphans_remove() -> int:
    """Parts of uploads that broke off, and files whose row was never written."""
    wanted = set(SlideImage.objects.filter(state=ImageState.UPLOADED).values_list("source_sha256", flat=True))
    before, gone = time.time() - ORPHANED, 0
    for path in storage.incoming().iterdir():
        if path.name.split(".")[0] not in wanted and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
