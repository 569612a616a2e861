"""Why a file cannot become the image of a slide: a code and the numbers of its sentence. Plain Python."""

from __future__ import annotations

from typing import Any


class Unfit(Exception):
    """`code` names the sentence (`pathology.image_words.WORDS`); `params` fill it in. Never a file name, never content."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params
