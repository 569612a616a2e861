"""Addresses of freezing and locking, and of proposed deviations."""

from django.urls import URLPattern, URLResolver, path

from .views import database_lock, deviations, locks

lock_urls: list[URLPattern | URLResolver] = [
    path("locks/", locks.locks, name="locks"),
    path("locks/act/", locks.locks_act, name="locks_act"),
    path("locks/unlocks/<int:pk>/", locks.locks_decide, name="locks_decide"),
    path("locks/history/", locks.locks_history, name="locks_history"),
    path("locks/database/", database_lock.database_lock, name="database_lock"),
    path("deviations/", deviations.deviations, name="deviations"),
    path("deviations/<int:pk>/", deviations.deviation_decide, name="deviation_decide"),
]
