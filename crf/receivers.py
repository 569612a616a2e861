"""Source data or a site's configuration changed: what other forms say is judged again, in the worker."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from crf.events import ranges_changed, source_data_changed
from crf.models import CheckState
from crf.services.signing import signatures_recheck
from crf.tasks import check
from trialsite.hints import Dispatch

dispatch = Dispatch(check)


@receiver(source_data_changed)
def hurry(sender: Any, participant_id: int, **kwargs: Any) -> None:
    """A hint to hurry, sent when the data are stored. Losing it is harmless."""
    transaction.on_commit(lambda: dispatch.put(participant_id), robust=True)


@receiver(ranges_changed)
def judge_site_again(sender: Any, site_id: int, **kwargs: Any) -> None:
    """Limits of normal decide findings of everybody at the site: the sweep takes them up."""
    CheckState.objects.filter(participant__site_id=site_id).delete()


@receiver(post_migrate, sender=apps.get_app_config("crf"))
def signatures_of_older_forms(using: str, plan: Any = None, **kwargs: Any) -> None:
    """An upgrade that changes a form voids its signatures before anybody works with it ("form changed").

    `plan` is missing when a test empties the tables. A database that is taken back, or only part of the way, is left.
    """
    if plan is None or using != "default":
        return
    executor = MigrationExecutor(connections[using])
    if not executor.migration_plan(executor.loader.graph.leaf_nodes("crf")):
        signatures_recheck()
