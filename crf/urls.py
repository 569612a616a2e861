from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from .urls_locks import lock_urls
from .views import (
    as_was,
    copies,
    documents,
    drafts,
    duplicates,
    entry,
    home,
    laboratory,
    laboratory_file,
    logs,
    participants,
    queries,
    query_list,
    sdv,
    signing,
    site,
    trail,
    trail_review,
    way,
)


class VisitLabel(StringConverter):
    """`TA1`, `FUIMG2`: capitals, so that `results/` and `log/` are other pages."""

    regex = "[A-Z][A-Z0-9]{1,9}"


register_converter(VisitLabel, "visit")

participant_urls: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("daily-mail/", home.daily_mail, name="daily_mail"),
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
        "laboratories/<str:number>/<str:code>/results/",
        laboratory_file.laboratory_file,
        name="laboratory_file",
    ),
    path(
        "laboratories/<str:number>/<str:code>/results/template/",
        laboratory_file.laboratory_file_template,
        name="laboratory_file_template",
    ),
    path(
        "laboratories/<str:number>/<str:code>/results/<int:pk>/",
        laboratory_file.laboratory_file_job,
        name="laboratory_file_job",
    ),
    path(
        "laboratories/<str:number>/<str:code>/<int:row>/remove/",
        site.laboratory_range_remove,
        name="laboratory_range_remove",
    ),
]

duplicate_urls: list[URLPattern | URLResolver] = [
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/<int:pk>/", duplicates.duplicate, name="duplicate"),
]

signing_urls: list[URLPattern | URLResolver] = [
    path("sign/", signing.worklist, name="sign"),
    path("sign/<str:number>/", signing.participant_sign, name="sign_participant"),
    path("signatures/<str:number>/", signing.signatures, name="signatures"),
    path("signatures/<str:number>/<int:count>/", signing.signature, name="signature"),
]

log_urls: list[URLPattern | URLResolver] = [
    path("p/<str:number>/log/<str:key>/add/", logs.line_add, name="line_add"),
    path("p/<str:number>/log/<str:key>/<int:line>/copy/", logs.line_copy, name="line_copy"),
    path("p/<str:number>/log/<str:key>/<int:line>/remove/", logs.line_remove, name="line_remove"),
]

trail_urls: list[URLPattern | URLResolver] = [
    path("audit/", trail.explorer, name="audit"),
    path("audit/export/<slug:kind>/", trail.export, name="audit_export"),
]

copy_urls: list[URLPattern | URLResolver] = [
    path("copies/", copies.copies, name="copies"),
    path("copies/<int:pk>/", copies.copy, name="copy"),
    path("copies/<int:pk>/retry/", copies.copy_retry, name="copy_retry"),
    path("copies/<int:pk>/download/", copies.copy_download, name="copy_download"),
]

trail_review_urls: list[URLPattern | URLResolver] = [
    path("trail-review/", trail_review.trail_review, name="trail_review"),
    path("trail-review/look/", trail_review.trail_review_look, name="trail_review_look"),
    path("trail-review/report/", trail_review.trail_review_report, name="trail_review_report"),
    path("trail-review/report/csv/", trail_review.trail_review_csv, name="trail_review_csv"),
    path("trail-review/<int:pk>/", trail_review.trail_item, name="trail_item"),
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
    path("p/<str:number>/<str:label>/<str:key>/as-of/", as_was.form_as_was, name="form_as_was"),
    path("p/<str:number>/<str:label>/<str:key>/<int:repeat>/as-of/", as_was.form_as_was, name="form_as_was"),
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

sdv_urls: list[URLPattern | URLResolver] = [
    path("sdv/", sdv.sdv, name="sdv"),
    path("sdv/plan/", sdv.plan, name="sdv_plan"),
    path("sdv/<str:number>/<visit:label>/", sdv.sdv_visit, name="sdv_visit"),
    path("sdv/<str:number>/<str:label>/<str:key>/", sdv.sdv_form, name="sdv_form"),
    path("sdv/<str:number>/<str:label>/<str:key>/<int:repeat>/", sdv.sdv_form, name="sdv_form"),
]

query_urls: list[URLPattern | URLResolver] = [
    path("queries/", queries.inbox, name="queries"),
    path("queries/close/", queries.queries_close_act, name="queries_close"),
    path("queries/import/", query_list.query_import, name="query_import"),
    path("queries/import/template/", query_list.query_template, name="query_template"),
    path("queries/metrics/", queries.query_metrics, name="query_metrics"),
    path("queries/export/", queries.query_export, name="query_export"),
    path("queries/<str:code>/", queries.query, name="query"),
    path("queries/<str:code>/files/<int:message>/", queries.query_file, name="query_file"),
    path("p/<str:number>/queries/", queries.participant_queries, name="participant_queries"),
    path("p/<str:number>/<str:label>/<str:key>/queries/", queries.form_queries, name="form_queries"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/queries/",
        queries.form_queries,
        name="form_queries",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *query_urls,
    *participant_urls,
    *document_urls,
    *site_urls,
    *duplicate_urls,
    *trail_urls,
    *signing_urls,
    *copy_urls,
    *trail_review_urls,
    *log_urls,
    *sdv_urls,
    *lock_urls,
    *entry_urls,
]
