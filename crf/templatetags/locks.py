"""`{% load locks %}`: the acts of freezing and locking where one stands, for data managers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crf.models import FormInstance
from crf.selectors.holds import place_of
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

register = template.Library()


@register.simple_tag(takes_context=True)
def hold_acts(context: Any, target: Any) -> SafeString:
    """Links to what an act would do at a form, visit or participant; nothing for who holds nothing."""
    request = context.get("request")
    if request is None or not grants_of(request.user).may(Permission.LOCK):
        return SafeString("")
    if getattr(target, "participant", target).imported:
        return SafeString("")
    at, _name = place_of(target)
    links = [
        (reverse("locks_act") + "?" + urlencode({"act": act, "at": at}), words)
        for act, words in _acts(target)
    ]
    joined = format_html_join(" · ", '<a href="{}">{}</a>', links)
    return format_html('<span class="small text-nowrap">{}</span>', joined)


def _acts(target: Any) -> list[tuple[str, str]]:
    """Of a form, those that its state leaves; elsewhere all, and the page says what they would do."""
    freeze, lock = ("freeze", _("Freeze")), ("lock", _("Lock"))
    unfreeze, unlock = ("unfreeze", _("Unfreeze")), ("unlock", _("Ask to unlock"))
    if not isinstance(target, FormInstance):
        return [freeze, lock, unfreeze, unlock]
    if target.locked:
        return [unlock]
    return [unfreeze, lock] if target.frozen else [freeze, lock]
