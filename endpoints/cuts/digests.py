"""What the digest and the manifest of a data cut cover: anybody who has its rows can compute them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trialsite.kernel.digests import digest


def line_of(row: Any) -> list[str]:
    """What the digest of a cut covers of one participant."""
    return [row.number, row.status, row.input_digest, row.result_digest, digest(row.profile)]


def digest_of(
    lines: Sequence[Sequence[str]], cutoff: dt.date | None, final: bool, basis: str, settings: dict[str, Any]
) -> str:
    """One digest over every participant's input and result, the cut-off, the engine and its settings."""
    return digest([sorted(list(line) for line in lines), str(cutoff), final, basis, settings])


PARTS = ("results", "facts", "chains")
# What is not in the digest of a participant's line: what the figures are made of, what could still change, the sentence.
BESIDE = ("number", "cutoff", "error", "error_address", "summary", "moves")


def covers_of(
    parts: Mapping[str, Any], people: Iterable[Sequence[Any]], figures: Iterable[tuple[str, str, Any]]
) -> dict[str, Any]:
    """Digests of all of a cut that its digest does not cover, for the manifest: figures of the headline, state of the data,
    heads of the chains (`PARTS`), what is kept beside each participant's line (`BESIDE`), and the figures of every set
    by every evaluator, each by its name (set, evaluator, results)."""
    return {
        **{name: digest(parts[name]) for name in PARTS},
        "people": digest(sorted([*map(_plain, one)] for one in people)),
        "figures": {
            f"{population}/{evaluator}": digest(results) for population, evaluator, results in figures
        },
    }


def _plain(value: Any) -> str:
    """Something that can be sorted; rows of participants differ in their number, which comes first."""
    return value if isinstance(value, str) else digest(value)


def event_text(code: str, digest_of_cut: str, manifest: Mapping[str, Any]) -> str:
    """What the trail says of a confirmation: it names the cut, its digest and the digest of the manifest."""
    return f"{code} {digest_of_cut} manifest {digest(manifest)}"


def utc_text(at: dt.datetime) -> str:
    """A moment as a manifest writes it, whatever zone it was given in."""
    return at.astimezone(dt.UTC).isoformat()
