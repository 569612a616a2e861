from django.urls import URLPattern, URLResolver, path

from .views import design, participant, reports, trial, verification

urlpatterns: list[URLPattern | URLResolver] = [
    path("audit/verification/", verification.verification, name="audit_verification"),
    path("audit/verification/<int:pk>/", verification.run, name="audit_verification_run"),
    path("endpoints/", trial.overview, name="endpoints"),
    path("endpoints/figures.csv", trial.cards_csv, name="endpoint_cards_csv"),
    path("endpoints/figures/<slug:name>/", trial.figure_data, name="endpoint_figure_data"),
    path("endpoints/figures/<slug:name>.svg", trial.figure, name="endpoint_figure"),
    path("endpoints/figures/<slug:name>.json", trial.figure_spec, name="endpoint_figure_spec"),
    path("endpoints/figures/<slug:name>.csv", trial.figure_csv, name="endpoint_figure_csv"),
    path("endpoints/design/", design.design, name="design"),
    path("endpoints/design.csv", design.design_csv, name="design_csv"),
    path("endpoints/<slug:endpoint>/", trial.endpoint_list, name="endpoint_list"),
    path("endpoints/<slug:endpoint>/data/", trial.data, name="endpoint_data"),
    path("endpoints/<slug:endpoint>/<str:number>/", participant.trace_of_trial, name="endpoint_trace"),
    path("p/<str:number>/results/", participant.results, name="participant_results"),
    path("p/<str:number>/results/<slug:endpoint>/", participant.trace, name="participant_trace"),
    path("reports/", reports.centre, name="reports"),
    path("reports/<int:pk>/", reports.job, name="report_job"),
    path("reports/<int:pk>/retry/", reports.retry, name="report_retry"),
    path("reports/<int:pk>/download/", reports.download, name="report_download"),
]
