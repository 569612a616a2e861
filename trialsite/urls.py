from django.urls import include, path

from .health import HealthView, LiveView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("health/live/", LiveView.as_view(), name="live"),
    path("", include("trialsite.accounts.urls")),
    # Before the forms: their addresses are the most general ones.
    path("", include("endpoints.urls")),
    path("", include("crf.urls")),
    path("", include("pathology.urls")),
]
