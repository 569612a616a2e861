"""The one signal that travels upward: source data of a participant changed. Sent inside the saving transaction."""

from django.dispatch import Signal

# Arguments: participant_id: int, form_key: str, form_id: int, paths: set[str], by: User | None
source_data_changed = Signal()

# Sent inside the transaction that changes the reference ranges of a site; `site_id`. What was graded is graded again.
ranges_changed = Signal()
