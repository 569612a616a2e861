"""Lists of the administration pages."""

from __future__ import annotations

from typing import Any, ClassVar

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .models import Site, User


class UserTable(tables.Table):
    username = tables.Column(verbose_name=_("User name"))
    full_name = tables.Column(verbose_name=_("Full name"))
    roles = tables.Column(verbose_name=_("Roles today"), orderable=False, accessor="roles_today")
    factor = tables.BooleanColumn(verbose_name=_("Second factor"), accessor="factor_enrolled", yesno="✓,–")
    last_login = tables.DateTimeColumn(verbose_name=_("Last sign-in"), format="Y-m-d H:i", default="–")
    is_active = tables.Column(verbose_name=_("State"))

    class Meta:
        attrs: ClassVar[dict[str, str]] = {"class": "tbl"}
        empty_text = _("No account matches.")
        order_by = ("username",)

    def render_username(self, record: User) -> Any:
        return format_html(
            '<a href="{}">{}</a>', reverse("user_detail", args=[record.username]), record.username
        )

    def render_roles(self, value: list[Any]) -> str:
        return (
            ", ".join(
                f"{held.get_role_display()} {held.site.number if held.site else ''}".strip() for held in value
            )
            or "–"
        )

    def render_is_active(self, value: bool) -> Any:
        return _("active") if value else _("ended")


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
