"""Every act of central pathology. Callers name the module's functions; they are gathered here."""

from .allocation import case_share_out, readers_allocate
from .annotations import annotation_add, annotation_remove, slide_mark
from .cases import case_close, case_open, case_settle, has_specimen
from .images import image_clear, image_refuse, image_upload
from .reading import reading_confirm, reading_draft_drop, reading_draft_keep, reading_save, reading_take
from .reopening import reading_reopen_ask, reading_reopen_decide
from .rereads import reread_open
from .results import result_refresh, result_release
from .specimens import custody_note, items_receive, recut_answer, recut_ask

__all__ = [
    "annotation_add",
    "annotation_remove",
    "case_close",
    "case_open",
    "case_settle",
    "case_share_out",
    "custody_note",
    "has_specimen",
    "image_clear",
    "image_refuse",
    "image_upload",
    "items_receive",
    "readers_allocate",
    "reading_confirm",
    "reading_draft_drop",
    "reading_draft_keep",
    "reading_reopen_ask",
    "reading_reopen_decide",
    "reading_save",
    "reading_take",
    "recut_answer",
    "recut_ask",
    "reread_open",
    "result_refresh",
    "result_release",
    "slide_mark",
]
