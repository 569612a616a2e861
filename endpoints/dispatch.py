"""Sending "recompute" from the web process: `trialsite.hints` says how."""

from __future__ import annotations

from endpoints.tasks import recompute
from trialsite.hints import Dispatch

dispatch = Dispatch(recompute)
