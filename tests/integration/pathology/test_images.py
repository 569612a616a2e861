"""The way of a slide's image: uploaded, prepared, looked at, seen; replaced and refused; and what is drawn on it."""

from __future__ import annotations

import fcntl
import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from participants.models import Participant
from pathology import services
from pathology.image_words import told
from pathology.images import storage, tiles
from pathology.models import (
    Annotation,
    ImageState,
    PathologyCase,
    ReadingDraft,
    SlideImage,
    SlideMark,
    SpecimenItem,
)
from pathology.selectors.images import annotations_of, beds_drawn
from pathology.services.annotations import Drawn
from pathology.services.image_preparing import image_settle, orphans_remove, waiting_images
from pathology.tasks import image_prepare, images_sweep
from pathology.verifying import slide_problems
from tests.integration.pathology.conftest import Submit
from tests.integration.pathology.slides_made import picture, svs
from tests.integration.pathology.slides_world import prepared, ready, uploaded, with_slides
from tests.world import reading_take
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> Any:
    """Every test its own store: the same picture is the same file elsewhere."""
    settings.VAR_DIR = tmp_path / "var"
    settings.STORAGES = site_settings.STORAGES | {
        "slides": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "var" / "slides"},
        }
    }
    tiles.close_all()
    yield
    tiles.close_all()


@pytest.fixture(scope="session")
def slide_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return svs(tmp_path_factory.mktemp("slides") / "slide")


@pytest.fixture
def items(case: PathologyCase, cast: dict[str, User]) -> list[SpecimenItem]:
    return with_slides(case, cast["da"])


def files() -> set[str]:
    return {path.name for path in storage.incoming().iterdir()}


# --- uploading -------------------------------------------------------------------------------------------------------


def test_from_upload_to_the_reader(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    image = uploaded(items[0], slide_file, cast["da"])
    assert (image.state, image.version) == (ImageState.UPLOADED, 1)
    assert files() == {image.source_sha256}
    assert image_settle(image=image.pk)
    image.refresh_from_db()
    assert (image.state, image.width, image.height, image.mpp_x) == (ImageState.TO_CLEAR, 1600, 1200, 0.499)
    assert {"label", "macro", "person", "identifier"} <= set(image.removed)
    assert files() == set()  # what was uploaded is not kept
    assert storage.problem_of(image.sha256, image.size) == ""
    services.image_clear(by=cast["da"], image=image)
    image.refresh_from_db()
    assert (image.state, image.cleared_by) == (ImageState.READY, cast["da"])
    path = f"@image:{items[0].number}.1"
    events = (
        AuditEvent.objects.filter(action="IMAGE")
        .order_by("pk")
        .values_list("path", "old", "new", "actor_name")
    )
    assert [(event[0], event[1], event[3]) for event in events] == [
        (path, "", "da"), (f"{path}/state", "UPLOADED", "system"), (f"{path}/state", "TO_CLEAR", "da"),
    ]  # fmt: skip


def test_a_second_message_finds_nothing_to_do(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    image = prepared(items[0], slide_file, cast["da"])
    events = AuditEvent.objects.count()
    assert not image_settle(image=image.pk)
    image_prepare(image.pk)
    assert AuditEvent.objects.count() == events


def test_somebody_is_at_it(items: list[SpecimenItem], cast: dict[str, User], slide_file: Path) -> None:
    image = uploaded(items[0], slide_file, cast["da"])
    with storage.waiting(image.source_sha256).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not image_settle(image=image.pk)
    assert image_settle(image=image.pk)


def test_a_lost_message_is_found(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = uploaded(items[0], slide_file, cast["da"])
    assert waiting_images() == [image.pk]
    sent: list[int] = []
    monkeypatch.setattr(image_prepare, "hint", sent.append)
    images_sweep()
    assert sent == [image.pk]


def test_a_worker_that_dies_at_it_three_times(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    image = uploaded(items[0], slide_file, cast["da"])
    storage.waiting(image.source_sha256).with_name(f"{image.source_sha256}.tries").write_bytes(b"xxx")
    assert image_settle(image=image.pk)
    image.refresh_from_db()
    assert image.state == ImageState.REFUSED
    assert told(image.problem).startswith("Reading the file broke off")
    assert files() == set()


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7", "By its content this is a file of the kind PDF"),
        (b"\x99\x98\x97\x96", "no image that can be read here, whatever its name says"),
    ],
)
def test_no_slide_is_refused_at_once_and_nothing_is_kept(
    items: list[SpecimenItem], cast: dict[str, User], tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "slide.svs").write_bytes(content)
    with pytest.raises(Refused) as no:
        uploaded(items[0], tmp_path / "slide.svs", cast["da"])
    assert words in str(no.value.reason)
    assert files() == set()
    assert not SlideImage.objects.exists()


def test_a_truncated_slide_says_where(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut"
    picture(3000, 2000).jpegsave(str(cut))
    cut.write_bytes(cut.read_bytes()[:-150_000])
    image = prepared(items[0], cut, cast["da"])
    assert image.state == ImageState.REFUSED
    assert told(image.problem) == "The image ends too early: its lower part is missing. Copy it again."
    assert not image.sha256
    assert files() == set()


def test_the_same_file_twice(items: list[SpecimenItem], cast: dict[str, User], slide_file: Path) -> None:
    uploaded(items[0], slide_file, cast["da"])
    with pytest.raises(Refused) as no:
        uploaded(items[0], slide_file, cast["da"])
    assert "there already, as version 1" in str(no.value.reason)
    assert SlideImage.objects.count() == 1
    other = prepared(items[1], slide_file, cast["da"])  # of another slide it may be right: a person looks
    assert other.state == ImageState.TO_CLEAR
    assert image_settle(image=SlideImage.objects.get(item=items[0]).pk)


def test_a_block_has_no_image(
    case: PathologyCase, items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    with pytest.raises(Refused) as no:
        uploaded(case.items.get(kind="BLOCK"), slide_file, cast["da"])
    assert no.value.code == "item"
    assert files() == set()


@pytest.mark.parametrize("name", ["lin", "mo", "p1", "ins"])
def test_only_the_data_manager(
    name: str, items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    with pytest.raises(Refused) as no:
        uploaded(items[0], slide_file, cast[name])
    assert no.value.code == "role"
    image = prepared(items[0], slide_file, cast["da"])
    for act in (lambda: services.image_clear(by=cast[name], image=image),
                lambda: services.image_refuse(by=cast[name], image=image, reason="Wrong")):  # fmt: skip
        with pytest.raises(Refused):
            act()
    assert AuditEvent.objects.filter(action="REFUSED", path="@image").count() == 3


# --- versions --------------------------------------------------------------------------------------------------------


def test_a_new_version_replaces_and_the_old_one_stays(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path, tmp_path: Path
) -> None:
    first = ready(items[0], slide_file, cast["da"])
    second = prepared(items[0], svs(tmp_path / "new", 1280, 1024), cast["da"])
    first.refresh_from_db()
    assert first.state == ImageState.READY  # until somebody has looked at the new one
    services.image_clear(by=cast["da"], image=second)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.version) == (ImageState.REPLACED, ImageState.READY, 2)
    assert storage.problem_of(first.sha256, first.size) == ""
    with pytest.raises(Refused):
        services.image_clear(by=cast["da"], image=second)


def test_refused_it_is_seen_by_nobody_and_its_file_goes(
    items: list[SpecimenItem],
    cast: dict[str, User],
    slide_file: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    image = prepared(items[0], slide_file, cast["da"])
    with pytest.raises(Refused):
        services.image_refuse(by=cast["da"], image=image, reason="  ")
    with django_capture_on_commit_callbacks(execute=True):
        services.image_refuse(by=cast["da"], image=image, reason="The label is on the picture")
    image.refresh_from_db()
    assert (image.state, image.problem) == (ImageState.REFUSED, "The label is on the picture")
    assert storage.problem_of(image.sha256, image.size) == "missing"


def test_a_refused_file_that_another_slide_uses_stays(
    items: list[SpecimenItem],
    cast: dict[str, User],
    slide_file: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    kept = ready(items[0], slide_file, cast["da"])
    image = prepared(items[1], slide_file, cast["da"])
    with django_capture_on_commit_callbacks(execute=True):
        services.image_refuse(by=cast["da"], image=image, reason="Wrong slide")
    assert storage.problem_of(kept.sha256, kept.size) == ""


def test_an_altered_or_missing_file_is_found(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    image = ready(items[0], slide_file, cast["da"])
    path = storage.local(image.sha256)
    raw = bytearray(path.read_bytes())
    everybody = Participant.objects.all()
    assert list(slide_problems(everybody)) == [None]
    raw[5000] ^= 1
    path.write_bytes(bytes(raw))
    assert storage.problem_of(image.sha256, image.size) == "digest"
    found = next(problem for problem in slide_problems(everybody) if problem)
    assert "does not give its digest" in found.message
    path.write_bytes(bytes(raw[:-1]))
    assert storage.problem_of(image.sha256, image.size) == "size"


def test_parts_that_broke_off_go_after_a_day(
    items: list[SpecimenItem], cast: dict[str, User], slide_file: Path
) -> None:
    waiting = uploaded(items[0], slide_file, cast["da"])
    young, old = storage.incoming() / "young.part", storage.incoming() / "old.part"
    for path in (young, old):
        path.write_bytes(b"x")
    days = time.time() - 3 * 86400
    for path in (old, storage.waiting(waiting.source_sha256)):
        os.utime(path, (days, days))
    assert orphans_remove() == 1
    assert files() == {"young.part", waiting.source_sha256}


# --- drawing ---------------------------------------------------------------------------------------------------------

SQUARE = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 800.0), (0.0, 800.0)]


def bed(nodule: int | None = 1, **more: Any) -> Drawn:
    """800 × 600 pixels at 0.499 µm."""
    return Drawn("RECTANGLE", "BED", [(100.0, 100.0), (900.0, 700.0)], nodule, **more)


@pytest.fixture
def drawn_on(items: list[SpecimenItem], cast: dict[str, User], case: PathologyCase, slide_file: Path) -> Any:
    image = ready(items[0], slide_file, cast["da"])
    reading = reading_take(by=cast["p1"], case=case)
    return reading, image


def test_a_bed_is_measured_and_can_be_used(drawn_on: Any, cast: dict[str, User]) -> None:
    reading, image = drawn_on
    one = services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed(note="Edge unclear"))
    assert (one.length_mm, one.width_mm, one.area_mm2) == (
        Decimal("0.399"),
        Decimal("0.299"),
        Decimal("0.120"),
    )
    (found,) = beds_drawn(reading)
    assert (found.annotation, found.nodule, found.block) == (1, 1, "A1")
    assert (found.length_mm, found.width_mm) == (Decimal("0.4"), Decimal("0.3"))
    event = AuditEvent.objects.get(action="ANNOTATED")
    assert (event.target, event.path) == (reading.address, "@annotation:1")
    assert "0.399 × 0.299" in event.new


def test_removed_it_stays_with_the_time_and_its_number(drawn_on: Any, cast: dict[str, User]) -> None:
    reading, image = drawn_on
    services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed())
    services.annotation_remove(by=cast["p1"], reading=reading, number=1)
    services.annotation_remove(by=cast["p1"], reading=reading, number=1)
    assert annotations_of(reading) == []
    assert beds_drawn(reading) == []
    assert Annotation.objects.get().removed_at is not None
    assert AuditEvent.objects.filter(action="ANNOTATED").count() == 2
    again = services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed())
    assert again.number == 2


@pytest.mark.parametrize(
    "drawn, words",
    [
        (Drawn("RECTANGLE", "BED", [(0, 0), (2000, 10)]), "does not lie on the slide"),
        (Drawn("RECTANGLE", "BED", [(5, 5), (5, 90)]), "has no size"),
        (Drawn("RECTANGLE", "BED", [(5, 5)]), "does not lie on the slide"),
        (Drawn("LINE", "BED", [(0, 0), (9, 9)]), "A tumour bed is an area"),
        (Drawn("POLYGON", "VIABLE", [(0, 0), (9, 9), (9, 0), (0, 9)]), "crosses itself"),
        (Drawn("POLYGON", "VIABLE", [(float("nan"), 0), (9, 9), (9, 0)]), "does not lie on the slide"),
        (Drawn("CIRCLE", "VIABLE", [(0, 0), (9, 9)]), "Say what was drawn"),
        (Drawn("ELLIPSE", "MPR", [(0, 0), (9, 9)]), "Say what was drawn"),
        (Drawn("ELLIPSE", "VIABLE", [(0, 0), (9, 9)], 99), "numbered from 1 to"),
        (Drawn("ELLIPSE", "VIABLE", [(0, 0), (9, 9)], 1, "x" * 201), "at most 200"),
        (Drawn("ELLIPSE", "VIABLE", [(0, 0), (9, 9)], 1, "11010519491231002X"), "must not name a person"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(drawn_on: Any, cast: dict[str, User], drawn: Drawn, words: str) -> None:
    reading, image = drawn_on
    with pytest.raises(Refused) as no:
        services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=drawn)
    assert words in str(no.value.reason)
    assert not Annotation.objects.exists()


def test_without_a_scale_pixels_only(
    items: list[SpecimenItem], cast: dict[str, User], case: PathologyCase, tmp_path: Path
) -> None:
    picture(1200, 900).pngsave(str(tmp_path / "photo"))
    image = ready(items[0], tmp_path / "photo", cast["da"])
    assert image.mpp_x is None
    reading = reading_take(by=cast["p1"], case=case)
    one = services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed())
    assert (one.length_mm, one.width_mm, one.area_mm2) == (None, None, None)
    assert beds_drawn(reading) == []


def test_read_only_once_submitted(
    drawn_on: Any, cast: dict[str, User], case: PathologyCase, submit: Submit
) -> None:
    reading, image = drawn_on
    services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed())
    submit(cast["p1"], case)
    reading.refresh_from_db()
    for act in (lambda: services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed()),
                lambda: services.annotation_remove(by=cast["p1"], reading=reading, number=1),
                lambda: services.slide_mark(by=cast["p1"], reading=reading, item=image.item)):  # fmt: skip
        with pytest.raises(Refused) as no:
            act()
        assert no.value.code == "locked"
    assert len(annotations_of(reading)) == 1


def test_nobody_draws_in_another_reader_s_reading(drawn_on: Any, cast: dict[str, User]) -> None:
    reading, image = drawn_on
    for name in ("p2", "p3", "da"):
        with pytest.raises(Refused) as no:
            services.annotation_add(by=cast[name], reading=reading, image=image, drawn=bed())
        assert no.value.code == "role"


def test_drawings_stay_with_their_version(
    drawn_on: Any, items: list[SpecimenItem], cast: dict[str, User], tmp_path: Path
) -> None:
    reading, image = drawn_on
    services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed())
    newer = ready(items[0], svs(tmp_path / "new", 1280, 1024), cast["da"])
    assert annotations_of(reading, newer) == []
    assert len(annotations_of(reading, image)) == 1
    with pytest.raises(Refused) as no:
        services.annotation_add(by=cast["p1"], reading=reading, image=image, drawn=bed())
    assert no.value.code == "replaced"
    with pytest.raises(ProtectedError):
        image.delete()


def test_seen_from_the_viewer_stands_in_table_draft_and_trail(
    drawn_on: Any, cast: dict[str, User], items: list[SpecimenItem]
) -> None:
    reading, _image = drawn_on
    draft = ReadingDraft.objects.create(
        reading=reading, version=0, content={"cp_com": ["x"]}, kept_at=reading.taken_at
    )
    services.slide_mark(by=cast["p1"], reading=reading, item=items[1])
    services.slide_mark(by=cast["p1"], reading=reading, item=items[1])
    assert SlideMark.objects.get().item == items[1]
    draft.refresh_from_db()
    assert draft.content == {"cp_com": ["x"], f"slide.{items[1].number}": ["SEEN"]}
    assert AuditEvent.objects.filter(path=f"@slide:{items[1].number}").count() == 1


# --- the door for uploads --------------------------------------------------------------------------------------------


@pytest.fixture
def manager(client: Client, cast: dict[str, User]) -> Client:
    client.force_login(cast["da"])
    return client


def test_upload_over_http(
    manager: Client, items: list[SpecimenItem], slide_file: Path, case: PathologyCase
) -> None:
    url = reverse("case_images", args=[case.code])
    with slide_file.open("rb") as file:
        response = manager.post(url, {"slide": items[0].number, "file": file})
    assert response.status_code == 302
    image = SlideImage.objects.get()
    assert image.source_size == slide_file.stat().st_size
    assert files() == {image.source_sha256}
    image_settle(image=image.pk)
    page = manager.get(url).content.decode()
    assert "Look and decide" in page
    one = reverse("case_image", args=[case.code, image.pk])
    assert "picture of the label" in manager.get(one).content.decode()
    thumbnail = manager.get(reverse("case_image_thumbnail", args=[case.code, image.pk]))
    assert thumbnail["Content-Type"] == "image/jpeg"
    assert manager.post(one, {"act": "clear"}).status_code == 422  # has not said that he looked
    assert manager.post(one, {"act": "clear", "looked": "1"}).status_code == 302
    image.refresh_from_db()
    assert image.state == ImageState.READY


def test_a_name_on_the_sender_s_machine_is_kept_nowhere(
    manager: Client, items: list[SpecimenItem], case: PathologyCase, tmp_path: Path, capsys: Any
) -> None:
    file = svs(tmp_path / "Zhang San 01-003 left lobe.svs")
    with file.open("rb") as stream:
        manager.post(reverse("case_images", args=[case.code]), {"slide": items[0].number, "file": stream})
    image_settle(image=SlideImage.objects.get().pk)
    stored = str(list(SlideImage.objects.values())) + str(list(AuditEvent.objects.values())) + str(files())
    assert "Zhang" not in stored + "".join(capsys.readouterr())
    assert "left lobe" not in manager.get(reverse("case_images", args=[case.code])).content.decode()


def test_too_large_is_refused_and_nothing_is_kept(
    manager: Client, items: list[SpecimenItem], slide_file: Path, case: PathologyCase, settings: Any
) -> None:
    url = reverse("case_images", args=[case.code])
    for largest in (
        200_000,
        slide_file.stat().st_size - 1,
    ):  # by what the browser announces, and while it arrives
        settings.SLIDES_LARGEST = largest
        with slide_file.open("rb") as file:
            response = manager.post(
                url, {"slide": items[0].number, "file": file}, headers={"Accept": "application/json"}
            )
        assert response.status_code == 413
        assert "larger than" in response.json()["refused"]
        assert files() == set()
    assert not SlideImage.objects.exists()


def test_without_a_file_or_slide(
    manager: Client, items: list[SpecimenItem], slide_file: Path, case: PathologyCase
) -> None:
    url = reverse("case_images", args=[case.code])
    assert "Choose a file." in manager.post(url, {"slide": items[0].number}).content.decode()
    for slide in ("", "99", "x", "²"):
        with slide_file.open("rb") as file:
            response = manager.post(url, {"slide": slide, "file": file})
        assert response.status_code == 422
        assert "Choose the slide" in response.content.decode()
    assert files() == set()


def test_a_connection_that_is_lost(manager: Client, items: list[SpecimenItem], case: PathologyCase) -> None:
    """The body ends in the middle of the file: nothing is kept."""
    head = (
        f'--b\r\nContent-Disposition: form-data; name="slide"\r\n\r\n{items[0].number}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.svs"\r\n\r\n'
    )
    manager.post(
        reverse("case_images", args=[case.code]), head.encode() + b"II*\0" + b"x" * 3_000_000,
        content_type="multipart/form-data; boundary=b",
    )  # fmt: skip
    assert files() == set()
    assert not SlideImage.objects.filter(state=ImageState.READY).exists()


def test_no_upload_without_the_token(
    items: list[SpecimenItem], slide_file: Path, case: PathologyCase, cast: dict[str, User]
) -> None:
    """The handler is in place before the form is read, and the form is checked nonetheless."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast["da"])
    with slide_file.open("rb") as file:
        response = client.post(
            reverse("case_images", args=[case.code]), {"slide": items[0].number, "file": file}
        )
    assert response.status_code == 403
    assert files() == set()
    assert not SlideImage.objects.exists()
