"""From JSON values to typed ones. Whatever does not fit is refused, with its place (G-27)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from endpoints.engine.steps import EngineError, gettext_noop
from trialsite.kernel.partial_date import PartialDate, complete_date

Json = Mapping[str, Any]
Row = TypeVar("Row")

LAST_YEAR = 9000  # windows of days are added to dates, and the calendar ends with 9999

UNKNOWN_KEY = gettext_noop("Unknown key {key}.")
REQUIRED = gettext_noop("{key} is required.")
NOT_AN_OBJECT = gettext_noop("An object is expected here.")
NOT_AN_ARRAY = gettext_noop("An array is expected here.")
NOT_A_DATE = gettext_noop("{value} is not a complete date (YYYY-MM-DD).")
NOT_A_PARTIAL_DATE = gettext_noop("{value} is not a date (YYYY, YYYY-MM or YYYY-MM-DD).")
TOO_LATE = gettext_noop("{value} lies beyond the year 9000.")
NOT_A_NUMBER = gettext_noop("{value} is not a decimal number written as text.")
NOT_YES_NO = gettext_noop("{value} is neither true nor false.")
NOT_TEXT = gettext_noop("{value} is not text.")
UNKNOWN_CODE = gettext_noop("Unknown code {value}; expected one of {codes}.")


def at(where: str, key: str) -> str:
    """The path of a key below `where`."""
    return f"{where}.{key}" if where else key


def as_object(value: Any, allowed: frozenset[str], where: str) -> Json:
    """A JSON object without unknown keys."""
    if not isinstance(value, dict):
        raise EngineError(where, NOT_AN_OBJECT)
    if allowed.issuperset(value):
        return value
    key = min(str(key) for key in value.keys() - allowed)
    raise EngineError(at(where, key), UNKNOWN_KEY, {"key": key})


def rows(data: Json, key: str, where: str = "") -> list[Any]:
    """An array; absent or null is empty."""
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise EngineError(at(where, key), NOT_AN_ARRAY)
    return value


def each(data: Json, key: str, where: str, read: Callable[[Any, str], Row]) -> tuple[Row, ...]:
    """The rows of an array, each with its path."""
    found = data.get(key)
    if not found and (found is None or found == []):
        return ()
    path = at(where, key)
    if not isinstance(found, list):
        raise EngineError(path, NOT_AN_ARRAY)
    return tuple([read(row, f"{path}[{i}]") for i, row in enumerate(found)])


def need(data: Json, key: str, where: str) -> Any:
    """A value that must be there."""
    value = data.get(key)
    if value is None:
        raise EngineError(at(where, key), REQUIRED, {"key": key})
    return value


def complete(value: Any) -> date | None:
    """The day of YYYY-MM-DD; none when it is anything else, or too late to count days from."""
    if not isinstance(value, str):
        return None
    try:
        found = complete_date(value)
    except ValueError:
        return None
    return found if found.year <= LAST_YEAR else None


def _too_late(value: Any) -> bool:
    """A date, but beyond the years that are counted with."""
    try:
        return isinstance(value, str) and PartialDate.parse(value).latest.year > LAST_YEAR
    except ValueError:
        return False


def day(data: Json, key: str, where: str) -> date | None:
    """G-10: a complete date, or none."""
    value = data.get(key)
    if value is None:
        return None
    return complete(value) or as_day(value, at(where, key))


def needed_day(data: Json, key: str, where: str) -> date:
    """A complete date that must be there."""
    value = data.get(key)
    return complete(value) or as_day(need(data, key, where), at(where, key))


def as_day(value: Any, where: str) -> date:
    """A complete date, or the refusal."""
    found = complete(value)
    if found is None:
        raise EngineError(where, TOO_LATE if _too_late(value) else NOT_A_DATE, {"value": value})
    return found


def partial_day(data: Json, key: str, where: str) -> PartialDate | None:
    """A date that may lack its day, or day and month."""
    value = data.get(key)
    if value is None:
        return None
    return as_partial_day(value, at(where, key))


def as_partial_day(value: Any, where: str) -> PartialDate:
    """A date that may lack its day, or day and month."""
    if _too_late(value):
        raise EngineError(where, TOO_LATE, {"value": value})
    try:
        if isinstance(value, str):
            return PartialDate.parse(value)
    except ValueError:
        pass
    raise EngineError(where, NOT_A_PARTIAL_DATE, {"value": value})


def exact(value: Any) -> Decimal | None:
    """R-40: an exact decimal written as text, or a whole number; none when it is anything else."""
    if isinstance(value, str):
        digits = value.removeprefix("-").replace(".", "", 1)
        return Decimal(value) if digits.isdigit() and value.isascii() else None
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


def number(data: Json, key: str, where: str) -> Decimal | None:
    """An exact decimal, or none; binary fractions are refused."""
    value = data.get(key)
    if value is None:
        return None
    found = exact(value)
    if found is None:
        raise EngineError(at(where, key), NOT_A_NUMBER, {"value": value})
    return found


def yes_no(data: Json, key: str, where: str) -> bool | None:
    """true, false, or none."""
    value = data.get(key)
    if value is None or value is True or value is False:
        return value
    raise EngineError(at(where, key), NOT_YES_NO, {"value": value})


def needed_yes_no(data: Json, key: str, where: str) -> bool:
    """true or false, and it must be there."""
    need(data, key, where)
    return bool(yes_no(data, key, where))


def text(data: Json, key: str, where: str) -> str | None:
    """Any text, or none."""
    value = data.get(key)
    if value is None or isinstance(value, str):
        return value
    raise EngineError(at(where, key), NOT_TEXT, {"value": value})


def needed_text(data: Json, key: str, where: str) -> str:
    """Text that must be there and not be empty."""
    value = text(data, key, where)
    if not value:
        raise EngineError(at(where, key), REQUIRED, {"key": key})
    return value


def code(data: Json, key: str, where: str, codes: Collection[str]) -> str | None:
    """A word of a code list, or none."""
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in codes:
        params = {"value": value, "codes": sorted(codes)}
        raise EngineError(at(where, key), UNKNOWN_CODE, params)
    return value


def needed_code(data: Json, key: str, where: str, codes: Collection[str]) -> str:
    """A word of a code list that must be there."""
    need(data, key, where)
    return code(data, key, where, codes) or ""
