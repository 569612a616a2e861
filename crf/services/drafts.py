"""Drafts belong to their author, are kept on the server, and are never trial data.

A draft is not a change of source data, so it leaves no event in the trail; the save that follows does.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import QueryDict

from crf.checks.consent import names_a_person
from crf.models import Draft, FormInstance, FormSubmission
from crf.selectors.folder import names_not_to_be_written
from crf.typed import posted_version
from trialsite.accounts.models import User
from trialsite.db.prepared import Prepared

NOT_KEPT = (
    "csrfmiddlewaretoken",
    "token",
    "version",
    "action",
    "person",
    "touched",
    "merged_with",
    "attempt",
)
LARGEST = 400_000  # characters; the largest form of the book stays below a tenth of it


@transaction.atomic
def draft_keep(*, by: User, form: FormInstance, post: QueryDict, token: str = "") -> bool:
    """Keep the posted fields; the newest wins. False when nothing was kept: too much, or a page that is over.

    `token` is the submission that a save of the same page would be. Text that names a person (CK-017) is not kept:
    the save would refuse it, and until then it stands on the page only.
    """
    names = names_not_to_be_written()
    content = {
        name: [value.replace("\0", "") for value in values]
        for name, values in post.lists()
        if name not in NOT_KEPT and not name.startswith("merge:") and any(values)
        and not any(names_a_person(value, names) for value in values)
    }  # fmt: skip
    if sum(len(value) for values in content.values() for value in values) > LARGEST:
        return False
    posted = posted_version(post.get("version", ""))
    version = form.version if posted is None else posted
    if version < form.version and token and FormSubmission.objects.filter(token=token).exists():
        return False  # a late beacon of a page that has been saved since
    Draft.objects.update_or_create(form=form, user=by, defaults={"version": version, "content": content})
    return True


@transaction.atomic
def draft_drop(*, by: User, form: FormInstance) -> None:
    """Delete the author's draft: it was saved, or given up."""
    Draft.objects.filter(form=form, user=by).delete()


def draft_of(user: Any, form: FormInstance) -> Draft | None:
    return next(iter(_drafts(form=form.pk, user=user.pk)), None)


_drafts = Prepared(lambda form, user: Draft.objects.filter(form=form, user=user), form=1, user=1)


def draft_post(draft: Draft) -> QueryDict:
    """The draft as if it were posted."""
    data = QueryDict(mutable=True)
    for name, values in draft.content.items():
        data.setlist(name, values)
    return data
