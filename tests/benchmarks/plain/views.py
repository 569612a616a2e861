"""Open and save as a plain Django project would."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from crf.models.base import CrfData
from crf.rendering import SEGMENTS

from .models import PLAIN, key_of, plain_fields


@cache
def form_class(key: str) -> type[forms.ModelForm]:  # type: ignore[type-arg]
    """A ModelForm over all fields, with the kinds of input that the page of the form has."""
    source = next(m for m in CrfData.__subclasses__() if key_of(m) == key)
    fields = plain_fields(source)
    widgets: dict[str, forms.Widget] = {}
    for name, (field, _section, _row) in fields.items():
        if field.kind == "code":
            few = len(field.options) <= SEGMENTS  # type: ignore[attr-defined]
            widgets[name] = forms.RadioSelect() if few else forms.Select()
        elif field.kind in ("date", "time", "int", "dec"):
            widgets[name] = forms.TextInput()
    made = forms.modelform_factory(PLAIN[key], fields=list(fields), widgets=widgets)
    for name, (field, _section, _row) in fields.items():
        made.base_fields[name].disabled = field.derived  # type: ignore[attr-defined]
    return made


@login_required
def plain_entry(request: HttpRequest, key: str, pk: int = 0) -> HttpResponse:
    model = PLAIN[key.upper()]
    stored: Any = get_object_or_404(model, pk=pk) if pk else model()
    bound = (request.POST,) if request.method == "POST" else ()
    form = form_class(key.upper())(*bound, instance=stored)
    if request.method == "POST":
        with transaction.atomic():
            if form.is_valid():
                form.instance.changed_by = request.user
                saved = form.save()
                messages.success(request, "Saved.")
                return redirect("plain", key=key, pk=saved.pk)
        return render(request, "plain.html", {"form": form}, status=422)
    return render(request, "plain.html", {"form": form})
