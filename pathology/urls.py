from django.urls import URLPattern, URLResolver, path

from . import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("readings/", views.readings, name="readings"),
    path("readings/<str:code>/", views.reading, name="reading"),
    path("readings/<str:code>/take/", views.take, name="reading_take"),
    path("pathology/", views.cases, name="pathology"),
]
