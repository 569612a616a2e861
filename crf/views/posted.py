"""What a post of the entry page says beside its values."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from crf.fields import free_text
from crf.services.entry import Order
from crf.typed import posted_version
from trialsite.kernel.digests import digest

LONGEST_REASON = 300


def order_of(request: HttpRequest) -> Order:
    """What a post asks beside its values."""
    post = request.POST
    return Order(
        version=posted_version(post.get("version", "")),
        token=submission(request.path, post),
        complete=post.get("action") == "complete",
        reasons=posted(post, "reason:"),
        reason=free_text(post.get("reason", ""))[:LONGEST_REASON],
        confirmed=posted(post, "confirm:"),
        clear_hidden=bool(post.get("clear_hidden")),
    )


def submission(path: str, post: Any) -> str:
    """The id of a submission: it belongs to the page that it came from."""
    token = post.get("token", "")
    return digest([path, token])[:40] if token else ""


def posted(post: Any, prefix: str) -> dict[str, str]:
    """Texts whose names begin with the prefix, by the rest of the name."""
    return {
        name.removeprefix(prefix): free_text(text)[:LONGEST_REASON]
        for name, text in post.items()
        if name.startswith(prefix) and text
    }


def chosen_in(post: Any) -> dict[str, str]:
    """Reasons of confirmations that were picked and are not saved, by the name of their inputs."""
    return {f"confirm:{name}": reason for name, reason in posted(post, "confirm:").items()}


def somebody_else(request: HttpRequest) -> bool:
    """The page was opened by another person than the one who is signed in now, in another tab of the same browser."""
    return request.POST.get("person", str(request.user.pk)) != str(request.user.pk)
