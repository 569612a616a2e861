"""Section 9: every number of the rules, with its default. A result carries the settings it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from endpoints.engine.parsing import as_object, at
from endpoints.engine.steps import EngineError, gettext_noop

BAD_NUMBER = gettext_noop("{key} must be a number of at least 0, not {value}.")
BAD_DAYS = gettext_noop("{key} must be a whole number of at least 0, not {value}.")
BAD_SWITCH = gettext_noop("{key} must be true or false, not {value}.")
BAD_LEVEL = gettext_noop("{key} must lie between 0 and 1, not {value}.")
BAD_WORD = gettext_noop("{key} cannot be {value}.")

CONF_TYPES = ("log-log", "log", "plain")


@dataclass(frozen=True, slots=True)
class Settings:
    """Section 9 of the endpoint rules."""

    response_decrease_pct: Decimal = Decimal(30)  # R-31, M-11
    progression_increase_pct: Decimal = Decimal(20)  # R-32, M-11
    progression_increase_mm: Decimal = Decimal(5)
    mrecist_progression_increase_mm: Decimal = Decimal(5)
    too_small_mm: Decimal = Decimal(5)
    normal_node_mm: Decimal = Decimal(10)
    reappearance_after_cr_is_pd: bool = True
    confirmation_days: int = 28
    max_ne_between: int = 1
    accept_sd_between: bool = False
    min_sd_days: int = 35
    response_window_days: int = 182
    gap_days_resected: int = 196  # G-20
    gap_days_unresected: int = 140  # G-20
    mpr_threshold_pct: Decimal = Decimal(10)  # P-5, fixed by the registry
    reader_difference_points: Decimal = Decimal(10)  # P-9
    days_per_month: Decimal = Decimal("30.4375")  # G-2
    conf_level: float = 0.95  # S-1
    conf_type: str = "log-log"  # S-5
    evaluator: str = "INVESTIGATOR"  # G-23
    surgery_after_pd_days: int = 42  # G-25
    surgery_by_days: int = 183  # G-25

    @classmethod
    def from_json(cls, data: Any, where: str = "settings") -> Settings:
        """Read the settings of a case: absent ones take their default, unknown ones are refused."""
        if data is None:
            return DEFAULTS
        given = as_object(data, NAMES, where)
        values = {
            key: READERS[TYPES[key]](key, value, at(where, key))
            for key, value in given.items()
            if value is not None
        }
        if values.get("conf_type", "log-log") not in CONF_TYPES:
            raise EngineError(
                at(where, "conf_type"), BAD_WORD, {"key": "conf_type", "value": values["conf_type"]}
            )
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """All settings, exact decimals as text."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in pairs}

    def floor_mm(self, mrecist: bool) -> Decimal:
        """R-32, Q-3: the growth in mm below which there is no progression."""
        return self.mrecist_progression_increase_mm if mrecist else self.progression_increase_mm


def _decimal(key: str, value: Any, where: str) -> Decimal:
    """An exact decimal; a JSON number is taken as it is written."""
    exact = _exact(value)
    if exact is None or exact < 0 or (key == "days_per_month" and exact == 0):
        raise EngineError(where, BAD_NUMBER, {"key": key, "value": str(value)})
    return exact


def _exact(value: Any) -> Decimal | None:
    """A finite number, or none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _days(key: str, value: Any, where: str) -> int:
    """A whole number of days or of assessments."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise EngineError(where, BAD_DAYS, {"key": key, "value": str(value)})
    return value


def _switch(key: str, value: Any, where: str) -> bool:
    """On or off."""
    if value is not True and value is not False:
        raise EngineError(where, BAD_SWITCH, {"key": key, "value": str(value)})
    return bool(value)


def _level(key: str, value: Any, where: str) -> float:
    """A confidence level."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise EngineError(where, BAD_LEVEL, {"key": key, "value": str(value)})
    return float(value)


def _word(key: str, value: Any, where: str) -> str:
    """A word."""
    if not isinstance(value, str) or not value:
        raise EngineError(where, BAD_WORD, {"key": key, "value": str(value)})
    return value


READERS: dict[str, Callable[[str, Any, str], Any]] = {
    "Decimal": _decimal,
    "int": _days,
    "bool": _switch,
    "float": _level,
    "str": _word,
}
TYPES: dict[str, str] = {field.name: str(field.type) for field in fields(Settings)}
NAMES: frozenset[str] = frozenset(TYPES)
DEFAULTS = Settings()
