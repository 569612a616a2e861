from django.urls import include, path

from .health import HealthView

urlpatterns = [
    path("health/", HealthView.as_view(), name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("trialsite.accounts.urls")),
    path("", include("crf.urls")),
    path("", include("pathology.urls")),
    path("", include("endpoints.urls")),
    path("", include("trialsite.audit.urls")),
]
