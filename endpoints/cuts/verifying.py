"""Is a data cut still what was signed? Its rows give its digest and those of its manifest, and the engine gives its
results again."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import Any

from endpoints.cuts.building import figures_of
from endpoints.cuts.digests import BESIDE, PARTS, covers_of, digest_of, event_text, line_of, utc_text
from endpoints.gather import Gathered
from endpoints.mapping import Paths
from endpoints.models import CutPerson, DataCut, Status, StoredFigures
from endpoints.services import compute
from endpoints.versions import basis
from trialsite.audit.actions import Action
from trialsite.audit.models import STUDY, AuditEvent
from trialsite.audit.verifying import Problem


class _NoPaths(Paths):
    """The fields behind a course are not kept with it: only what was read is compared."""

    def address(self, where: str) -> None:
        return None


def cuts(every: bool = True) -> Iterator[Problem | None]:
    """All data cuts, `None` after each; nothing when single participants are verified."""
    for cut in DataCut.objects.select_related("replaces").order_by("number") if every else ():
        yield from cut_problems(cut)
        yield None


def cut_problems(cut: DataCut) -> Iterator[Problem]:
    where = f"endpoints_datacut id={cut.pk} ({cut.code})"
    same = _basis(cut) == basis()
    lines: list[list[str]] = []
    good: list[tuple[Any, Any]] = []
    refused: list[Any] = []
    for row in cut.people.order_by("number").iterator(chunk_size=100):
        yield from _row_problems(row, cut, same)
        lines.append(line_of(row))
        if row.status == Status.OK:
            good.append((row.summary, row.profile))
        else:
            refused.append(row.profile)
    if digest_of(lines, cut.cutoff, cut.final, _basis(cut), cut.engine_settings) != cut.digest:
        yield Problem(where, "its participants, settings and engine do not give its digest")
    if cut.manifest.get("digest") != cut.digest:
        yield Problem(where, "the signature is not of this digest")
    said = AuditEvent.objects.filter(chain__name=STUDY, action=Action.CUT_CONFIRMED, target=cut.address)
    if [event.new for event in said] != [event_text(cut.code, cut.digest, cut.manifest)]:
        yield Problem(where, "the trail does not say that it was confirmed with this digest")
    yield from _manifest_problems(cut, where)
    if same:
        yield from _figure_problems(cut, good, refused, where)


def _basis(cut: DataCut) -> str:
    return f"{cut.engine}/{cut.configuration}"


COVERED = {
    "results": "its figures are not those that were signed",
    "facts": "its state of the data is not that which was signed",
    "chains": "its heads of the audit chains are not those that were signed",
    "people": "what it keeps beside courses and results of its participants is not what was signed",
}


def _manifest_problems(cut: DataCut, where: str) -> Iterator[Problem]:
    """Everything that is signed beside the digest, with the engine of then or without it."""
    for name, kept in _said(cut).items():
        if cut.manifest.get(name) != kept:
            yield Problem(where, f"its {name} is not what was signed")
    figures = StoredFigures.objects.filter(source=cut.address).order_by("population", "evaluator")
    rows = figures.values_list("population", "evaluator", "results")
    parts = {name: getattr(cut, name) for name in PARTS}
    found = covers_of(parts, cut.people.values_list(*BESIDE), rows)
    signed = cut.manifest.get("covers", {})
    for name, message in COVERED.items():
        if signed.get(name) != found[name]:
            yield Problem(where, message)
    yield from _stored_problems(signed.get("figures", {}), found["figures"], where)


def _stored_problems(signed: dict[str, str], found: dict[str, str], where: str) -> Iterator[Problem]:
    """The stored figures of every set by every evaluator are there, all of them and no other."""
    for name in sorted(signed.keys() | found.keys()):
        if name not in found:
            yield Problem(where, f"its figures of {_named(name)} are missing")
        elif name not in signed:
            yield Problem(where, f"its figures of {_named(name)} were not in it when it was signed")
        elif signed[name] != found[name]:
            yield Problem(where, f"its figures of {_named(name)} are not those that were signed")


def _named(name: str) -> str:
    population, _sep, evaluator = name.partition("/")
    return f"{population} by {evaluator}" if evaluator else f"{population} from profiles"


def _said(cut: DataCut) -> dict[str, Any]:
    """What the manifest says in words."""
    return {
        "code": cut.code, "title": cut.title, "reason": cut.reason, "cutoff": cut.cutoff.isoformat(),
        "moment": utc_text(cut.at), "final": cut.final, "replaces": cut.replaces.code if cut.replaces else "",
        "participants": cut.participants, "user": cut.confirmed_by_id, "at": utc_text(cut.confirmed_at),
    }  # fmt: skip


def _row_problems(row: CutPerson, cut: DataCut, same: bool) -> Iterator[Problem]:
    """A row whose texts give their digests; with the engine of then its result is computed again."""
    where = f"endpoints_cutperson id={row.pk} ({cut.code} {row.number})"
    try:
        case, body = zlib.decompress(row.case), zlib.decompress(row.body)
        course, content = json.loads(case), json.loads(body or b"{}")
    except Exception as failure:
        yield Problem(where, f"it cannot be read: {failure}")
        return
    if hashlib.sha256(case).hexdigest() != row.input_digest:
        yield Problem(where, "it is not what was written: its course does not give its digest")
    if hashlib.sha256(body).hexdigest() != row.result_digest:
        yield Problem(where, "it is not what was written: its result does not give its digest")
    if not same or not body:
        return
    made = compute(
        Gathered(row.participant_id, row.number, 0, row.cutoff, course, _NoPaths(), profile=row.profile)
    )
    if made.status != row.status or _bare(json.loads(made.body or "{}")) != _bare(content):
        yield Problem(where, "its result is not what the engine says of its course")
    elif json.loads(json.dumps(made.summary)) != row.summary:
        yield Problem(where, "its summary is not that of its result")


def _bare(content: Any) -> Any:
    """A result without the fields behind it and without the digest of the profile, whose order of keys is the database's."""
    if isinstance(content, dict):
        return {key: _bare(value) for key, value in content.items() if key not in ("address", "profile")} | (
            {"reads": [read[:2] for read in content["reads"]]}
            if "steps" in content and "reads" in content
            else {}
        )
    return [_bare(one) for one in content] if isinstance(content, list) else content


def _figure_problems(cut: DataCut, good: list[Any], refused: list[Any], where: str) -> Iterator[Problem]:
    """The kept figures are those of the participants, in every set and by every evaluator."""
    made = {key: json.loads(json.dumps(found)) for key, found in figures_of(good, refused).items()}
    headline = made["FAS", cut.engine_settings["evaluator"]]
    if headline != cut.results:
        yield Problem(where, "its figures are not those of its participants")
    for kept in StoredFigures.objects.filter(source=cut.address):
        if made.get((kept.population, kept.evaluator)) != kept.results:
            yield Problem(
                where,
                f"its figures of {kept.population} by {kept.evaluator} are not those of its participants",
            )
