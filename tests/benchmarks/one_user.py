"""One person opens and saves every form; a plain ModelForm of the same fields in turn."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from django.test import Client

from crf.models import FormInstance
from crf.registry import log_of
from tests import world
from trialsite.accounts.models import User

from . import site
from .measure import Browser, Sample, alternate, queries, quiet

OPENED = {
    "ICF": ("SCR", 1), "DM": ("SCR", 1), "MH1": ("", 1), "CM1": ("", 1), "HCC": ("SCR", 1), "HEP": ("SCR", 1),
    "VS": ("SCR", 1), "LB": ("SCR", 1), "EG": ("SCR", 1), "TA": ("TA2", 1), "IE": ("SCR", 1), "EC": ("C1", 1),
    "AE1": ("", 6), "EOT": ("EOT", 2), "SURG": ("SURG", 1), "CPATH": ("CPATH", 1), "SACT": ("", 1), "SS": ("SURV5", 1),
    "DTH": ("", 1), "EOS": ("EOS", 1),
}  # fmt: skip
# One to three answers that change and change back: the field of the product, the values.
CORRECTED: dict[str, dict[str, tuple[str, str]]] = {
    "ICF": {"icf_dssttim": ("09:20", "09:35")},
    "DM": {"su_packyr": ("15", "16"), "famhx_hcc": ("N", "Y")},
    "MH1": {"mhterm": ("Chronic hepatitis B", "Hepatitis B, chronic")},
    "CM1": {"cmtrt": ("Entecavir", "Entecavir tablets")},
    "HCC": {"hcc_flr_pct": ("58", "57"), "hcc_icgr15": ("6.8", "6.9")},
    "HEP": {"hbsag_quant": ("1250.00", "1260.00")},
    "VS": {"pulse": ("74", "75"), "temp": ("36.4", "36.5")},
    "LB": {"LB2.1.lborres": ("5.6", "5.7")},
    "EG": {"eg_hr": ("72", "73"), "eg_pr": ("158", "159")},
    "TA": {"TA2.1.tl_diam": ("55.0", "56.0"), "TA2.1.tl_viable": ("12.0", "13.0")},
    "IE": {"iedat__d": ("12", "11")},
    "EC": {"ec_wt": ("70.0", "70.5"), "EC2.1.eclot": ("LOT-1", "LOT-2")},
    "AE1": {"aeterm": ("Neutrophil count decreased", "Neutropenia")},
    "EOT": {"eot_dsstdat__d": ("26", "27")},
    "SURG": {
        "surg_ebl": ("350", "400"),
        "surg_dur": ("255", "250"),
        "SU3.1.comp_tx": ("Spironolactone", "Paracentesis"),
    },
    "SS": {"ss_attempts": ("1", "2"), "ss_ecog": ("0", "1")},
    "DTH": {"dth_cause_txt": ("Progression", "Progressive disease")},
    "EOS": {"eos_aeclosed": ("Y", "N")},
}


def plain_name(name: str) -> str:
    """`TA2.1.tl_diam` → the column of the plain form; the parts of a date are one field there."""
    return "_".join([name.split(".")[0].lower(), *name.split(".")[1:]]) if "." in name else name


class OneUser:
    """What both measurements need: the trial of one participant, a signed-in coordinator, plain records."""

    def __init__(self, copies: int) -> None:
        self.lin: User = site.people()["lin"]
        self.participant = world.participant_01_003(self.lin)
        [number] = site.copy(self.participant, 1, first=900)
        self.late = _participant(number)
        site.die(self.late, self.lin)
        self.entries = site.entries(self.late)
        self.first = {entry.key: entry for entry in reversed(self.entries)}
        blank = world.screened(self.lin, "01-004")
        self.blank = [blank.number, *site.copy(blank, copies - 1)]
        site.analyse()
        client = site.signed_in(Client(), self.lin)
        self.browser = Browser({name: morsel.value for name, morsel in client.cookies.items()})
        self.browser.get("/plain/DM/")  # gives the token that every post carries

    def entry(self, key: str, visit: str, repeat: int) -> site.Entry:
        return next(e for e in self.entries if (e.key, e.visit, e.repeat) == (key, visit, repeat))

    def person(self, key: str) -> Any:
        """A death would close other questions, so it is another participant's."""
        return self.late if key == "DTH" else self.participant

    def url(self, entry: site.Entry, number: str) -> str:
        if entry.key == "CPATH":
            form = FormInstance.objects.get(
                participant__number=number, form_key="CPATH", visit__code=entry.visit, repeat=entry.repeat
            )
            return f"/bench/reading/{form.pk}/"
        return entry.url(number)

    # --- opening ------------------------------------------------------------------------------------------------------

    def opening(self, times: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, (visit, repeat) in OPENED.items():
            entry = self.entry(key, visit, repeat)
            ours, plain = (
                self.url(entry, self.person(key).number),
                f"/plain/{key}/{site.plain_copy(entry).pk}/",
            )
            for path in (ours, plain):
                if (answer := self.browser.get(path)).status != 200:
                    raise RuntimeError(f"{path}: {answer.status} {answer.headers.get('Location', '')}")
            quiet()
            samples = alternate(lambda: self.browser.get(ours), lambda: self.browser.get(plain), times)
            found[key] = compared(*samples) | {
                "fields": len(entry.plain), "queries": queries(lambda: self.browser.get(ours)),
                "plain_queries": queries(lambda: self.browser.get(plain)),
            }  # fmt: skip
        return found

    # --- saving -------------------------------------------------------------------------------------------------------

    def first_entries(self) -> dict[str, Any]:
        """The whole participant, typed form by form, for every copy that was only screened."""
        samples: dict[str, tuple[Sample, Sample]] = {key: (Sample(), Sample()) for key in site.FORMS}
        counted: dict[str, tuple[int, int]] = {}
        quiet()
        for round_, number in enumerate(self.blank):
            for entry in self.entries:
                if entry.key == "CPATH":
                    world.form(_participant(number), "CPATH", entry.visit, entry.repeat)
                if entry.line:
                    world.line(_participant(number), self.lin, log_of(entry.key))
                url, plain = self.url(entry, number), f"/plain/{entry.key}/"
                last = round_ == len(self.blank) - 1 and entry is self.first[entry.key]

                def save() -> Any:
                    return self.saved(
                        url, entry.post | {"version": "0", "token": uuid.uuid4().hex, "action": "complete"}
                    )

                def plainly() -> Any:
                    return self.saved(plain, entry.plain)

                if last:
                    counted[entry.key] = (queries(save), queries(plainly))
                    continue
                pair = (save(), plainly()) if round_ % 2 else (plainly(), save())[::-1]
                if round_ and entry is self.first[entry.key]:
                    for sample, answer in zip(samples[entry.key], pair, strict=True):
                        sample.add(answer)
        return {
            key: compared(*samples[key]) | {"queries": counted[key][0], "plain_queries": counted[key][1]}
            for key in site.FORMS
        }

    def corrections(self, times: int) -> dict[str, Any]:
        """One to three answers of a complete form, with a reason."""
        found: dict[str, Any] = {}
        for key, changed in CORRECTED.items():
            entry = self.entry(key, *OPENED[key])
            url, plain = (
                self.url(entry, self.person(key).number),
                f"/plain/{key}/{site.plain_copy(entry).pk}/",
            )
            version = world.form(self.person(key), key, entry.visit, entry.repeat).version
            turn = [version, 0]

            def save() -> Any:
                which = (turn[0] - version + 1) % 2
                data = entry.post | {name: values[which] for name, values in changed.items()}
                data |= {
                    "version": str(turn[0]),
                    "token": uuid.uuid4().hex,
                    "action": "save",
                    "reason": "Source checked.",
                }
                turn[0] += 1
                return self.saved(url, data)

            def plainly() -> Any:
                turn[1] += 1
                data = dict(entry.plain)
                for name, values in changed.items():
                    column, _, part = plain_name(name).partition("__")
                    data[column] = data[column][:-2] + values[turn[1] % 2] if part else values[turn[1] % 2]
                return self.saved(plain, data)

            quiet()
            samples = alternate(save, plainly, times)
            found[key] = compared(*samples) | {"queries": queries(save), "plain_queries": queries(plainly)}
        return found

    def saved(self, url: str, data: dict[str, Any]) -> Any:
        answer = self.browser.post(url, data)
        if answer.status != 302:
            errors = [part[:300] for part in answer.body.decode().split('role="alert"')[1:]]
            raise RuntimeError(f"{url}: {answer.status} {errors}")
        self.browser.cookies.pop("messages", None)
        return answer


def _participant(number: str) -> Any:
    from participants.models import Participant

    return Participant.objects.get(number=number)


def compared(ours: Sample, plain: Sample) -> dict[str, float]:
    return {
        "ms": ours.median,
        "plain_ms": plain.median,
        "cpu": ours.median_cpu,
        "plain_cpu": plain.median_cpu,
    }


def run(what: str, scale: float) -> dict[str, Any]:
    trial = OneUser(copies=max(4, int(12 * scale)))
    connection.close()
    if what == "open":
        return trial.opening(times=max(5, int(30 * scale)))
    return {"first": trial.first_entries(), "correction": trial.corrections(times=max(6, int(24 * scale)))}
