"""What a browser would find in a page: the answers in its form, its visible words, the message at a field."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
VOID = {"area", "base", "br", "col", "data", "hr", "img", "input", "link", "meta", "source", "use", "wbr"}
SILENT = {"script", "style", "template", "svg", "title"}


class _Reader(HTMLParser):
    def __init__(self, form: str = "") -> None:
        super().__init__()
        self.wanted = form
        self.inside = not form
        self.answers: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self.errors: dict[str, str] = {}
        self.names: list[str] = []  # values of aria-label and title: they are read aloud
        self._select = ""
        self._textarea = ""
        self._silent = 0
        self._error = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in SILENT:
            self._silent += 1
        if self._silent:
            return
        self.names += [given[name] for name in ("aria-label", "title", "placeholder") if given.get(name)]
        if tag == "form" and self.wanted:
            self.inside = given.get("id") == self.wanted
        if tag == "p" and given.get("id", "").startswith("e-"):
            self._error = given["id"].removeprefix("e-")
        if self.inside and "disabled" not in given:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select:
            if "selected" in given:
                self.answers[self._select] = [given.get("value", "")]
        elif tag == "select" and name:
            self._select = name
            self.answers.setdefault(name, [""])
        elif tag == "textarea":
            self._textarea = name
            self.answers[name] = [""]
        elif tag == "input" and name:
            if given.get("type") in ("radio", "checkbox"):
                if "checked" in given:
                    self.answers.setdefault(name, []).append(given.get("value", "on"))
            else:
                self.answers.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "p":
            self._error = ""

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._textarea:
            self.answers[self._textarea] = [data]
        if self._error:
            self.errors[self._error] = self.errors.get(self._error, "") + data
        self.texts.append(data)


def read(response: Any, form: str = "") -> _Reader:
    """Only to be looked at: the same page is read once."""
    return _read(response.content.decode() if hasattr(response, "content") else response, form)


@lru_cache(maxsize=4)
def _read(page: str, form: str) -> _Reader:
    reader = _Reader(form)
    reader.feed(page)
    return reader


def answers(response: Any, form: str = "crf") -> dict[str, list[str]]:
    """Name → values of the entry form, as a browser would post it; empty ones left out."""
    return filled(read(response, form).answers)


def filled(data: dict[str, Any]) -> dict[str, list[str]]:
    """A post without its empty inputs, months as numbers, lists in one order: two posts can then be compared."""
    found = {}
    for name, value in data.items():
        values = [str(item) for item in (value if isinstance(value, list | tuple) else [value]) if str(item)]
        if name.endswith("__m"):
            values = [str(MONTHS.index(v) + 1) if v in MONTHS else v.lstrip("0") for v in values]
        elif name.endswith("__d"):
            values = [v.lstrip("0") for v in values]
        name = re.sub(
            r"\.n(\d+)\.", r".\1.", name
        )  # a new row that could not be saved is shown with its number
        if values and name not in ("csrfmiddlewaretoken", "token", "version", "action"):
            found[name] = sorted(values)
    return found


def error_at(response: Any, path: str) -> str:
    """The message that stands at a field; empty when there is none."""
    return read(response).errors.get("f-" + path.replace(":", "-").replace("/", "-"), "").strip()


def words(response: Any) -> list[str]:
    """Every text of the page, the names of its controls included."""
    reader = read(response)
    return [text.strip() for text in [*reader.texts, *reader.names] if text.strip()]
