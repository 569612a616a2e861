from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from .views import documents, drafts, entry, home, laboratory, logs, participants, site, way


class VisitLabel(StringConverter):
    """`TA1`, `FUIMG2`: capitals, so that `results/` and `log/` are other pages."""

    regex = "[A-Z][A-Z0-9]{1,9}"


register_converter(VisitLabel, "visit")

participant_urls: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("participants/", participants.participants, name="participants"),
    path("participants/new/", participants.participant_new, name="participant_new"),
    path("participants/new/<str:number>/", participants.participant_added, name="participant_added"),
    path("participants/cell/<str:number>/<str:place>/", participants.cell, name="participant_cell"),
    path("participants/next/<str:number>/<str:place>/", participants.cell_next, name="participant_next"),
    path("p/<str:number>/", way.participant, name="participant"),
    path("p/<str:number>/open/", way.visit_open_act, name="visit_open"),
    path("p/<str:number>/<visit:label>/", way.visit, name="visit"),
    path("p/<str:number>/<visit:label>/miss/", way.visit_miss_act, name="visit_miss"),
]

document_urls: list[URLPattern | URLResolver] = [
    path("documents/", documents.documents, name="documents"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/retry/", documents.document_retry, name="document_retry"),
    path("documents/<int:pk>/download/", documents.document_download, name="document_download"),
    path("p/<str:number>/documents/", documents.participant_documents, name="participant_documents"),
]

site_urls: list[URLPattern | URLResolver] = [
    path("laboratories/", site.laboratories, name="laboratories"),
    path("laboratories/<str:number>/", site.laboratory_site, name="laboratory_site"),
    path("laboratories/<str:number>/<str:code>/", site.laboratory, name="laboratory"),
    path("laboratories/<str:number>/<str:code>/close/", site.laboratory_close, name="laboratory_close"),
    path("laboratories/<str:number>/<str:code>/import/", site.laboratory_import, name="laboratory_import"),
    path(
        "laboratories/<str:number>/<str:code>/<int:row>/remove/",
        site.laboratory_range_remove,
        name="laboratory_range_remove",
    ),
]

log_urls: list[URLPattern | URLResolver] = [
    path("p/<str:number>/log/<str:key>/add/", logs.line_add, name="line_add"),
    path("p/<str:number>/log/<str:key>/<int:line>/copy/", logs.line_copy, name="line_copy"),
    path("p/<str:number>/log/<str:key>/<int:line>/remove/", logs.line_remove, name="line_remove"),
]

# More specific addresses first: a form's address is the most general one.
entry_urls: list[URLPattern | URLResolver] = [
    path("p/<str:number>/<str:label>/lb/import/", laboratory.laboratory_results, name="laboratory_results"),
    path(
        "p/<str:number>/<str:label>/lb/<int:repeat>/import/",
        laboratory.laboratory_results,
        name="laboratory_results",
    ),
    path("p/<str:number>/<str:label>/<str:key>/history/", entry.form_history, name="form_history"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/history/", entry.form_history, name="form_history"
    ),
    path("p/<str:number>/<str:label>/<str:key>/preview/", entry.form_preview, name="form_preview"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/preview/", entry.form_preview, name="form_preview"
    ),
    path("p/<str:number>/<str:label>/<str:key>/presence/", drafts.form_presence, name="form_presence"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/presence/",
        drafts.form_presence,
        name="form_presence",
    ),
    path("p/<str:number>/<str:label>/<str:key>/draft/", drafts.form_draft, name="form_draft"),
    path("p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/", drafts.form_draft, name="form_draft"),
    path("p/<str:number>/<str:label>/<str:key>/draft/drop/", drafts.form_draft_drop, name="form_draft_drop"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/drop/",
        drafts.form_draft_drop,
        name="form_draft_drop",
    ),
    path("p/<str:number>/<str:label>/<str:key>/", entry.form_entry, name="form_entry"),
    path("p/<str:number>/<str:label>/<str:key>/<int:repeat>/", entry.form_entry, name="form_entry"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *participant_urls,
    *document_urls,
    *site_urls,
    *log_urls,
    *entry_urls,
]
