"""Users, sites and roles: pages for administrators; for everybody else they do not exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import may
from trialsite.accounts.roles import RIGHTS, Permission, Role
from trialsite.accounts.selectors import RIGHTS_IN_WORDS

from .conftest import past_second_factor, trail

PAGES = [
    "/admin/",
    "/admin/users/",
    "/admin/users/new/",
    "/admin/users/lin/",
    "/admin/sites/",
    "/admin/sites/new/",
    "/admin/sites/01/",
    "/admin/roles/",
]
ACTS = [
    "/admin/users/lin/change/",
    "/admin/users/lin/invite/",
    "/admin/users/lin/factor/",
    "/admin/users/lin/roles/",
]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_other_roles_find_nothing_here(
    client: Client, person: Callable[..., User], lin: User, site: Site, role: Role
) -> None:
    at = site if role in (Role.COORDINATOR, Role.INVESTIGATOR) else None
    past_second_factor(client, person("who", role, at))
    number = lin.roles_held.get().pk
    before = changes()
    for path in PAGES:
        assert client.get(path).status_code == 404, path
    for path in [
        *ACTS,
        "/admin/users/lin/end/",
        f"/admin/users/lin/roles/{number}/end/",
        "/admin/users/new/",
        "/admin/sites/new/",
    ]:
        assert client.post(path, {"reason": "x"}).status_code == 404, path
    assert changes() == before


def changes() -> int:
    """Events but those of pages that were not found."""
    return sum(event.action != "NOT_FOUND" for event in trail())


def test_pages_open_and_acts_need_a_post(office: Client, lin: User) -> None:
    for path in PAGES[1:]:
        assert office.get(path).status_code == 200, path
    for path in ACTS:
        assert office.get(path).status_code == 405, path
    assert office.get("/admin/users/nobody/").status_code == 404


def test_a_person_is_created_invited_and_given_a_role(office: Client, ad: User, site: Site) -> None:
    form = {
        "username": "Wu",
        "full_name": "Wu Jing · 吴静",
        "language": "zh-hans",
        "identity": "passport seen",
    }
    assert office.post("/admin/users/new/", form)["Location"] == "/admin/users/wu/"
    user = User.objects.get(username="wu")
    assert user.language == "zh-hans"
    page = office.post("/admin/users/wu/invite/").content.decode()
    link = re.search(r"http://testserver(/invitation/[^<]+)<", page)
    assert link
    assert Client().get(link[1]).status_code == 200
    assert link[1] not in office.get("/admin/users/wu/").content.decode(), "shown once"
    role = {"role": "COORDINATOR", "site": site.pk, "valid_from": "2026-01-01", "reason": "delegation log"}
    assert office.post("/admin/users/wu/roles/", role).status_code == 302
    assert may(User.objects.get(pk=user.pk), Permission.QUERY_ANSWER, site)
    assert [e.actor for e in trail("ROLE_GRANTED")[-1:]] == [ad]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"username": "lin", "full_name": "X", "language": "en", "identity": "id"}, "cannot be given again"),
        ({"username": "new", "full_name": "X", "language": "en", "identity": "id"}, "Latin letters"),
        ({"username": "a/b", "full_name": "X", "language": "en", "identity": "id"}, "Latin letters"),
        ({"username": "ok", "full_name": "X", "language": "en"}, "required"),
    ],
)
def test_a_bad_new_user_says_why(office: Client, lin: User, form: dict[str, str], says: str) -> None:
    page = office.post("/admin/users/new/", form).content.decode()
    assert says in page
    assert f'value="{form["username"]}"' in page, "what was typed is still there"
    assert User.objects.count() == 2


def test_a_refused_role_says_why_with_everything_still_there(office: Client, lin: User) -> None:
    role = {"role": "MONITOR", "site": "", "valid_from": "2026-02-03", "reason": "typed by hand"}
    response = office.post("/admin/users/lin/roles/", role)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Who enters data" in page
    assert 'value="2026-02-03"' in page
    assert "typed by hand" in page


def test_role_and_account_end(office: Client, lin: User) -> None:
    number = lin.roles_held.get().pk
    path = f"/admin/users/lin/roles/{number}/end/"
    assert office.get(path).status_code == 200
    assert office.post(path, {"until": "2000-01-01", "reason": "x"}).status_code == 200
    assert office.post(path, {"reason": "withdrawn"}).status_code == 302
    assert "taken back" in office.get("/admin/users/lin/").content.decode()
    assert office.post("/admin/users/lin/end/", {}).status_code == 422, "a reason is needed"
    assert office.post("/admin/users/lin/end/", {"reason": "left"}).status_code == 302
    assert not User.objects.get(username="lin").is_active
    assert office.post("/admin/users/ad/end/", {"reason": "oops"}).status_code == 422


def test_someone_elses_role_is_not_found_under_this_name(office: Client, ad: User, lin: User) -> None:
    assert office.get(f"/admin/users/lin/roles/{ad.roles_held.get().pk}/end/").status_code == 404


def test_sites_are_made_and_changed(office: Client, site: Site) -> None:
    form = {"number": "07", "name_en": "Seventh", "name_zh": "第七", "time_zone": "Asia/Shanghai"}
    assert office.post("/admin/sites/new/", form).status_code == 302
    assert "two digits" in office.post("/admin/sites/new/", form | {"number": "7x"}).content.decode().lower()
    assert office.post("/admin/sites/new/", form).status_code == 200, "the number is taken"
    assert (
        office.post("/admin/sites/07/", form | {"time_zone": "Mars/Base", "active": "on"}).status_code == 200
    )
    assert (
        office.post("/admin/sites/07/", form | {"name_en": "Seventh People's", "number": "99"}).status_code
        == 302
    )
    changed = Site.objects.get(number="07")
    assert (changed.name_en, changed.active) == ("Seventh People's", False)


def test_the_search_finds_by_name(office: Client, lin: User) -> None:
    page = office.get("/admin/users/?q=LIN").content.decode()
    assert "/admin/users/lin/" in page
    assert "/admin/users/ad/" not in page


def test_the_grid_is_the_table_that_decides(office: Client) -> None:
    page = office.get("/admin/roles/").content.decode()
    assert set(RIGHTS_IN_WORDS) == set(Permission)
    assert page.count('aria-label="yes"') == sum(len(rights) for rights in RIGHTS.values())


def test_the_list_takes_the_same_queries_for_any_number_of_people(
    office: Client, person: Callable[..., User], django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            office.get("/admin/users/")
        return len(caught)

    office.get("/admin/users/")
    few = queries()
    for number in range(8):
        person(f"u{number}x", Role.MONITOR)
    assert queries() == few


def test_the_first_administrator_comes_from_the_command_line(db: None) -> None:
    said = StringIO()
    call_command("administrator", "root-person", "First Person", address="https://trial.example", stdout=said)
    link = said.getvalue().strip()
    assert link.startswith("https://trial.example/invitation/")
    assert Client().get(link.removeprefix("https://trial.example")).status_code == 200
    assert may(User.objects.get(username="root-person"), Permission.ACCOUNTS)
    assert trail("ROLE_GRANTED")[-1].actor_name == "system"
    with pytest.raises(CommandError, match="cannot be given again"):
        call_command("administrator", "root-person", "First Person")
