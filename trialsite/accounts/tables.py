"""Lists of the administration pages."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .invitations import State
from .models import Site, User
from .rosters import Person


class Day(tables.Column):
    """The day on which something ends: a dash when there is nothing, "open" when it has no end."""

    def __init__(self, verbose_name: Any, things: str, **kwargs: Any) -> None:
        """`things`: what ends, a list of the row."""
        super().__init__(verbose_name=verbose_name, empty_values=(), orderable=False, **kwargs)
        self.things = things

    def render(self, value: dt.date | None, record: Person) -> Any:
        if value is None:
            return _("open") if getattr(record, self.things) else "–"
        if value >= record.day:
            return value.isoformat()
        return format_html('<span class="badge-st query">{} {}</span>', _("expired"), value.isoformat())


class UserTable(tables.Table):
    """Rows are `rosters.Person`: an account with what it holds today."""

    username = tables.Column(verbose_name=_("User name"), accessor="user__username")
    full_name = tables.Column(verbose_name=_("Full name"), accessor="user__full_name")
    roles = tables.Column(verbose_name=_("Roles today"), orderable=False, empty_values=())
    until = Day(_("Last day"), "roles")
    training = Day(_("Training until"), "attended", accessor="training_until")
    delegated = Day(_("Delegated until"), "delegations", accessor="delegated_until")
    factor = tables.BooleanColumn(verbose_name=_("Second factor"), accessor="factor", yesno="✓,–")
    last_login = tables.DateTimeColumn(
        verbose_name=_("Last sign-in"),
        accessor="user__last_login",
        format="Y-m-d H:i",
        default="–",
        orderable=False,
    )
    is_active = tables.Column(verbose_name=_("State"), accessor="user__is_active")
    revoke = tables.Column(verbose_name="", orderable=False, empty_values=())

    class Meta:
        attrs: ClassVar[dict[str, str]] = {"class": "tbl"}
        empty_text = _("No account matches.")

    def __init__(self, *args: Any, by: User | None = None, **kwargs: Any) -> None:
        """`by`: the administrator at work; without, the list is for reading."""
        super().__init__(*args, **kwargs)
        self.by = by
        if by is None:
            self.columns.hide("revoke")

    def render_username(self, record: Person) -> Any:
        name = record.user.username
        if self.by is None:
            return name
        return format_html('<a href="{}">{}</a>', reverse("user_detail", args=[name]), name)

    def render_roles(self, record: Person) -> str:
        return (
            ", ".join(
                f"{held.get_role_display()} {held.site.number if held.site else ''}".strip()
                for held in record.roles
            )
            or "–"
        )

    def render_is_active(self, record: Person) -> Any:
        if not record.user.is_active:
            return _("ended")
        words = {
            State.OPEN: _("invited"),
            State.EXPIRED: _("invitation expired"),
            State.NONE: _("not invited"),
        }
        return words.get(record.invitation, _("active"))

    def render_revoke(self, record: Person) -> Any:
        if not record.user.is_active or record.user == self.by:
            return ""
        return format_html(
            '<a class="btn btn-danger-quiet btn-sm" href="{}" aria-label="{}">{}</a>',
            reverse("user_end", args=[record.user.username]),
            _("End access: %(name)s") % {"name": record.user.username},
            _("End access"),
        )


class SiteTable(tables.Table):
    number = tables.Column(verbose_name=_("Number"))
    name_en = tables.Column(verbose_name=_("Name in English"))
    name_zh = tables.Column(verbose_name=_("Name in Chinese"))
    time_zone = tables.Column(verbose_name=_("Time zone"))
    active = tables.BooleanColumn(verbose_name=_("Active"), yesno="✓,–")

    class Meta:
        attrs: ClassVar[dict[str, str]] = {"class": "tbl"}
        empty_text = _("No sites yet.")
        order_by = ("number",)

    def render_number(self, record: Site) -> Any:
        return format_html('<a href="{}">{}</a>', reverse("site_edit", args=[record.number]), record.number)
