"""S28 for slides: what a reader's browser gets of an image says nothing but the picture, and nothing of another reader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pathology import services
from pathology.images import tiles
from pathology.models import PathologyCase, Reading, SlideImage, SpecimenItem
from pathology.services.annotations import Drawn
from tests.integration.pathology.slides_made import svs
from tests.integration.pathology.slides_world import ready, with_slides
from tests.integration.pathology.test_images import own_folders  # noqa: F401
from tests.integration.pathology.test_pages import RANDOM, unblinding
from tests.world import reading_take
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db
DRAWN = Drawn("ELLIPSE", "VIABLE", [(100.0, 100.0), (900.0, 700.0)], 1, "Seen by the first reader")


@pytest.fixture
def image(case: PathologyCase, cast: dict[str, User], tmp_path: Path) -> SlideImage:
    items = with_slides(case, cast["da"])
    return ready(items[0], svs(tmp_path / "slide"), cast["da"])


@pytest.fixture
def readings(image: SlideImage, case: PathologyCase, cast: dict[str, User]) -> dict[str, Reading]:
    made = {name: reading_take(by=cast[name], case=case) for name in ("p1", "p2")}
    services.annotation_add(by=cast["p1"], reading=made["p1"], image=image, drawn=DRAWN)
    return made


def enter(user: User, language: str = "en") -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(user)
    return client


def slide(code: str, number: int) -> str:
    return reverse("reading_slide", args=[code, number])


def everything(client: Client, code: str, number: int) -> dict[str, Any]:
    """Every address of images that a reader can ask for, with its answer."""
    facts = client.get(slide(code, number) + "slide.json").json()
    found = [reverse("reading_slides", args=[code]), slide(code, number)]
    found += [slide(code, number) + name for name in ("slide.json", "small.jpeg")]
    last = facts["levels"] - 1
    for level in range(last + 1):
        found.append(f"{slide(code, number)}{level}/0_0.jpeg?v={facts['version']}")
    found.append(f"{slide(code, number)}{last}/2_1.jpeg?v={facts['version']}")
    return {path: client.get(path) for path in found}


def whole(response: Any) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    return RANDOM.sub(
        "", f"{response.request['PATH_INFO']}?{response.request['QUERY_STRING']}\n{head}\n"
    ) + RANDOM.sub("", response.content.decode("latin-1"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ["p1", "p2"])
def test_nothing_but_the_picture(
    name: str,
    language: str,
    image: SlideImage,
    readings: dict[str, Reading],
    case: PathologyCase,
    cast: dict[str, User],
) -> None:
    client = enter(cast[name], language)
    secrets = [
        *unblinding(case.participant), image.sha256, image.source_sha256, image.sha256[:12], image.source_sha256[:12],
        "Wang Fang", "Zhang San", "SS1234", "4711", "06/10/24", "HOSPITAL", "aperio", "Aperio", "A1-1", "@image",
        "slides-incoming",
    ]  # fmt: skip
    other = ["Seen by the first reader", "900.0"] if name == "p2" else []
    answers = everything(client, case.code, image.item.number)
    assert len(answers) > 10
    for path, response in answers.items():
        assert response.status_code == 200, path
        text = whole(response)
        for secret in [*secrets, *other]:
            assert secret not in text, f"{secret} at {path}"
        assert not re.search(r"Content-Disposition|Last-Modified|filename", text), path
    if name == "p1":
        assert "Seen by the first reader" in answers[slide(case.code, image.item.number)].content.decode()


def test_a_tile_is_a_jpeg_without_words(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    """From the start of the file to the scan: JFIF, tables, frame. No comment, no EXIF, no profile."""
    client = enter(cast["p1"])
    for path, response in everything(client, case.code, image.item.number).items():
        if ".jpeg" not in path:
            continue
        data, at, markers = response.content, 2, []
        while data[at + 1] != 0xDA:
            markers.append(data[at + 1])
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        assert set(markers) <= {0xE0, 0xDB, 0xC0, 0xC2, 0xC4}, path


def test_kept_by_the_browser_for_this_session_only(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    client = enter(cast["p1"])
    facts = client.get(slide(case.code, image.item.number) + "slide.json")
    assert facts["Cache-Control"] == "no-store, private"
    path = slide(case.code, image.item.number) + "0/0_0.jpeg"
    named = client.get(f"{path}?v={facts.json()['version']}")
    assert named["Cache-Control"] == "private, max-age=3600, immutable"
    assert "Cookie" in named["Vary"]
    plain = client.get(path)
    assert plain["Cache-Control"] == "private, no-cache"
    assert client.get(path, headers={"If-None-Match": plain["ETag"]}).status_code == 304


def test_two_readers_get_no_common_name_of_an_image(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    """Nor one reader under two codes of a specimen: token and ETag are made for a reading."""
    found = []
    for name in ("p1", "p2"):
        client = enter(cast[name])
        facts = client.get(slide(case.code, image.item.number) + "slide.json").json()
        found.append(
            (facts["version"], client.get(slide(case.code, image.item.number) + "0/0_0.jpeg")["ETag"])
        )
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[1][1]


@pytest.mark.parametrize("name", ["p3", "lin", "mo", "da", "ad", "ins"])
def test_nobody_else_gets_a_tile(
    name: str, image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    client = enter(cast[name])
    for path in ("", "slide.json", "small.jpeg", "0/0_0.jpeg"):
        assert client.get(slide(case.code, image.item.number) + path).status_code == 404
    assert client.get(reverse("reading_slides", args=[case.code])).status_code == 404


def test_places_that_are_not_there(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    client = enter(cast["p1"])
    for path in ("0/1_0.jpeg", "99/0_0.jpeg", "11/9_9.jpeg", f"{10**30}/0_0.jpeg"):
        assert client.get(slide(case.code, image.item.number) + path).status_code == 404, path
    for number in (image.item.number + 1, 999, 10**30):  # without an image, and no slide at all
        assert client.get(slide(case.code, number)).status_code == 404


def test_an_image_that_nobody_has_cleared_is_not_there(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    SlideImage.objects.filter(pk=image.pk).update(state="TO_CLEAR")
    client = enter(cast["p1"])
    for path in ("", "slide.json", "small.jpeg", "0/0_0.jpeg"):
        assert client.get(slide(case.code, image.item.number) + path).status_code == 404


def test_a_missing_file_is_a_tile_that_is_not_there(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    from pathology.images import storage

    storage.local(image.sha256).unlink()
    tiles.close_all()
    assert enter(cast["p1"]).get(slide(case.code, image.item.number) + "0/0_0.jpeg").status_code == 404


def draw(client: Client, code: str, number: int, **more: Any) -> Any:
    version = client.get(slide(code, number) + "slide.json").json()["version"]
    data = {
        "shape": "RECTANGLE",
        "meaning": "BED",
        "points": "[[10,10],[410,310]]",
        "nodule": "1",
        "version": version,
    }
    return client.post(slide(code, number) + "drawings/", data | more)


def test_drawing_over_http(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    client = enter(cast["p2"])
    answer = draw(client, case.code, image.item.number).json()
    assert [one["number"] for one in answer["drawings"]] == [1]  # p1's are counted apart
    assert "Use as bed of nodule 1" in answer["html"]
    removed = client.post(
        slide(case.code, image.item.number) + "drawings/1/remove/", headers={"Accept": "application/json"}
    )
    assert removed.json()["drawings"] == []
    assert client.post(slide(case.code, image.item.number) + "drawings/7/remove/").status_code == 404


@pytest.mark.parametrize(
    "more, status",
    [
        ({"points": "nonsense"}, 422), ({"points": "[[1,2,3]]"}, 422), ({"points": "null"}, 422), ({"nodule": "x"}, 422),
        ({"points": '[["1e999","0"],[1,1]]'}, 422), ({"version": "0" * 16}, 409), ({"shape": ""}, 422),
        ({"points": f"[[0,0],[{10**400},1]]"}, 422),
    ],
)  # fmt: skip
def test_what_is_no_drawing(
    more: dict[str, str], status: int, image: SlideImage, readings: dict[str, Reading], case: PathologyCase,
    cast: dict[str, User],
) -> None:  # fmt: skip
    response = draw(enter(cast["p2"]), case.code, image.item.number, **more)
    assert response.status_code == status
    assert response.json()["refused"]
    assert not readings["p2"].annotations.exists()


def test_seen_goes_to_the_next_slide(
    image: SlideImage, readings: dict[str, Reading], case: PathologyCase, cast: dict[str, User]
) -> None:
    client = enter(cast["p1"])
    response = client.post(slide(case.code, image.item.number) + "seen/", {"next": "1"})
    assert response["Location"] == reverse(
        "reading_slides", args=[case.code]
    )  # it is the last one with an image
    assert "Seen" in client.get(response["Location"]).content.decode()


def test_few_slides_are_open_at_once(
    image: SlideImage, case: PathologyCase, cast: dict[str, User], tmp_path: Path, settings: Any
) -> None:
    settings.SLIDES_HANDLES = 2
    items: list[SpecimenItem] = list(case.items.filter(kind="SLIDE"))
    others = [
        ready(items[1], svs(tmp_path / f"s{size}", size, 1024), cast["da"]).sha256
        for size in (1024, 1280, 1536)
    ]
    with tiles.opened(image.sha256) as held:
        for sha in others:
            assert tiles.tile(sha, 0, 0, 0)
        assert tiles.held() <= 2
        assert held.zoom.get_tile(0, (0, 0))  # dropped, but not closed under who reads it
    with pytest.raises(Exception, match=r".*"):
        held.zoom.get_tile(0, (0, 0))
    assert tiles.tile(image.sha256, 0, 0, 0)  # opened again
