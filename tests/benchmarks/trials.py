"""The data of each measurement, and what a signed-in person sends over the network."""

from __future__ import annotations

import http.client
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from crf.models import FormInstance
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

from . import site
from .measure import TOKEN


@dataclass(slots=True)
class Trial:
    """Participant 01-003 and copies of it."""

    lin: User
    participant: Participant
    numbers: list[str]
    entries: list[site.Entry] = field(default_factory=list)

    def entry(self, key: str, visit: str, repeat: int = 1) -> site.Entry:
        return next(e for e in self.entries if (e.key, e.visit, e.repeat) == (key, visit, repeat))


def trial_of(copies: int) -> Trial:
    lin = site.people()["lin"]
    participant = world.participant_01_003(lin, "01-003")
    numbers = site.copy(participant, copies) if copies else []
    site.analyse()
    return Trial(lin, participant, numbers, site.entries(participant))


def cookies_of(user: User) -> dict[str, str]:
    return {name: morsel.value for name, morsel in site.signed_in(Client(), user).cookies.items()}


class Person:
    """Somebody at a browser: one kept connection, a session, the token of the forms."""

    def __init__(self, port: int, cookies: dict[str, str]) -> None:
        self.port, self.cookies, self.token = port, dict(cookies), ""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.get("/plain/DM/")

    def get(self, path: str) -> tuple[int, bytes]:
        status, body = self._send("GET", path, None)
        if found := TOKEN.search(body):
            self.token = found[1].decode()
        return status, body

    def post(self, path: str, data: dict[str, Any]) -> tuple[int, bytes]:
        return self._send("POST", path, urlencode({"csrfmiddlewaretoken": self.token, **data}, doseq=True))

    def _send(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        headers = {
            "Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items()), "Host": "localhost",
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, rest = value.partition("=")
                if cookie != "messages":
                    self.cookies[cookie] = rest.partition(";")[0]
        return response.status, text


class Corrector:
    """Changes the same answers of one form again and again, as long as the server agrees."""

    def __init__(self, entry: site.Entry, number: str, changed: dict[str, tuple[str, str]]) -> None:
        self.entry, self.number, self.changed = entry, number, changed
        form = world.form(Participant.objects.get(number=number), entry.key, entry.visit, entry.repeat)
        self.pk, self.version, self.first = form.pk, form.version, form.version

    def next(self) -> tuple[str, dict[str, Any]]:
        which = (self.version - self.first + 1) % 2
        data = self.entry.post | {name: values[which] for name, values in self.changed.items()}
        return self.entry.url(self.number), data | {
            "version": str(self.version), "token": uuid.uuid4().hex, "action": "save", "reason": "Source checked.",
        }  # fmt: skip

    @property
    def value(self) -> str:
        """What the first of the answers must be now."""
        return next(iter(self.changed.values()))[(self.version - self.first) % 2]

    def stored(self) -> FormInstance:
        return FormInstance.objects.get(pk=self.pk)


def together(count: int, act: Any) -> list[Any]:
    """`act(number)` in so many threads, begun at one moment. What one raises is raised."""
    found: list[Any] = [None] * count
    failed: list[BaseException] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            gate.wait(30)
            found[number] = act(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    if failed:
        raise failed[0]
    return found


def think(randomly: random.Random) -> None:
    """A person does not save twice in the same moment."""
    time.sleep(randomly.uniform(0.2, 0.8))
