"""Numbers and dates as people read them: "−32.6%", "24 Nov 2026", "2026年11月24日"."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext

NOTHING = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


def number(value: Any, places: int | None = None, *, sign: bool = False) -> str:
    """Rounded half away from zero, minus as U+2212; without `places` as stored, trailing zeros dropped."""
    if value is None or value == "":
        return NOTHING
    try:
        exact = _rounded(value, places) if isinstance(value, Fraction) else Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not exact.is_finite():
        return NOTHING
    if places is None:
        text = f"{abs(exact).normalize():f}"
    else:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        text = f"{abs(exact):f}"
    if exact < 0:
        return f"−{text}"
    return f"+{text}" if sign and exact > 0 else text


def _rounded(value: Fraction, places: int | None) -> Decimal:
    """An exact fraction as a decimal: rounded half away from zero, once; without `places` as precise as decimals are."""
    if places is None:
        return Decimal(value.numerator) / value.denominator
    size = int(abs(value) * 10**places + Fraction(1, 2))
    return Decimal(-size if value < 0 else size).scaleb(-places)


def per_hundred(value: Any) -> Decimal | Fraction:
    """A share of 1 in per cent, of its decimal digits: 100 * 0.2875 in binary is 28.749999999999996 (G-4)."""
    return value * 100 if isinstance(value, Fraction) else Decimal(str(value)) * 100


def share_text(value: Any, places: int | None = 1, *, sign: bool = False) -> str:
    """A share of 1 in per cent, without the sign: 23/80 is 28.8."""
    return number(None if value is None else per_hundred(value), places, sign=sign)


def points_between(after: tuple[int, int], before: tuple[int, int], places: int = 1) -> str:
    """The difference of two proportions, each x and n, in percentage points; a dash where one is not estimable."""
    if not after[1] or not before[1]:
        return NOTHING
    return share_text(Fraction(*after) - Fraction(*before), places, sign=True)


def viable(value: Any) -> str:
    """A share of viable tumour: one place, beside the threshold of 10 % as many as keep it from looking like it (D-24)."""
    text = number(value, 1)
    if text not in ("9.9", "10.0", "10.1") or Decimal(str(value)) == 10:
        return text
    exact = Decimal(str(value))
    if not Decimal("9.95") <= exact <= Decimal("10.05"):
        return text
    return number(value) if number(value, 2) == "10.00" else number(value, 2)


def percent(value: Any, places: int = 1, *, sign: bool = False) -> str:
    text = number(value, places, sign=sign)
    return text if text == NOTHING else f"{text}%"


def millimetres(value: Any) -> str:
    text = number(value)
    return text if text == NOTHING else f"{text} mm"


def chinese() -> bool:
    return (get_language() or "").startswith("zh")


def day(value: Any) -> str:
    """A date, a moment (in the time zone of the reader) or an ISO text, which may lack day or month."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    found = ISO.match(value.isoformat() if isinstance(value, dt.date) else str(value))
    if not found:
        return str(value)
    year, month, date = found.groups()
    if chinese():
        return f"{year}年" + (f"{int(month)}月" if month else "") + (f"{int(date)}日" if date else "")
    return " ".join(
        part
        for part in (str(int(date)) if date else "", MONTHS[int(month) - 1] if month else "", year)
        if part
    )


def moment(value: Any, seconds: bool = False) -> str:
    """Day and time of day."""
    if not isinstance(value, dt.datetime):
        return day(value)
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local)} {local:%H:%M:%S}" if seconds else f"{day(local)} {local:%H:%M}"


def zone(value: dt.datetime) -> str:
    """The distance of the reader's clock from UTC at a moment: `UTC+8`."""
    minutes = int((timezone.localtime(value).utcoffset() or dt.timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def age(value: Any, now: dt.datetime | None = None) -> str:
    """How long ago, in the largest whole unit."""
    if not isinstance(value, dt.date):
        return NOTHING
    if isinstance(value, dt.datetime):
        seconds = int(((now or timezone.now()) - value).total_seconds())
    else:
        seconds = (
            (now or timezone.now()).astimezone(timezone.get_current_timezone()).date() - value
        ).days * 86400
        if seconds <= 0:
            return gettext("today")
    if seconds < 60:
        return gettext("just now")
    if seconds < 3600:
        count = seconds // 60
        return ngettext("%(n)s min ago", "%(n)s min ago", count) % {"n": count}
    if seconds < 86400:
        count = seconds // 3600
        return ngettext("%(n)s h ago", "%(n)s h ago", count) % {"n": count}
    count = seconds // 86400
    return ngettext("%(n)s day ago", "%(n)s days ago", count) % {"n": count}
