"""`{% load logs %}`: the table of a log as the query string asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.http import urlencode

from crf.selectors.logs import Column, Log

register = template.Library()


@register.inclusion_tag("crf/_log_table.html")
def log_table(log: Log, asked: Mapping[str, str], may_add: Any) -> dict[str, Any]:
    """`?sort=-start&show=grade3`. Unknown words ask for nothing."""
    sort, show = asked.get("sort", ""), asked.get("show", "")
    known = {key for key, _words, _n, _on in log.filters(show)}
    show = show if show in known else ""
    return {
        "log": log,
        "lines": log.shown(sort, show),
        "heads": [_head(column, sort, show) for column in log.columns],
        "number": _sorted("n", sort, show),
        "filters": [(words, n, on, _query(sort=sort, show=key)) for key, words, n, on in log.filters(show)],
        "may_add": may_add,
    }


def _head(column: Column, sort: str, show: str) -> dict[str, Any]:
    found = {"title": column.title, "minor": column.minor, "href": "", "order": ""}
    return found | (_sorted(column.key, sort, show) if column.sort else {})


def _sorted(key: str, sort: str, show: str) -> dict[str, Any]:
    """Where a click on the head leads, and how the table stands by this column now."""
    now = (
        "descending" if sort == f"-{key}" else "ascending" if sort == key or (key == "n" and not sort) else ""
    )
    turned = f"-{key}" if now == "ascending" else key
    return {"href": _query(sort=turned, show=show), "order": now}


def _query(**parts: str) -> str:
    return "?" + urlencode({name: value for name, value in parts.items() if value})
