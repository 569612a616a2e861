from django.urls import path

from .views import plain_entry

urlpatterns = [
    path("<str:key>/", plain_entry, name="plain_new"),
    path("<str:key>/<int:pk>/", plain_entry, name="plain"),
]
