"""Days, times and lines of material as they are typed, read into what the services take."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pathology.models import ItemKind
from pathology.services.specimens import Arrived

DAY = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})$")
TIME = re.compile(r"(\d{1,2})[:.](\d{2})$")
KINDS = {
    "block": ItemKind.BLOCK, "b": ItemKind.BLOCK, "蜡块": ItemKind.BLOCK,
    "slide": ItemKind.SLIDE, "s": ItemKind.SLIDE, "切片": ItemKind.SLIDE,
}  # fmt: skip
NOT_BED = frozenset({"no", "n", "0", "-", "否"})
BED = frozenset({"yes", "y", "1", "+", "bed", "是"})


class Unreadable(Exception):
    """What was typed cannot be read; `reason` says what is expected."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def day_of(text: str) -> dt.date | None:
    """`2026-11-24`; none when empty."""
    text = text.strip()
    if not text:
        return None
    found = DAY.match(text)
    try:
        return dt.date(*(int(part) for part in found.groups())) if found else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> dt.date:
    raise Unreadable(_("“%(text)s” is no date. Write year, month and day: 2026-11-24.") % {"text": text[:20]})


def moment_of(day: str, time: str) -> dt.datetime:
    """A day and a time of day where the person is; without a time, of a day that is today, now."""
    date = day_of(day)
    if date is None:
        raise Unreadable(_("Say on which day this happened."))
    now = timezone.localtime()
    if not time.strip():
        clock = now.time().replace(second=0, microsecond=0) if date == now.date() else dt.time(12)
    else:
        found = TIME.match(time.strip())
        try:
            clock = dt.time(int(found[1]), int(found[2])) if found else _no_time(time)
        except ValueError:
            clock = _no_time(time)
    return timezone.make_aware(dt.datetime.combine(date, clock))


def _no_time(text: str) -> dt.time:
    raise Unreadable(_("“%(text)s” is no time of day. Write hours and minutes: 14:30.") % {"text": text[:20]})


def lines_of(text: str) -> list[Arrived]:
    """`A1-1 A1 1 HE`: label, block, nodule, stain; `block A1` for a block; `no` at the end: not from the tumour bed.

    One item a line; parts are divided by blanks, tabs, commas or semicolons.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = [part for part in re.split(r"[\s,;,;]+", line.strip()) if part]
        if parts:
            found.append(_line(number, parts))
    return found


def _line(number: int, parts: list[str]) -> Arrived:
    kind = ItemKind.SLIDE
    if parts[0].casefold() in KINDS and len(parts) > 1:
        kind = KINDS[parts.pop(0).casefold()]
    bed = True
    if (
        len(parts) > 2
        and parts[-1].casefold() in NOT_BED | BED
        and not (len(parts) == 3 and parts[-1].isdigit())
    ):
        bed = parts.pop().casefold() in BED
    if len(parts) > 4:
        raise Unreadable(
            _("Line %(n)s has too many parts. Write label, block, nodule and stain: A1-1 A1 1 HE.")
            % {"n": number}
        )
    label, block, nodule, stain = [*parts, "", "", "", ""][:4]
    if kind == ItemKind.BLOCK and not block:
        block = label
    return Arrived(kind, label, block, nodule_of(nodule), stain, bed)


def nodule_of(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise Unreadable(_("“%(text)s” is no number of a nodule.") % {"text": text[:20]})
    return int(text)


def typed_rows(post: Any, rows: int) -> list[dict[str, str]]:
    """The table of received items as it was posted, by row."""
    names = ("kind", "label", "block", "nodule", "stain", "bed")
    return [{name: post.get(f"r{n}.{name}", "").strip() for name in names} for n in range(1, rows + 1)]


def arrived_of(rows: list[dict[str, str]]) -> list[Arrived]:
    """Rows with a label; one that has other things but no label is refused by the service."""
    return [
        Arrived(
            row["kind"] or ItemKind.SLIDE, row["label"], row["block"], nodule_of(row["nodule"]), row["stain"],
            row["bed"] != "N",
        )
        for row in rows
        if row["label"] or row["block"] or row["nodule"] or row["stain"]
    ]  # fmt: skip
