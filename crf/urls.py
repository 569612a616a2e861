from django.urls import URLPattern, URLResolver, path

from .views import entry

# More specific addresses first: a form's address is the most general one.
entry_urls: list[URLPattern | URLResolver] = [
    path("p/<str:number>/<str:label>/<str:key>/history/", entry.form_history, name="form_history"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/history/", entry.form_history, name="form_history"
    ),
    path("p/<str:number>/<str:label>/<str:key>/preview/", entry.form_preview, name="form_preview"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/preview/", entry.form_preview, name="form_preview"
    ),
    path("p/<str:number>/<str:label>/<str:key>/draft/", entry.form_draft, name="form_draft"),
    path("p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/", entry.form_draft, name="form_draft"),
    path("p/<str:number>/<str:label>/<str:key>/draft/drop/", entry.form_draft_drop, name="form_draft_drop"),
    path(
        "p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/drop/",
        entry.form_draft_drop,
        name="form_draft_drop",
    ),
    path("p/<str:number>/<str:label>/<str:key>/", entry.form_entry, name="form_entry"),
    path("p/<str:number>/<str:label>/<str:key>/<int:repeat>/", entry.form_entry, name="form_entry"),
]

urlpatterns: list[URLPattern | URLResolver] = [*entry_urls]
