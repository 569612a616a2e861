"""The data dictionary equals the CRF book, leaf by leaf: nothing missing, nothing extra."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from crf.dictionary import dictionary

BOOK = json.loads((Path(__file__).parent.parent / "data" / "crf-book.json").read_text())
# How a list of the book names its lines.
KEYS = {"forms": "code", "sections": "id", "fields": "name", "codelists": "id", "codes": "code", "checks": "id",
        "analytes": "code", "visits": "code", "ie": "code", "ctcae": "term"}  # fmt: skip


def leaves(value: Any, path: str = "", name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its way through the document; lines of lists by their own names."""
    if isinstance(value, dict):
        yield path + "/", sorted(value)
        for key, one in value.items():
            yield from leaves(one, f"{path}/{key}", key)
    elif isinstance(value, list) and name in KEYS:
        names = [one[KEYS[name]] for one in value]
        yield path + "[]", names
        for key, one in zip(names, value, strict=True):
            yield from leaves(one, f"{path}[{key}]")
    else:
        yield path, value


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    out = io.StringIO()
    call_command("data_dictionary", "--format", "json", stdout=out)
    return json.loads(out.getvalue())


def test_every_leaf_is_that_of_the_book(printed: dict[str, Any]) -> None:
    ours, book = dict(leaves(printed)), dict(leaves(BOOK))
    missing, extra = sorted(set(book) - set(ours)), sorted(set(ours) - set(book))
    assert (missing, extra) == ([], [])
    assert {path: (ours[path], book[path]) for path in book if ours[path] != book[path]} == {}


def test_as_much_as_the_book_has() -> None:
    """The comparison saw something: the counts that the book gives of itself."""
    found = dictionary()
    fields = [f for form in found["forms"] for section in form["sections"] for f in section["fields"]]
    counts = {name: len(found[name]) for name in ("forms", "codelists", "checks", "analytes", "visits", "ie")}
    assert len(fields) == 629
    assert counts == {
        "forms": 25, "codelists": 112, "checks": 337, "analytes": 62, "visits": 33, "ie": 41
    }  # fmt: skip


def test_fields_as_a_table() -> None:
    out = io.StringIO()
    call_command("data_dictionary", "--format", "csv", stdout=out)
    lines = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(lines) == 629
    assert next(line for line in lines if line["name"] == "tl_diam")["form"] == "TA"
