"""`{% load design %}`: probabilities and priors as the page of the design writes them."""

from __future__ import annotations

from django import template

from endpoints import designing

register = template.Library()

register.filter("chance", designing.chance)
register.filter("p_words", designing.p_words)


@register.filter
def prior_name(code: str) -> str:
    return str(designing.PRIORS[code])
