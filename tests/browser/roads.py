"""Roads to the server that the page in front of a person does not offer, and what the trail then says of them."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page, Response

from crf.models import FormInstance
from trialsite.audit.models import AuditEvent

# A form of the page's own making, posted by the browser: with the sign-in of this person and the token of this page.
SEND = """([address, fields]) => {
  const form = document.createElement("form");
  const token = document.querySelector('meta[name="csrf-token"]').content;
  form.method = "post";
  form.action = address;
  for (const [name, value] of [...Object.entries(fields), ["csrfmiddlewaretoken", token]]) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}"""


def send(page: Page, address: str, fields: Mapping[str, str]) -> int:
    """Post a form that the page does not have; the answer is then the page. Gives its status, after any redirect."""
    with page.expect_navigation() as went:
        page.evaluate(SEND, [address, dict(fields)])
    response: Response | None = went.value
    assert response is not None
    return response.status


def visit(page: Page, address: str) -> int:
    """Type an address; gives the status."""
    response = page.goto(address)
    assert response is not None
    return response.status


def refusals(form: FormInstance) -> list[tuple[str, str, str]]:
    """(who, what was tried, what they read) of every attempt at a form that the trail keeps as refused, oldest first."""
    places = (
        form.address,
        f"participant:{form.participant_id}",
    )  # several forms are signed at their participant
    found = AuditEvent.objects.filter(action="REFUSED", target__in=places).order_by("pk")
    return [(event.actor_name, event.path, event.reason) for event in found]


def forgiven(problems: list[str], *statuses: int) -> None:
    """The browser notes every refused answer in its console; these are what the test is about. What else it noted stays."""
    meant = tuple(f"status of {status}" for status in statuses)
    problems[:] = [line for line in problems if not any(words in line for words in meant)]
