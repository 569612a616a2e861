"""The language of a document: English, Chinese, or both side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.translation import override

from trialsite.kernel.texts import Text

LANGUAGES = ("en", "zh", "both")


@dataclass(frozen=True, slots=True)
class Tongue:
    """`both`: English with the Chinese beside it; the words of the system itself are then English."""

    code: str

    @property
    def html(self) -> str:
        return "zh-Hans" if self.code == "zh" else "en"

    @property
    def site(self) -> str:
        return "zh-hans" if self.code == "zh" else "en"

    @contextmanager
    def spoken(self) -> Iterator[None]:
        with override(self.site):
            yield

    def main(self, text: Text) -> str:
        return escape(text.zh if self.code == "zh" else text.en)

    def beside(self, text: Text) -> str:
        """The second language, when there is one and it says something else."""
        return escape(text.zh) if self.code == "both" and text.zh != text.en else ""

    def inline(self, text: Text) -> str:
        """Both in one line: "Yes 是"."""
        second = self.beside(text)
        return f'{self.main(text)} <span lang="zh-Hans">{second}</span>' if second else self.main(text)

    def stacked(self, text: Text) -> str:
        """The second language below the first."""
        second = self.beside(text)
        return f'{self.main(text)}<small lang="zh-Hans">{second}</small>' if second else self.main(text)
