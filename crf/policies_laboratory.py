"""Who may bring results of a laboratory in from a file."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from trialsite.accounts.permissions import grants_of
from trialsite.accounts.policies import lacking
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Decision, refused

from .models import Laboratory
from .policies import ONLY_SITE
from .policies_review import held_above


def may_import_results(user: Any, laboratory: Laboratory) -> Decision:
    """Who enters data at the laboratory's site. Each form is judged by itself as well (`may_enter`)."""
    if not grants_of(user).may(Permission.ENTER, laboratory.site_id):
        return lacking(user, Permission.ENTER, laboratory.site_id, ONLY_SITE)
    if not laboratory.active:
        return refused(_("This laboratory is closed: no new results name it."), "closed")
    return held_above(site=laboratory.site)
