"""Letters to the administrators. Without a mail server they go nowhere; the same stands as a task on their page."""

from __future__ import annotations

from django.core import mail
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .models import RoleHeld, User
from .roles import Role


def lock_out(username: str, address: str) -> int:
    """21 CFR 11.300(d): attempts at unauthorised use are reported at once. Returns how many letters went."""
    letters = [_letter(user, username, address) for user in administrators()]
    return mail.get_connection(fail_silently=True).send_messages(letters) or 0


def administrators() -> list[User]:
    """Active administrators of today who can be written to."""
    held = RoleHeld.objects.on(timezone.localdate()).filter(role=Role.ADMINISTRATOR, user=OuterRef("pk"))
    return list(User.objects.filter(Exists(held), is_active=True).exclude(email=""))


def _letter(to: User, username: str, address: str) -> mail.EmailMessage:
    with translation.override(to.language):
        what = (
            _("Sign-in is locked for 15 minutes after five failures. Account: %(name)s.") % {"name": username}
            if username
            else _(
                "Many names were tried, or one that is no account. Sign-in from there is slowed or locked."
            )
        )
        where = _("Address: %(address)s. Time: %(time)s UTC.") % {
            "address": address,
            "time": f"{timezone.now():%Y-%m-%d %H:%M}",
        }
        ask = _("Ask the person by telephone. Nothing about participants is in this letter.")
        return mail.EmailMessage(_("Sign-in locked"), "\n\n".join([what, where, ask]), to=[to.email])
