from django.urls import URLPattern, URLResolver, path

from .views import manager, reader

urlpatterns: list[URLPattern | URLResolver] = [
    path("readings/", reader.readings, name="readings"),
    path("readings/<str:code>/", reader.reading, name="reading"),
    path("readings/<str:code>/take/", reader.take, name="reading_take"),
    path("pathology/", manager.cases, name="pathology"),
]
