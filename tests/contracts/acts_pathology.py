"""Every act of central pathology, for the contract of services: what it needs, and the act itself."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from crf.typed import Typed
from pathology.images import storage
from pathology.imports import read_readings
from pathology.models import (
    AgreementReport,
    Annotation,
    ImageState,
    PathologyCase,
    Reading,
    RecutRequest,
    Reopening,
    SlideImage,
    SpecimenItem,
)
from pathology.notes import Notes
from pathology.services import (
    agreement,
    allocation,
    cases,
    images,
    imports,
    reading,
    reopening,
    rereads,
    results,
    specimens,
)
from pathology.services import annotations as drawings
from pathology.services.annotations import Drawn
from pathology.services.images import Received
from pathology.services.specimens import Arrived, Passing
from tests import world
from tests.integration.pathology.conftest import answers
from trialsite.accounts.models import User

Act = Callable[[Any], Callable[[], Any]]

ARRIVED = Passing("RECEIVED", dt.datetime(2024, 6, 20, tzinfo=dt.UTC), "Courier", "Laboratory", "ADEQUATE")
NOTES = Notes("HIGH")
WHY = "Slide A2 was turned over"


def own(s: Any, name: str = "p1") -> Reading:
    """A reading that was begun."""
    return world.reading_take(by=s.people[name], case=s.case())  # type: ignore[no-any-return]


def submitted(s: Any, *shares: str) -> PathologyCase:
    """Read by p1, p2 and p3, as far as there are shares."""
    case: PathologyCase = s.case()
    for name, share in zip(("p1", "p2", "p3"), shares, strict=False):
        place = world.reading_take(by=s.people[name], case=case)
        world.reading_save(by=s.people[name], reading=place, typed=answers(share), submit=True)
    case.refresh_from_db()
    return case


def released(s: Any) -> PathologyCase:
    case = submitted(s, "8", "9")
    world.released(case)
    return case


def opinion(s: Any) -> tuple[Reading, Typed]:
    """An adjudicator who has given the own reading."""
    case = submitted(s, "8", "14")
    place = world.reading_take(by=s.people["p3"], case=case)
    reading.reading_save(by=s.people["p3"], reading=place, typed=answers("9"), notes=NOTES, submit=True)
    place.refresh_from_db()
    typed = answers("9")
    typed.rows["CP2"][0].key = "1"
    return place, typed


def asked(s: Any) -> Reopening:
    case = submitted(s, "8")
    place = case.readings.get(slot="R1")
    return reopening.reading_reopen_ask(by=s.p1, reading=place, reason=WHY)


def slide(s: Any) -> SpecimenItem:
    case = s.case()
    return specimens.items_receive(
        by=s.people["da"], case=case, arrived=[Arrived("SLIDE", "A1-1", "A1", 1, "HE")], passing=ARRIVED
    )[0]


def recut(s: Any) -> RecutRequest:
    item = slide(s)
    place = world.reading_take(by=s.p1, case=item.case)
    return specimens.recut_ask(by=s.p1, reading=place, item=item, reason="Out of focus")


def image(s: Any, state: str = ImageState.TO_CLEAR) -> SlideImage:
    return SlideImage.objects.create(
        item=slide(s), version=1, state=state, sha256="1" * 64, source_sha256="2" * 64, source_format="jpeg",
        source_size=10, size=10, width=4000, height=3000, mpp_x=0.5, mpp_y=0.5, uploaded_by=s.people["da"],
        uploaded_at=timezone.now(),
    )  # fmt: skip


def received() -> Received:
    """A small picture in the folder of incoming files."""
    from io import BytesIO

    from PIL import Image

    made = BytesIO()
    Image.new("RGB", (64, 64), (200, 160, 180)).save(made, "JPEG")
    content = made.getvalue()
    path = storage.incoming() / "contract.part"
    path.write_bytes(content)
    return Received(path, hashlib.sha256(content).hexdigest(), len(content))


def drawing(s: Any) -> tuple[Reading, Annotation]:
    seen = image(s, ImageState.READY)
    place = world.reading_take(by=s.p1, case=seen.item.case)
    return place, drawings.annotation_add(by=s.p1, reading=place, image=seen, drawn=LINE)


LINE = Drawn("LINE", "MARGIN", [(0.0, 0.0), (1000.0, 0.0)])


def report(s: Any, state: str) -> AgreementReport:
    released(s)
    da: User = s.people["da"]
    return AgreementReport.objects.create(
        key="k", language="en", requested_by=da, state=state, sha256="0" * 64
    )


def table(s: Any) -> tuple[bytes, str]:
    """A file with one reading, and what was shown of it."""
    from tests.integration.pathology.test_imports import row
    from tests.integration.pathology.test_imports import table as written

    case = s.case()
    allocation.readers_allocate(by=s.people["da"], case=case, readers={"R1": s.p1})
    content = written(row(case)).encode()
    return content, imports.readings_judge(by=s.people["da"], file=read_readings(content)).digest


def prepared(thing: Any, act: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: act(thing)


ACTS: dict[str, Act] = {
    "cases.case_open": lambda s: prepared(s.participant(), lambda p: cases.case_open(by=s.lin, participant=p)),
    "cases.case_close": lambda s: prepared(
        s.operated(), lambda p: cases.case_close(by=s.lin, participant=p, reason="No specimen")
    ),
    "allocation.readers_allocate": lambda s: prepared(
        s.case(), lambda c: allocation.readers_allocate(by=s.people["da"], case=c, readers={"R1": s.p1})
    ),
    "allocation.case_share_out": lambda s: prepared(
        s.case(), lambda c: allocation.case_share_out(by=s.people["da"], cases=[c], readers=[s.p1])
    ),
    "reading.reading_take": lambda s: prepared(s.case(), lambda c: world.reading_take(by=s.p1, case=c)),
    "reading.reading_save": lambda s: prepared(
        own(s), lambda r: reading.reading_save(by=s.p1, reading=r, typed=world.typed("CPATH", {"cp_blind": "Y"}))
    ),
    "reading.reading_confirm": lambda s: prepared(
        opinion(s), lambda pair: reading.reading_confirm(
            by=s.people["p3"], reading=pair[0], typed=pair[1], rationale="As read", notes=NOTES
        )
    ),
    "reopening.reading_reopen_ask": lambda s: prepared(
        submitted(s, "8"), lambda c: reopening.reading_reopen_ask(by=s.p1, reading=c.readings.get(slot="R1"), reason=WHY)
    ),
    "reopening.reading_reopen_decide": lambda s: prepared(
        asked(s), lambda one: reopening.reading_reopen_decide(by=s.people["da"], reopening=one, granted=True)
    ),
    "results.result_release": lambda s: prepared(
        submitted(s, "8", "9"), lambda c: results.result_release(by=s.people["da"], case=c)
    ),
    "rereads.reread_open": lambda s: prepared(
        released(s), lambda c: rereads.reread_open(by=s.people["da"], reading=c.readings.get(slot="R1"))
    ),
    "specimens.items_receive": lambda s: prepared(
        s.case(), lambda c: specimens.items_receive(
            by=s.people["da"], case=c, arrived=[Arrived("BLOCK", "A1")], passing=ARRIVED
        )
    ),
    "specimens.custody_note": lambda s: prepared(
        slide(s), lambda item: specimens.custody_note(
            by=s.people["da"], case=item.case, items=[item], passing=Passing("STORED", timezone.now(), destination="Cabinet 2")
        )
    ),
    "specimens.recut_ask": lambda s: prepared(
        own(s), lambda r: specimens.recut_ask(by=s.p1, reading=r, item=None, reason="A slide is missing")
    ),
    "specimens.recut_answer": lambda s: prepared(
        recut(s), lambda one: specimens.recut_answer(by=s.people["da"], recut=one, done=False, answer="Block used up")
    ),
    "annotations.annotation_add": lambda s: prepared(
        drawing(s), lambda two: drawings.annotation_add(by=s.p1, reading=two[0], image=two[1].image, drawn=LINE)
    ),
    "annotations.annotation_remove": lambda s: prepared(
        drawing(s), lambda two: drawings.annotation_remove(by=s.p1, reading=two[0], number=two[1].number)
    ),
    "annotations.slide_mark": lambda s: prepared(
        drawing(s), lambda two: drawings.slide_mark(by=s.p1, reading=two[0], item=two[1].image.item)
    ),
    "images.image_upload": lambda s: prepared(
        slide(s), lambda item: images.image_upload(by=s.people["da"], item=item, received=received())
    ),
    "images.image_clear": lambda s: prepared(image(s), lambda one: images.image_clear(by=s.people["da"], image=one)),
    "images.image_refuse": lambda s: prepared(
        image(s), lambda one: images.image_refuse(by=s.people["da"], image=one, reason="A label is in the picture")
    ),
    "imports.readings_import": lambda s: prepared(
        table(s), lambda two: imports.readings_import(by=s.people["da"], file=read_readings(two[0]), seen=two[1])
    ),
    "agreement.agreement_report_request": lambda s: prepared(
        released(s), lambda _c: agreement.agreement_report_request(by=s.people["da"], language="en", definition="d")
    ),
    "agreement.agreement_report_retry": lambda s: prepared(
        report(s, "FAILED"), lambda job: agreement.agreement_report_retry(by=s.people["da"], job=job)
    ),
    "agreement.agreement_report_downloaded": lambda s: prepared(
        report(s, "READY"), lambda job: agreement.agreement_report_downloaded(by=s.people["da"], job=job)
    ),
    "agreement.agreement_exported": lambda s: prepared(
        released(s), lambda _c: agreement.agreement_exported(by=s.people["da"], table="readings", lines=2)
    ),
}  # fmt: skip

# They only read, reckon or store for the service that calls them, which writes the entries.
NO_SERVICE = {
    "cases.case_made", "cases.place_made", "cases.form_expected", "cases.case_settle", "cases.has_specimen",
    "reading.draft_post", "noting.notes_store", "agreement.may_report", "agreement.may_take", "agreement.hurry", "images.path_of",
    "image_preparing.waiting_images", "image_preparing.forbidden_words", "imports.imported_before", "imports.plan_words",
    "imports.readings_judge",  # it takes everything back
}  # fmt: skip

# The final result follows from the readings; a worker prepares images.
SYSTEM = {"results.result_refresh", "image_preparing.image_settle", "image_preparing.orphans_remove"}

# They write into the transaction of their caller, who holds the chain.
WITHIN = {"results.result_withdraw", "rereads.reread_store"}

# Drafts are not trial data (docs/adr/0006).
WITHOUT_EVENT = {"reading.reading_draft_keep", "reading.reading_draft_drop"}


def named(names: set[str]) -> set[str]:
    return {f"pathology.services.{name}" for name in names}
