"""Texts of the study itself, which the CRF book gives in both languages.

Interface sentences go through gettext. Labels, code lists and check messages are study content: the book fixes
both wordings, and one English word ("Specify") has different Chinese in different places, which a catalogue keyed
by the English text cannot hold. See docs/adr/0003.
"""

from __future__ import annotations

from collections.abc import Callable

_language: Callable[[], str | None] = lambda: "en"  # noqa: E731


def use_language(source: Callable[[], str | None]) -> None:
    """Tell the kernel how to learn the reader's language (Django's `get_language` on the site)."""
    global _language
    _language = source


class Text:
    """A text in English and Chinese; `str()` gives the reader's language."""

    __slots__ = ("en", "zh")

    def __init__(self, en: str, zh: str = "") -> None:
        self.en = en
        self.zh = zh or en

    def in_(self, language: str | None) -> str:
        return self.zh if (language or "").startswith("zh") else self.en

    def __str__(self) -> str:
        return self.in_(_language())

    def __repr__(self) -> str:
        return f"Text({self.en!r}, {self.zh!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.en, self.zh) == (other.en, other.zh)

    def __hash__(self) -> int:
        return hash((self.en, self.zh))

    def __html__(self) -> str:
        from html import escape

        return escape(str(self))
