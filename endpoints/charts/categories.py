"""How the groups of participants look in every figure: colour and hatch together (never colour alone)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from trialsite.web.charts import DOTS, EDGE, HATCH, NAVY, ORANGE, TEAL

# Key, name, fill, outline: by the final central pathology.
PATHOLOGY: tuple[tuple[str, str, str, str], ...] = (
    ("PCR", N_("pCR (RVT 0%)"), NAVY, NAVY),
    ("MPR", N_("MPR (RVT ≤10%)"), TEAL, TEAL),
    ("NO_MPR", N_("No MPR (RVT >10%)"), HATCH, ORANGE),
    ("NOT_RESECTED", N_("Not resected"), "#ffffff", EDGE),
    ("PENDING", N_("Result pending"), DOTS, EDGE),
)


def names_of(keys: set[str]) -> list[str]:
    """Names of the groups that occur, in the order of the legend."""
    return [_(name) for key, name, _fill, _edge in PATHOLOGY if key in keys]


def name_of(key: str) -> str:
    return next(_(name) for one, name, _fill, _edge in PATHOLOGY if one == key)


def link(row: Mapping[str, Any]) -> dict[str, Any]:
    """Where a click on a mark leads in the browser, where a row has it."""
    return {"href": row["href"]} if "href" in row else {}


def fill(keys: set[str], legend: Any) -> alt.Fill:
    used = [row for row in PATHOLOGY if row[0] in keys]
    scale = alt.Scale(domain=[_(row[1]) for row in used], range=[row[2] for row in used])
    return alt.Fill("group:N", scale=scale, legend=legend, sort=None)


def stroke(keys: set[str]) -> alt.Stroke:
    used = [row for row in PATHOLOGY if row[0] in keys]
    scale = alt.Scale(domain=[_(row[1]) for row in used], range=[row[3] for row in used])
    return alt.Stroke("group:N", scale=scale, legend=None, sort=None)
