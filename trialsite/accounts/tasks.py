from celery import shared_task

from . import sessions


@shared_task
def sessions_sweep() -> int:
    return sessions.sessions_sweep()
