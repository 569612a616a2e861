"""Calendar dates of which the day, or the day and the month, may be unknown."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

Precision = Literal["Y", "M", "D"]
Impute = Literal["first", "mid", "last"]
Highest = Literal["none", "D", "M"]
Flag = Literal["D", "M"]

DATE_FORMS = "YYYY, YYYY-MM or YYYY-MM-DD"


class Imputed(NamedTuple):
    """A complete day and what was imputed for it: nothing, the day (D), or day and month (M)."""

    date: date
    flag: Flag | None


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as it was given, with the first and the last day it can mean."""

    text: str
    earliest: date
    latest: date

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read YYYY, YYYY-MM or YYYY-MM-DD; anything else is a ValueError."""
        if not text.isascii():
            raise ValueError(f"not a date of the form {DATE_FORMS}: {text!r}")
        if len(text) == 10:
            day = complete_date(text)
            return cls(text, day, day)
        digits = text.replace("-", "", 1)
        if not digits.isdigit() or len(text) not in (4, 7) or (len(text) == 7) != (text[4:5] == "-"):
            raise ValueError(f"not a date of the form {DATE_FORMS}: {text!r}")
        year = int(text[:4])
        if len(text) == 4:
            return cls(text, date(year, 1, 1), date(year, 12, 31))
        month = int(text[5:])
        first = date(year, month, 1)
        return cls(text, first, date(year, month, monthrange(year, month)[1]))

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """A complete day."""
        return cls(day.isoformat(), day, day)

    @property
    def precision(self) -> Precision:
        """Y, M or D: the smallest part that is known."""
        return "D" if len(self.text) == 10 else "M" if len(self.text) == 7 else "Y"

    @property
    def complete(self) -> date | None:
        """The day, when the date is complete."""
        return self.earliest if self.earliest == self.latest else None

    def isoformat(self) -> str:
        """The date as it was given."""
        return self.text

    def __str__(self) -> str:
        return self.text

    def certainly_before(self, other: date | PartialDate) -> bool:
        """True when no reading of the two dates puts this one on or after the other."""
        return self.latest < (other.earliest if isinstance(other, PartialDate) else other)

    def certainly_after(self, other: date | PartialDate) -> bool:
        """True when no reading of the two dates puts this one on or before the other."""
        return self.earliest > (other.latest if isinstance(other, PartialDate) else other)

    def impute(
        self,
        how: Impute = "first",
        highest: Highest = "M",
        not_before: date | None = None,
        not_after: date | None = None,
    ) -> Imputed | None:
        """G-10: one day for the date; a limit moves it only when it lies inside the possible range."""
        if self.complete is not None:
            return Imputed(self.earliest, None)
        flag: Flag = "D" if self.precision == "M" else "M"
        if highest == "none" or (highest == "D" and flag == "M"):
            return None
        day = self._first_guess(how)
        if not_before is not None and self.earliest <= not_before <= self.latest and day < not_before:
            day = not_before
        if not_after is not None and self.earliest <= not_after <= self.latest and day > not_after:
            day = not_after
        return Imputed(day, flag)

    def _first_guess(self, how: Impute) -> date:
        """G-10: the first day, the last day, or the middle (the 15th; 30 June when the month is missing)."""
        if how == "first":
            return self.earliest
        if how == "last":
            return self.latest
        if self.precision == "M":
            return self.earliest.replace(day=15)
        return date(self.earliest.year, 6, 30)


def complete_date(text: str) -> date:
    """Read YYYY-MM-DD and nothing else (week dates and basic format are refused)."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(f"not a date of the form YYYY-MM-DD: {text!r}")
    return date.fromisoformat(text)
