"""A certified copy, written participant by participant into one archive: memory stays flat, whatever the trial holds.

`archive_write` is all that is needed from outside: the page, the command and the snapshot of a database lock use it.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation

from crf.models import FormInstance
from crf.selectors.trail import READING, withheld_targets
from participants.models import Participant
from trialsite.accounts.models import Site
from trialsite.audit import trail
from trialsite.audit.exploring import Scope
from trialsite.audit.models import STUDY, AuditChain
from trialsite.audit.selectors import Head, heads_digest
from trialsite.kernel.study import study

from .participant import Copied, write_chain
from .readme import readme
from .tables import Tables
from .whole import (
    write_definitions,
    write_documents,
    write_holds,
    write_people,
    write_sites,
    write_trail_review,
)
from .writer import Writer, digest_of

VERSION = 1
VERIFIERS = ("verify_copy.py", "verify_trail.py")
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Certifier:
    """Who certifies, as it is printed."""

    username: str
    printed_name: str
    role: str


@dataclass(slots=True)
class Archived:
    """The finished archive."""

    path: Path
    sha256: str
    size: int
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, Any]:
        """What is kept of it in the database: everything but the list of files."""
        return {name: value for name, value in self.manifest.items() if name != "files"}


def archive_write(
    to: Path, participants: Iterable[Participant] | None = None, *, by: Certifier, at: dt.datetime, language: str = "en",
    site: Site | None = None, tell: Tell | None = None, extra: dict[str, Any] | None = None,
) -> Archived:  # fmt: skip
    """Write a certified copy to a file that does not exist yet, and give its digest.

    `participants`: those of the site, or all, unless given. `site`: the copy holds nothing but this site. `tell` hears
    how many participants are done. `extra`: facts for the manifest (the number of a database lock).
    """
    if participants is None:
        found = Participant.objects.select_related("site").order_by("number")
        participants = found.filter(site=site) if site else found
    people = list(participants)
    scope = Scope(
        study=site is None, participants=True, sites=None, study_chain=0, withheld=_withheld(people, site)
    )
    making = _Making(Writer(to), people, scope, language, at, site, tell or (lambda done, whole: None))
    try:
        with tempfile.TemporaryDirectory(prefix="copy-", dir=to.parent) as folder:
            manifest = making.run(Path(folder), by, extra or {})
    except BaseException:
        making.to.abandon()
        to.unlink(missing_ok=True)
        raise
    return Archived(to, digest_of(to), to.stat().st_size, manifest)


def _withheld(people: Iterable[Participant], site: Site | None) -> frozenset[str]:
    """Single central readings: of a site's copy all of them, else those whose case has no final result."""
    if site is None:
        return frozenset(withheld_targets())
    readings = FormInstance.objects.filter(form_key=READING, participant__in=list(people))
    return frozenset(f"form:{pk}" for pk in readings.values_list("pk", flat=True))


@dataclass(slots=True)
class _Making:
    to: Writer
    people: list[Participant]
    scope: Scope
    language: str
    at: dt.datetime
    site: Site | None
    tell: Tell
    chains: list[dict[str, Any]] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)

    def run(self, folder: Path, by: Certifier, extra: dict[str, Any]) -> dict[str, Any]:
        with translation.override("zh-hans" if self.language == "zh" else "en"):
            tables = Tables(folder)
            for done, participant in enumerate(self.people):
                self.tell(done, len(self.people))
                self._participant(participant, tables)
            self._tables(tables)
            if self.site is None:
                self._study_chain()
                write_trail_review(self.to)
                write_documents(self.to)
            write_definitions(self.to)
            write_sites(self.to, self.site)
            write_people(self.to, self.site)
            write_holds(self.to, self.site)
        for name in VERIFIERS:
            self.to.file(name, settings.BASE_DIR / "static" / "trail" / name)
        manifest = self._manifest(by, extra)
        self.to.text("README.txt", readme(manifest))
        return self.to.close(manifest)

    def _participant(self, participant: Participant, tables: Tables) -> None:
        """Under the lock of the chain: data and trail are of one moment."""
        with transaction.atomic():
            chain = trail.participant_chain(participant)
            copied = Copied(participant, self.scope, self.language, self.at)
        copied.write(self.to, tables)
        # What was written since has higher numbers: the walk ends at the head that was read.
        self._kept(copied.trail(self.to, chain), f"{copied.folder}/trail.jsonl", participant.number)

    def _study_chain(self) -> None:
        chain = AuditChain.objects.filter(name=STUDY, length__gt=0).first()
        if chain is not None:
            self._kept(write_chain(self.to, chain, "study", self.scope, self.at), "study/trail.jsonl", "")

    def _kept(self, head: Head, file: str, number: str) -> None:
        self.heads.append(head)
        told = {
            "chain": head.name,
            "participant": number,
            "length": head.length,
            "head": head.head,
            "file": file,
        }
        self.chains.append(told)

    def _tables(self, tables: Tables) -> None:
        """Tables whose name begins with `_` are of the review, the others of the data."""
        for path in tables.close():
            place = f"review/{path.name[1:]}" if path.name.startswith("_") else f"data/{path.name}"
            self.to.file(place, path)

    def _manifest(self, by: Certifier, extra: dict[str, Any]) -> dict[str, Any]:
        return {
            "copy": VERSION, "study": study().id, "title": str(study().title),
            "scope": f"Site {self.site.number}" if self.site else "Whole trial",
            "site": self.site.number if self.site else "",
            "certified": {
                "username": by.username, "printed_name": by.printed_name, "role": by.role,
                "at": self.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            },
            "language": self.language, "configuration": study().digest,
            "participants": [participant.number for participant in self.people],
            "chains": self.chains, "heads_digest": heads_digest(self.heads),
            "events": sum(head.length for head in self.heads), "left_out": self._left_out(), **extra,
        }  # fmt: skip

    def _left_out(self) -> list[dict[str, Any]]:
        """Named plainly, so that nobody takes the copy for more than it is."""
        found = []
        if self.scope.withheld:
            ours = {f"form:{pk}" for pk in FormInstance.objects.filter(
                form_key=READING, participant__in=self.people
            ).values_list("pk", flat=True)} & self.scope.withheld  # fmt: skip
            if ours:
                found.append(_readings(sorted(ours, key=lambda one: int(one[5:])), self.site))
        if self.site:
            found.append(
                {
                    "what": "study chain",
                    "en": "The trail of the study itself (accounts, sign-ins, exports): it also speaks of other sites.",
                    "zh": "研究本身的稽查轨迹(账户、登录、导出):其中也涉及其他中心。",
                }
            )
        found.append(
            {
                "what": "endpoints",
                "en": "Results of endpoints: they follow from these data and are in the endpoint reports.",
                "zh": "终点结果:由这些数据推导得出,见终点报告。",
            }
        )
        found.append(
            {
                "what": "secrets",
                "en": "Passwords and second factors: no copy holds them.",
                "zh": "密码与双因素凭证:任何副本都不含。",
            }
        )
        return found


def _readings(addresses: list[str], site: Site | None) -> dict[str, Any]:
    if site is None:
        english = f"{len(addresses)} single central readings whose case has no final result yet (blinding): their content"
        chinese = f"{len(addresses)} 份尚无最终结果的中心病理单次阅片(设盲):不含其内容"
    else:
        english = f"{len(addresses)} single central readings (a site sees the final result): their content"
        chinese = f"{len(addresses)} 份中心病理单次阅片(中心仅见最终结果):不含其内容"
    return {
        "what": "single central readings", "forms": addresses,
        "en": english + " is not in the data, and of their events the trail holds place and digest only.",
        "zh": chinese + ",其事件在轨迹中仅有位置与摘要。",
    }  # fmt: skip
