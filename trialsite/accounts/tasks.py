from celery import shared_task

from . import alerts, sessions


@shared_task
def sessions_sweep() -> int:
    return sessions.sessions_sweep()


@shared_task
def lock_out_mail(username: str, address: str) -> int:
    return alerts.lock_out(username, address)
