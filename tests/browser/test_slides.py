"""A reader at the microscope: tiles come, the scale bar stands, a bed is drawn by keyboard and by mouse, and used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from playwright.sync_api import Page, expect

from pathology.images import tiles
from pathology.models import Annotation, PathologyCase, SlideImage, SlideMark
from pathology.services.image_preparing import image_settle
from tests import world
from tests.integration.pathology.slides_made import svs
from tests.integration.pathology.slides_world import ready, with_slides
from tests.world import reading_take
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(people: dict[str, User], settings: Any, tmp_path: Path) -> Iterator[PathologyCase]:
    settings.VAR_DIR = tmp_path / "var"
    store = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "var" / "slides"},
    }
    settings.STORAGES = site_settings.STORAGES | {"slides": store}
    participant = world.screened(people["lin"], "01-003")
    world.screening_01_003(participant, people["lin"])
    world.neoadjuvant(participant, people["lin"], 1, "2024-03-14")
    world.operated(participant, people["lin"], "2024-05-30", "2024-06-14")
    found = PathologyCase.objects.get(participant=participant)
    slides = with_slides(found, people["da"])
    ready(slides[0], svs(tmp_path / "slide", 3200, 2400), people["da"])
    reading_take(by=people["p1"], case=found)
    tiles.close_all()
    yield found
    tiles.close_all()


def opened(page: Page, case: PathologyCase) -> None:
    number = SlideImage.objects.get(state="READY").item.number
    with page.expect_response(re.compile(r"/\d+/\d+_\d+\.jpeg\?v=")) as tile:
        page.goto(f"/readings/{case.code}/slides/{number}/")
    assert tile.value.status == 200
    expect(page.locator("[data-scope][data-opened]")).to_be_attached()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_bed_by_keyboard(
    language: str, case: PathologyCase, signed_in: Callable[..., Page], people: dict[str, User]
) -> None:
    """R, two corners with arrows and Enter, its meaning, kept; measured in millimetres of 0.499 µm a pixel."""
    User.objects.filter(username="p1").update(language=language)
    page = signed_in("p1")
    opened(page, case)
    expect(page.locator("[data-scale-bar]")).to_contain_text("µm")
    keys = page.keyboard
    keys.press("r")
    expect(page.locator('[data-tool="RECTANGLE"]')).to_have_attribute("aria-pressed", "true")
    for _step in range(4):
        keys.press("ArrowLeft")
    keys.press("Enter")
    for _step in range(10):
        keys.press("ArrowRight")
    for _step in range(5):
        keys.press("ArrowDown")
    expect(page.locator("[data-measured]")).to_contain_text("mm")
    keys.press("Enter")
    expect(page.locator("#meaning")).to_be_focused()
    expect(page.locator("#meaning")).to_have_value("BED")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("Edge unclear")
    keys.press("Enter")
    expect(page.locator("[data-drawing]")).to_have_count(1)
    one = Annotation.objects.get()
    assert (one.shape, one.meaning, one.nodule, one.note) == ("RECTANGLE", "BED", 1, "Edge unclear")
    assert one.length_mm is not None
    assert one.width_mm is not None
    assert abs(one.length_mm / one.width_mm - 2) < 1 / 50  # ten steps across, five down
    expect(page.locator("[data-use]")).to_have_attribute("href", f"/readings/{case.code}/?bed=1")
    expect(page.locator(".ink rect.kept")).to_have_count(1)


def test_an_outline_with_the_mouse_and_its_removal(
    case: PathologyCase, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("p1")
    opened(page, case)
    page.locator('[data-tool="POLYGON"]').click()
    box = page.locator("[data-view]").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for across, down in ((-90, -60), (90, -60), (90, 60), (-90, 60)):
        page.mouse.click(middle[0] + across, middle[1] + down)
        page.wait_for_timeout(450)  # two clicks within the time of a double click are one
    page.keyboard.press("Enter")
    page.locator("#meaning").select_option("NECROSIS")
    page.locator("[data-keep] button.btn-primary").click()
    expect(page.locator("[data-drawing]")).to_have_count(1)
    one = Annotation.objects.get()
    assert (one.shape, one.meaning, len(one.points)) == ("POLYGON", "NECROSIS", 4)
    page.locator("[data-remove] button").click()
    expect(page.locator("[data-drawing]")).to_have_count(0)
    one.refresh_from_db()
    assert one.removed_at is not None


def test_measured_and_not_kept(case: PathologyCase, signed_in: Callable[..., Page]) -> None:
    page = signed_in("p1")
    opened(page, case)
    page.keyboard.press("m")
    box = page.locator("[data-view]").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2 - 100, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 50, y, steps=4)
    page.mouse.up()
    expect(page.locator("[data-measured]")).to_contain_text("mm")
    page.keyboard.press("Escape")
    expect(page.locator("[data-form]")).to_be_hidden()
    assert not Annotation.objects.exists()


def test_a_line_cannot_be_a_bed_and_says_so(case: PathologyCase, signed_in: Callable[..., Page]) -> None:
    page = signed_in("p1")
    opened(page, case)
    keys = page.keyboard
    for key in ("m", "Enter", "ArrowRight", "Enter"):
        keys.press(key)
    page.locator("#meaning").select_option("BED")
    page.locator("[data-keep] button.btn-primary").click()
    expect(page.locator("[data-keep] [data-problem]")).to_contain_text("A tumour bed is an area")
    assert not Annotation.objects.exists()


def test_keys_move_and_zoom_and_mark_as_seen(case: PathologyCase, signed_in: Callable[..., Page]) -> None:
    page = signed_in("p1")
    opened(page, case)
    shown = page.locator("[data-magnification]")
    before = shown.inner_text()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(shown).not_to_have_text(before)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("0")
    page.keyboard.press("s")
    page.wait_for_url(f"**/readings/{case.code}/slides/")
    assert SlideMark.objects.count() == 1


def test_upload_and_clear(case: PathologyCase, signed_in: Callable[..., Page], tmp_path: Path) -> None:
    """The data manager uploads with progress, looks, and shows it to the readers."""
    page = signed_in("da")
    page.goto(f"/pathology/{case.code}/images/")
    slide = case.items.filter(kind="SLIDE").order_by("number")[1]
    page.locator("#slide").select_option(str(slide.number))
    page.locator("#file").set_input_files(svs(tmp_path / "second.svs"))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".toast-x.success")).to_contain_text("being prepared")
    image = SlideImage.objects.get(item=slide)
    image_settle(image=image.pk)
    page.get_by_role("link", name="Look and decide").click()
    page.get_by_label("I have looked").check()
    page.get_by_role("button", name="Show it to the readers").click()
    expect(page.locator(".toast-x.success")).to_contain_text("Readers see slide")
    image.refresh_from_db()
    assert image.state == "READY"


def test_what_is_no_slide_is_said_on_the_page(
    case: PathologyCase, signed_in: Callable[..., Page], tmp_path: Path
) -> None:
    page = signed_in("da")
    page.goto(f"/pathology/{case.code}/images/")
    (tmp_path / "scan.svs").write_bytes(b"%PDF-1.7 not a slide")
    page.locator("#slide").select_option(index=1)
    page.locator("#file").set_input_files(tmp_path / "scan.svs")
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("[data-refusal]")).to_contain_text("a file of the kind PDF")
    assert SlideImage.objects.count() == 1
