"""What a report says: of a cut its own rows for ever, of some sites nobody else's, and every number that of the figures."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from endpoints import report_data
from endpoints.engine.operations import run_case
from endpoints.models import DataCut, EndpointState, TrialState
from endpoints.models_cuts import CutPerson
from endpoints.models_reports import ReportJob, ReportKind
from endpoints.reports.attachments import attachments_of
from endpoints.reports.choices import SECTIONS
from endpoints.reports.content import capture, content_of, key_of
from endpoints.reports.document import document_of
from endpoints.reports.services import report_request
from endpoints.services import endpoints_recompute, trial_recompute
from endpoints.standpoint import AtCut, Live
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of
from tests.integration.reports.conftest import copies
from trialsite.accounts.models import RoleHeld, Site, User
from trialsite.kernel.decisions import Refused
from trialsite.kernel.digests import canonical
from trialsite.kernel.study import study

pytestmark = pytest.mark.django_db

WORDS = [name for name in SECTIONS if name not in ("primary", "radiology", "survival")]  # no figure is drawn


def taken(sites: list[str] | None = None, cut: DataCut | None = None) -> dict[str, Any]:
    """The content as a job keeps it."""
    return json.loads(canonical(capture(sites or [], AtCut(cut) if cut else None)))


@pytest.fixture
def planned_anew(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The study file plans something else."""

    def change() -> None:
        now = study()
        accrual = replace(now.planned.accrual, per_month=9.5, target=400)
        rates = {"MPR": 0.25, "ORR": 0.3}
        values = now.values | {"null_rates": rates, "design": now.values["design"] | {"n": 99}}
        planned = replace(now.planned, null_rates=rates, accrual=accrual)
        other = replace(now, values=values, planned=planned, digest="other")
        for name, module in list(sys.modules.items()):
            if name.startswith("endpoints.") and getattr(module, "study", None) is study:
                monkeypatch.setattr(module, "study", lambda: other)

    return change


def page(content: dict[str, Any], *sections: str, language: str = "en") -> str:
    return document_of(content, language, sections, lambda *_: None).html


def shown(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def cut(original: Participant, cast: dict[str, User]) -> DataCut:
    return cut_of(cast["da"])


def test_a_cut_keeps_its_report_whatever_is_changed_later(
    original: Participant, cast: dict[str, User], cut: DataCut
) -> None:
    before = page(taken(cut=cut), *WORDS)
    world.change(world.form(original, "SURG", "SURG"), cast["lin"], "Checked.", surg_prstdat="2024-06-02")
    world.screened(cast["wu"], "02-009", "02")
    assert endpoints_recompute(original.pk)
    trial_recompute()
    assert page(taken(cut=cut), *WORDS) == before
    live = page(taken(), *WORDS)
    assert "2024-06-02" in live
    assert "2024-06-02" not in before


def test_the_report_of_a_cut_is_made_of_its_rows(cut: DataCut) -> None:
    content = taken(cut=cut)
    rows = {row.number: row for row in CutPerson.objects.filter(cut=cut)}
    assert content["results"] == json.loads(canonical(cut.results))
    assert {one["number"]: one["summary"] for one in content["people"]} == {
        number: row.summary for number, row in rows.items()
    }
    assert {one["number"]: one["case"] for one in content["courses"]} == {
        number: row.course for number, row in rows.items()
    }
    assert content["chains"] == cut.chains
    text = shown(page(content, "glance"))
    digest = " ".join(cut.digest[at : at + 8] for at in range(0, 32, 8))
    assert cut.code in text
    assert digest in text
    assert "INTERIM" in text


def test_a_final_cut_says_so(original: Participant, cast: dict[str, User]) -> None:
    final = cut_of(cast["da"], final=True)
    text = shown(page(taken(cut=final), "glance"))
    assert "FINAL" in text
    assert "INTERIM" not in text


def test_the_same_content_is_the_same_text(trial: Participant) -> None:
    content = taken()
    for language in ("en", "zh-hans"):
        assert page(content, *WORDS, language=language) == page(content, *WORDS, language=language)


def test_sections_can_be_left_out(trial: Participant) -> None:
    content = taken()
    html = page(content, "glance", "methods")
    assert "Results at a glance" in html
    assert "Open for the sponsor" in html
    assert "Participant flow" not in html
    assert "01-003" not in shown(html)
    assert "Left out" in html
    assert html.count("<h1 id=") == 2
    whole = page(content, *WORDS)
    heads = re.findall(r'<h1 id="([\w-]+)"', whole)
    assert len(heads) == len(set(heads)) > 8
    for ident in re.findall(r'<a href="#([\w-]+)"', whole):
        assert f'id="{ident}"' in whole, ident


def test_every_printed_rate_is_that_of_the_figures(trial: Participant) -> None:
    content = taken()
    text = shown(page(content, "glance", "sets"))
    rates = TrialState.objects.get().results["rates"]
    for name in ("MPR", "PCR", "ORR", "DCR"):
        one = rates[name]["FAS"]["all"]
        low, high = (100 * one["exact"][side] for side in ("lower", "upper"))
        assert f"FAS {one['x']}/{one['n']} {100 * one['estimate']:.1f}% {low:.1f}–{high:.1f}" in text, name
    figures = json.loads(attachments_of(content)["figures.json"])
    assert figures["figures"]["FAS"][content["results"]["settings"]["evaluator"]]["rates"] == rates


def test_the_attached_data_give_the_figures_again(original: Participant, cut: DataCut) -> None:
    content = taken(cut=cut)
    attached = attachments_of(content)
    case = json.loads(attached["endpoint-data.json"])[0]
    found = json.loads(canonical(run_case("trial", case)))
    printed = json.loads(attached["figures.json"])["figures"]
    assert found["errors"] == []
    for population, by_evaluator in printed.items():
        for evaluator, figures in by_evaluator.items():
            again = found["figures"][population][evaluator]
            for name in ("sets", "rates", "curves", "best"):
                assert again[name] == figures[name], (population, evaluator, name)


def test_every_set_says_how_many_are_refused(trial: Participant) -> None:
    EndpointState.objects.filter(participant__number="01-101").update(status="ERROR", error="refused")
    trial_recompute()
    printed = json.loads(attachments_of(taken())["figures.json"])["figures"]
    said = {(name, who): one["errors"] for name, found in printed.items() for who, one in found.items()}
    assert len(said) > 1
    assert set(said.values()) == {1}, said


def test_a_report_of_some_sites_knows_nobody_else(trial: Participant, cast: dict[str, User]) -> None:
    EndpointState.objects.filter(participant__number="01-101").update(status="ERROR", error="refused")
    trial_recompute()
    content = taken(["02"])
    html = page(content, *WORDS)
    attached = attachments_of(content)
    assert set(attached) == {"figures.json"}
    assert "02-101" in html
    foreign = Participant.objects.filter(site__number="01").values_list("number", flat=True)
    for number in foreign:
        assert number not in html
        assert number not in attached["figures.json"]
    mpr = content["results"]["rates"]["MPR"]["FAS"]["all"]
    assert f"{mpr['x']}/{mpr['n']}" in html, "the figures are of the whole trial"


def test_tables_can_be_read_aloud(trial: Participant) -> None:
    html = page(taken(), *WORDS)
    assert not re.search(r"<th(?! scope)[\s>]", html)
    for svg in re.findall(r"<svg[^>]*>", html):
        assert "aria-hidden" in svg or "aria-label" in svg


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_cut_is_another_report_than_the_data_as_they_stand(cut: DataCut, cast: dict[str, User]) -> None:
    trial_recompute()
    live = report_request(by=cast["mo"], language="en", sections=["glance"])
    kept = report_request(by=cast["mo"], language="en", sections=["glance"], cut=cut)
    assert live.key != kept.key
    assert (kept.cut, kept.as_of) == (cut, cut.cutoff)
    assert report_request(by=cast["st"], language="en", sections=["glance"], cut=cut).pk == kept.pk
    assert content_of(kept)["cut"]["code"] == cut.code


def test_a_later_change_makes_the_live_report_another(
    original: Participant, cast: dict[str, User], cut: DataCut
) -> None:
    live, kept = key_of(Live(), "en", ["glance"], []), key_of(AtCut(cut), "en", ["glance"], [])
    world.change(world.form(original, "SURG", "SURG"), cast["lin"], "Checked.", surg_prstdat="2024-06-02")
    assert key_of(Live(), "en", ["glance"], []) != live
    assert key_of(AtCut(cut), "en", ["glance"], []) == kept


def test_the_page_offers_the_cuts(cut: DataCut, enter: Any) -> None:
    client = enter("mo")
    assert f"{cut.code} · {cut.cutoff.isoformat()}" in client.get("/reports/").content.decode()
    answer = client.post("/reports/", {"origin": cut.code, "language": "en", "sections": ["glance"]})
    assert answer.status_code == 302
    assert ReportJob.objects.get().cut == cut
    listed = client.get("/reports/").content.decode()
    assert cut.code in listed
    assert (
        client.post("/reports/", {"origin": "DC-99", "language": "en", "sections": ["glance"]}).status_code
        == 422
    )


# --- one participant ------------------------------------------------------------------------------------------------


def test_the_report_of_a_participant(original: Participant, cast: dict[str, User]) -> None:
    job = report_request(by=cast["mo"], language="en", participant=original)
    assert (job.kind, job.sections, job.sites) == (ReportKind.PARTICIPANT, [], [])
    content = json.loads(canonical(content_of(job)))
    text = shown(page(content))
    state = EndpointState.objects.select_related("run").get(pk=original.pk)
    for words in (
        "Participant endpoint report 01-003", "Major pathological response", "RVT 8.3%", "The two readers agree",
        "Reader 1", "T01", content["fingerprint"], state.run.result_digest if state.run else "", "Date of surgery",
        "Every change to the fields that were read", "Responses by mRECIST",
    ):  # fmt: skip
        assert words in text, words
    assert page(content) == page(content)
    assert str(cast["p1"]) not in text, "a reader stays unnamed"
    assert set(attachments_of(content)) == {"course.json", "results.json"}


def test_the_report_of_a_participant_in_a_cut_does_not_change(
    original: Participant, cast: dict[str, User], cut: DataCut
) -> None:
    job = report_request(by=cast["mo"], language="en", participant=original, cut=cut)
    before = page(json.loads(canonical(content_of(job))))
    world.change(world.form(original, "SURG", "SURG"), cast["lin"], "Checked.", surg_prstdat="2024-06-02")
    endpoints_recompute(original.pk)
    cut_of(cast["da"], "Second look")
    assert page(json.loads(canonical(content_of(job)))) == before
    live = report_request(by=cast["mo"], language="en", participant=original)
    text = shown(page(json.loads(canonical(content_of(live)))))
    assert "2 Jun 2024" in text
    assert "Checked." in text
    assert "The same endpoints in other data cuts" in text


RIGHTS = {
    "mo": 200,
    "da": 200,
    "st": 200,
    "ins": 200,
    "lin": 404,
    "chen": 404,
    "wu": 404,
    "p1": 404,
    "p3": 404,
    "ad": 404,
}


@pytest.mark.parametrize("name", RIGHTS)
def test_who_reports_on_a_participant(original: Participant, enter: Any, name: str) -> None:
    client = enter(name)
    results = client.get("/p/01-003/results/").content.decode()
    assert ("/p/01-003/report/" in results) == (RIGHTS[name] == 200)
    assert client.get("/p/01-003/report/").status_code == RIGHTS[name]
    asked = client.post("/p/01-003/report/", {"language": "en"})
    assert asked.status_code == {200: 302}.get(RIGHTS[name], 404)
    assert ReportJob.objects.count() == (RIGHTS[name] == 200)


def test_a_monitor_of_another_site_knows_no_report_of_the_participant(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    job = report_request(by=cast["da"], language="en", participant=original)
    RoleHeld.objects.filter(user=cast["mo"]).update(site=Site.objects.get(number="02"))
    client = enter("mo")
    for path in ("/p/01-003/report/", f"/reports/{job.pk}/", f"/reports/{job.pk}/download/"):
        assert client.get(path).status_code == 404
    assert (
        str(job.pk)
        not in client.get("/reports/").content.decode().partition('id="jobs"')[2].partition("</section>")[0]
    )
    with pytest.raises(Refused):
        report_request(by=User.objects.get(pk=cast["mo"].pk), language="en", participant=original)


def test_without_a_result_there_is_nothing_to_report(
    cast: dict[str, User], original: Participant, enter: Any
) -> None:
    world.screened(cast["lin"], "01-050")
    client = enter("mo")
    assert "There is no result of this participant" in client.get("/p/01-050/report/").content.decode()
    assert client.post("/p/01-050/report/", {"language": "en"}).status_code == 422
    assert not ReportJob.objects.exists()


def test_copies_are_listed(original: Participant, cast: dict[str, User]) -> None:
    made = copies(original, cast["lin"], 2)
    trial_recompute()
    text = shown(page(taken(), "listing"))
    assert all(one.number in text for one in made)


def test_a_cut_keeps_its_plan_and_null_rates(cut: DataCut, planned_anew: Callable[[], None]) -> None:
    """Its data file and its report stay as they were when the study file plans something else."""
    file, content = "".join(report_data.cut_parts(cut)), taken(cut=cut)
    figures = run_case("trial", json.loads(file)[0])
    planned_anew()
    assert "".join(report_data.cut_parts(cut)) == file
    after = taken(cut=cut)
    assert after == content
    assert page(after, "primary", "participants") == page(content, "primary", "participants")
    case = json.loads(file)[0]
    assert (case["null_rates"], case["accrual_plan"]["target"]) == (
        {"MPR": 0.15},
        study().planned.accrual.target,
    )
    kept = AtCut(cut).figures()["profile"]["accrual"]
    assert json.loads(json.dumps(figures["tables"]["ALL"]["accrual"])) == kept


def test_the_data_of_a_report_are_the_file_of_its_cut(cut: DataCut) -> None:
    assert attachments_of(taken(cut=cut))["endpoint-data.json"] == "".join(report_data.cut_parts(cut))


def test_a_cut_from_before_plans_were_kept(cut: DataCut, planned_anew: Callable[[], None]) -> None:
    cut.facts = {name: value for name, value in cut.facts.items() if name != "planned"}
    file = "".join(report_data.cut_parts(cut))
    planned_anew()
    assert "".join(report_data.cut_parts(cut)) == file
    assert json.loads(file)[0]["null_rates"] == {"MPR": 0.15}
