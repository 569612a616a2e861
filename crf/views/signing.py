"""Signing: what waits, what changed since the last signature, and the act itself; what was signed, by whom."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from crf.models import Meaning
from crf.policies_review import may_sign_at
from crf.selectors import signing as selectors
from crf.selectors.access import participant_for
from crf.selectors.participants import strip_of
from crf.selectors.signature_check import broken
from crf.services.refusals import noted
from crf.services.signing import Proof, Shown, forms_sign, signature_failed
from crf.signing_words import STATEMENTS
from participants.models import Participant
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.models import Site, User
from trialsite.kernel.decisions import Refused, refused

# One sentence, whatever was wrong, and the same while locked out.
FAILED = gettext_lazy(
    "Nothing was signed. The user name, password or code is wrong, or signing is paused for 15 minutes after five failures."
)


@require()
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """`/sign/`: participants with forms that wait for the investigator."""
    sites = selectors.signs_at(request.user)
    if not sites:
        raise Http404
    here = {site.pk: may_sign_at(request.user, site) for site in Site.objects.filter(pk__in=sites)}
    lines = selectors.sign_lines(sites)
    context = {
        "lines": [line for line in lines if line.changed or line.new],
        "blocked": [line for line in lines if not (line.changed or line.new)],
        "count": sum(line.changed + line.new for line in lines),
        "changed": sum(line.changed for line in lines),
        "why_not": list(dict.fromkeys(str(may.reason) for may in here.values() if not may)),
        "many_sites": len(sites) > 1,
    }
    return render(request, "signing/worklist.html", context)


@require()
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def participant_sign(request: HttpRequest, number: str) -> HttpResponse:
    """`/sign/01-003/`, of one visit with `?visit=TA1`, of chosen forms with `?form=12&form=13`."""
    participant = participant_for(request.user, number)
    if request.method == "GET":
        return _show(request, participant)
    may = may_sign_at(request.user, participant.site)
    address = f"participant:{participant.pk}"
    try:
        with noted(by=_person(request), act="sign", address=address, participant=participant):
            may.require()
    except Refused as no:
        return _show(request, participant, no, status=403)
    try:
        return _sign(request, participant)
    except Refused as no:
        return _show(request, participant, no, status=422)


def _sign(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Raises `Refused`. What is plainly missing is asked for before anybody's password is tried."""
    user, forms = _person(request), _numbers(request.POST.getlist("form"))
    if not forms:
        refused(_("Choose the forms to sign."), "forms").require()
    if request.POST.get("meaning") not in Meaning.values:
        refused(_("Choose what the signature means."), "meaning").require()
    asked = proving.asked(request, user)
    typed = {name: request.POST.get(name, "") for name in asked}
    if not all(text.strip() for text in typed.values()):
        refused(_("Fill in everything that is asked for below “Your signature”."), "identity").require()
    if component := proving.wrong(request, user, typed):
        signature_failed(by=user, participant=participant, forms=len(forms), component=component)
        refused(FAILED, "credentials").require()
    signature = forms_sign(
        by=user, participant=participant, forms=forms, meaning=request.POST["meaning"],
        proof=Proof(asked, first_in_session=len(asked) > 1), shown=_shown(request, forms),
    )  # fmt: skip
    proving.signed(request, user)
    done = ngettext("%(n)s form is signed.", "%(n)s forms are signed.", len(forms)) % {"n": len(forms)}
    messages.success(request, done)
    return redirect("signature", participant.number, selectors.number_of(signature))


def _shown(request: HttpRequest, forms: Iterable[int]) -> Shown:
    """What the page says it showed; a form without its version counts as not shown."""
    versions = {pk: _number(request.POST.get(f"version:{pk}", "")) for pk in forms}
    return Shown(versions, frozenset(_numbers(request.POST.get("queries", "").split(","))))


def _numbers(texts: Iterable[str]) -> list[int]:
    return list(dict.fromkeys(int(text) for text in texts if text.isdecimal() and len(text) < 18))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _show(
    request: HttpRequest, participant: Participant, no: Refused | None = None, status: int = 200
) -> HttpResponse:
    """The page. After a refusal with everything that was chosen and typed, the secrets excepted."""
    user = _person(request)
    visit, chosen = request.GET.get("visit", ""), _numbers(request.GET.getlist("form"))
    sheaf = selectors.sheaf_of(participant, visit, chosen)
    ticked = set(_numbers(request.POST.getlist("form"))) if no else {one.form.pk for one in sheaf.ready}
    context = {
        "participant": participant,
        "strip": strip_of(participant, visit),
        "visit": visit,
        "part": bool(visit or chosen),
        "sheaf": sheaf,
        "ready": [(one, one.form.pk in ticked) for one in sheaf.ready],
        "ticked": len(ticked & {one.form.pk for one in sheaf.ready}),
        "queries": selectors.query_lines(participant, sheaf.queries),
        "query_numbers": ",".join(str(query.number) for query in sheaf.queries),
        "may": may_sign_at(user, participant.site),
        "meanings": [(code, label, STATEMENTS[Meaning(code)]) for code, label in Meaning.choices],
        "meaning": request.POST.get("meaning", "") if no else Meaning.CONFIRM,
        "asked": proving.asked(request, user),
        "username": request.POST.get("username", "") if no else "",
        "name": user.full_name or user.username,
        "now": timezone.now(),
        "zone": participant.site.time_zone,
        "refusal": no.reason if no else "",
        "here": request.get_full_path(),
    }
    return render(request, "signing/participant.html", context, status=status)


@require()
@require_GET
def signatures(request: HttpRequest, number: str) -> HttpResponse:
    """`/signatures/01-003/`: every signature of the participant, those that fell as well."""
    participant = participant_for(request.user, number)
    made = selectors.signatures_of(participant)
    context = {"participant": participant, "strip": strip_of(participant), "made": list(reversed(made))}
    return render(request, "signing/signatures.html", context)


@require()
@require_GET
def signature(request: HttpRequest, number: str, count: int) -> HttpResponse:
    """`/signatures/01-003/2/`: one signature with all that it says, and whether it still fits what is stored."""
    participant = participant_for(request.user, number)
    made = next((one for one in selectors.signatures_of(participant) if one.number == count), None)
    if made is None:
        raise Http404
    context = {
        "participant": participant,
        "strip": strip_of(participant),
        "made": made,
        "signature": made.signature,
        "meaning": Meaning(made.signature.meaning).label,
        "broken": [message for _where, message in broken(participant, made.signature)],
        "signs": bool(may_sign_at(request.user, participant.site)),
    }
    return render(request, "signing/signature.html", context)


def _person(request: HttpRequest) -> User:
    """Behind the door there is always a person."""
    assert isinstance(request.user, User)
    return request.user
