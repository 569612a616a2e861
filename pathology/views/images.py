"""Digital slides: uploaded and cleared by the data manager, looked at and drawn upon by a reader."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pathology.image_words import removed_words, sentence, told
from pathology.images import tiles
from pathology.images.receiving import Incoming, IncomingHandler
from pathology.models import Annotation, ImageState, Meaning, PathologyCase, Reading, Shape, SlideImage
from pathology.policies import may_keep_material
from pathology.policies_images import may_draw, may_judge_image, may_upload
from pathology.selectors.images import (
    annotations_of,
    case_for_images,
    etag_of,
    image_for,
    image_of_case,
    slide_lines,
    slides_of_case,
    token_of,
)
from pathology.selectors.reader import reading_for, slides_of
from pathology.services import (
    annotation_add,
    annotation_remove,
    image_clear,
    image_refuse,
    image_upload,
    slide_mark,
)
from pathology.services.annotations import Drawn
from pathology.services.images import Received
from trialsite.accounts.door import require
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web.kept import Kept

managers = require(Permission.ALLOCATE)
readers = require(Permission.READ_CENTRALLY, Permission.ADJUDICATE)

THUMBNAIL = 1600  # pixels: large enough to read a label that was scanned with the tissue
SMALL = 240
MOST_JSON = 200_000  # characters of one drawing


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


# --- the data manager ------------------------------------------------------------------------------------------------


@csrf_exempt  # only until the handler is in place: `_case_images` checks the token
@managers
@require_http_methods(["GET", "POST"])
def case_images(request: HttpRequest, code: str) -> HttpResponse:
    """`/pathology/P-7Q2M/images/`: slides with the versions of their images; a POST uploads one."""
    handler = None
    if request.method == "POST":
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.SLIDES_LARGEST + 100_000:
            return _refused(request, case_for_images(request.user, code), _too_large(), 413)
        handler = IncomingHandler(request)
        request.upload_handlers = [handler]
    try:
        return _case_images(request, code, handler)
    finally:
        if handler is not None and handler.arriving is not None:
            handler.arriving.close()


@csrf_protect
def _case_images(request: HttpRequest, code: str, handler: IncomingHandler | None) -> HttpResponse:
    case = case_for_images(request.user, code)
    if handler is None:
        return _images_page(request, case)
    incoming: Any = request.FILES.get("file")
    if handler.too_large:
        return _refused(request, case, _too_large(), 413)
    if not isinstance(incoming, Incoming):
        return _refused(request, case, _("Choose a file."), 422)
    chosen = request.POST.get("slide", "")
    item = case.items.filter(number=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 5 else None
    if item is None:
        return _refused(request, case, _("Choose the slide of which this is the image."), 422)
    received = Received(incoming.path, incoming.sha256, incoming.size)
    try:
        image_upload(by=_person(request), item=item, received=received)
    except Refused as no:
        return _refused(request, case, str(no.reason), 403 if no.code in ("role", "closed") else 422)
    messages.success(request, _("Slide %(number)s is uploaded and being prepared.") % {"number": item.number})
    if (
        request.headers.get("Accept") == "application/json"
    ):  # the script goes there itself: the message waits for it
        return JsonResponse({"url": reverse("case_images", args=[code])})
    return redirect("case_images", code)


def _too_large() -> str:
    return sentence("too_large", {"limit": filesizeformat(settings.SLIDES_LARGEST)})


def _refused(request: HttpRequest, case: PathologyCase, text: str, status: int) -> HttpResponse:
    """In words: to the script that uploads, or as a page."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"refused": text}, status=status)
    return _images_page(request, case, text, status)


def _images_page(
    request: HttpRequest, case: PathologyCase, refusal: str = "", status: int = 200
) -> HttpResponse:
    lines = slides_of_case(case)
    may = may_keep_material(_person(request), case)
    context = {
        "code": case.code,
        "case": case,
        "lines": [(line, [_shown(image) for image in line.images]) for line in lines],
        "open": [line.item for line in lines if may_upload(_person(request), line.item, case)],
        "may": may,
        "pending": any(line.pending for line in lines),
        "refusal": refusal,
        "largest": settings.SLIDES_LARGEST,
    }
    if request.GET.get("part") == "list":
        return render(request, "pathology/_images_list.html", context)
    return render(request, "pathology/images.html", context, status=status)


GLYPHS = {
    ImageState.UPLOADED: "running", ImageState.TO_CLEAR: "due", ImageState.READY: "done",
    ImageState.REFUSED: "failed", ImageState.REPLACED: "removed",
}  # fmt: skip


def _shown(image: SlideImage) -> dict[str, Any]:
    state = ImageState(image.state)
    return {
        "image": image,
        "glyph": GLYPHS[state],
        "problem": told(image.problem) if image.problem else "",
        "removed": removed_words(image.removed),
        "pictured": bool(image.sha256) and state != ImageState.REFUSED,
    }


@managers
@require_http_methods(["GET", "POST"])
def image_judge(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """`/pathology/P-7Q2M/images/12/`: what readers would see, large; cleared or refused by a person who has looked."""
    case = case_for_images(request.user, code)
    image, refusal, status = image_of_case(case, pk), "", 200
    if request.method == "POST":
        try:
            text = _judged(request, image)
        except Refused as no:
            refusal, status = str(no.reason), 422 if no.code == "text" else 403
        else:
            messages.success(request, text)
            return redirect("case_images", code)
    context = {
        "code": code,
        "case": case,
        "image": image,
        "removed": removed_words(image.removed),
        "problem": told(image.problem) if image.problem else "",
        "waits": image.state == ImageState.TO_CLEAR,
        "shown": image.state in (ImageState.TO_CLEAR, ImageState.READY, ImageState.REPLACED),
        "may": may_judge_image(_person(request), image, case),
        "refusal": refusal,
        "reason": request.POST.get("reason", "")[:300],
    }
    return render(request, "pathology/image.html", context, status=status)


def _judged(request: HttpRequest, image: SlideImage) -> str:
    number = {"number": image.item.number}
    if request.POST.get("act") == "clear":
        if not request.POST.get("looked"):
            raise Refused(_("Confirm that you have looked: no label, no name, the right slide."), "text")
        image_clear(by=_person(request), image=image)
        return _("Readers see slide %(number)s now.") % number
    image_refuse(by=_person(request), image=image, reason=request.POST.get("reason", ""))
    return _("The image of slide %(number)s is refused.") % number


@managers
@require_GET
def image_thumbnail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """`/pathology/P-7Q2M/images/12/thumbnail.jpeg`; `?small`: for the list."""
    image = image_of_case(case_for_images(request.user, code), pk)
    return HttpResponse(_thumbnail(image, SMALL if "small" in request.GET else THUMBNAIL), "image/jpeg")


def _thumbnail(image: SlideImage, most: int) -> bytes:
    if not image.sha256 or image.state == ImageState.REFUSED:
        raise Http404
    try:
        return tiles.thumbnail(image.sha256, most)
    except FileNotFoundError:
        raise Http404 from None


# --- a reader --------------------------------------------------------------------------------------------------------


@readers
@require_GET
def slides(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/slides/`: the slides of one's own case."""
    mine = reading_for(request.user, code)
    return render(
        request, "pathology/slides.html", {"code": code, "reading": mine, "lines": slide_lines(mine)}
    )


@readers
@require_GET
def slide(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """`/readings/P-7Q2M/slides/3/`: the slide under the microscope."""
    mine = reading_for(request.user, code)
    image = image_for(mine, number)
    lines = slide_lines(mine)
    pictured = [line.number for line in lines if line.image]
    place = pictured.index(number)
    line = next(line for line in lines if line.number == number)
    context = {
        "code": code,
        "reading": mine,
        "line": line,
        "lines": lines,
        "before": pictured[place - 1] if place else None,
        "after": pictured[place + 1] if place + 1 < len(pictured) else None,
        "drawings": annotations_of(mine, image),
        "may": may_draw(_person(request), mine),
        "scaled": bool(image.mpp_x and image.mpp_y),
        "shapes": Shape.choices,
        "meanings": Meaning.choices,
    }
    return render(request, "pathology/slide.html", context)


@readers
@require_GET
def descriptor(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Size, scale and tiles of the slide, and what the reader drew on it."""
    mine = reading_for(request.user, code)
    image = image_for(mine, number)
    return JsonResponse(
        {
            "width": image.width,
            "height": image.height,
            "tile": tiles.TILE,
            "overlap": tiles.OVERLAP,
            "levels": tiles.levels(image.width, image.height),
            "scale": [image.mpp_x, image.mpp_y] if image.mpp_x and image.mpp_y else None,
            "version": token_of(mine, image),
            "tiles": reverse("reading_slide", args=[code, number]),
            "drawings": [_drawing(one) for one in annotations_of(mine, image)],
        }
    )


def _drawing(one: Annotation) -> dict[str, Any]:
    return {
        "number": one.number,
        "shape": one.shape,
        "meaning": one.meaning,
        "nodule": one.nodule,
        "points": one.points,
    }


@readers
@require_GET
def tile(request: HttpRequest, code: str, number: int, level: int, column: int, row: int) -> HttpResponse:
    """One tile. Its address names the case and the slide; `v` names the version, differently for each reading."""
    mine = reading_for(request.user, code)
    image = image_for(mine, number)
    etag = etag_of(mine, image, level, column, row)
    fixed = request.GET.get("v") == token_of(mine, image)
    if request.headers.get("If-None-Match") == f'"{etag}"':
        return Kept(status=304, etag=etag, fixed=fixed)
    try:
        content = tiles.tile(image.sha256, level, column, row)
    except (ValueError, FileNotFoundError):
        raise Http404 from None
    return Kept(content, "image/jpeg", etag=etag, fixed=fixed)


@readers
@require_GET
def slide_thumbnail(request: HttpRequest, code: str, number: int) -> HttpResponse:
    mine = reading_for(request.user, code)
    image = image_for(mine, number)
    etag = etag_of(mine, image, "small")
    fixed = False
    if request.headers.get("If-None-Match") == f'"{etag}"':
        return Kept(status=304, etag=etag, fixed=fixed)
    return Kept(_thumbnail(image, SMALL), "image/jpeg", etag=etag, fixed=fixed)


@readers
@require_POST
def drawing_add(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Keep what was drawn; answers the list beside the slide, or the sentence that says why not."""
    mine = reading_for(request.user, code)
    image = image_for(mine, number)
    if request.POST.get("version") != token_of(mine, image):
        text = _("A new image of this slide has replaced the one on which you drew. Open the slide again.")
        return JsonResponse({"refused": text}, status=409)
    drawn = _drawn(request)
    if drawn is None:
        return JsonResponse({"refused": _("Say what was drawn.")}, status=422)
    try:
        annotation_add(by=_person(request), reading=mine, image=image, drawn=drawn)
    except Refused as no:
        return JsonResponse(
            {"refused": str(no.reason)}, status=409 if no.code in ("locked", "replaced") else 422
        )
    return _list(request, mine, image, code, number)


def _drawn(request: HttpRequest) -> Drawn | None:
    """What was posted, if it is a drawing at all."""
    post, text = request.POST, request.POST.get("points", "")
    try:
        points: Any = json.loads(text) if len(text) < MOST_JSON else None
        placed = [(float(x), float(y)) for x, y in points]
        nodule = int(post["nodule"]) if post.get("nodule") else None
    except (ValueError, TypeError, OverflowError):
        return None
    return Drawn(post.get("shape", ""), post.get("meaning", ""), placed, nodule, post.get("note", "").strip())


@readers
@require_POST
def drawing_remove(request: HttpRequest, code: str, number: int, drawing: int) -> HttpResponse:
    mine = reading_for(request.user, code)
    image = image_for(mine, number)
    if not mine.annotations.filter(number=drawing).exists():
        raise Http404
    try:
        annotation_remove(by=_person(request), reading=mine, number=drawing)
    except Refused as no:
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"refused": str(no.reason)}, status=409)
        messages.error(request, str(no.reason))
        return redirect("reading_slide", code, number)
    if request.headers.get("Accept") != "application/json":
        return redirect("reading_slide", code, number)
    return _list(request, mine, image, code, number)


def _list(request: HttpRequest, mine: Reading, image: SlideImage, code: str, number: int) -> HttpResponse:
    drawings = annotations_of(mine, image)
    context = {"drawings": drawings, "code": code, "number": number, "may": may_draw(_person(request), mine)}
    html = render(request, "pathology/_drawings.html", context).content.decode()
    return JsonResponse({"html": html, "drawings": [_drawing(one) for one in drawings]})


@readers
@require_POST
def seen(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Tick the slide in the checklist of the reading, and go to the next one."""
    mine = reading_for(request.user, code)
    item = next((item for item in slides_of(mine) if item.number == number), None)
    if item is None:
        raise Http404
    try:
        slide_mark(by=_person(request), reading=mine, item=item)
    except Refused as no:
        messages.error(request, str(no.reason))
    following = [line.number for line in slide_lines(mine) if line.image and line.number > number]
    if request.POST.get("next") and following:
        return redirect("reading_slide", code, following[0])
    return redirect("reading_slides", code)
