"""What a statistician asks of other designs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints.engine.design import Targets
from trialsite.kernel.planned import PlannedDesign

KINDS = (
    ("", L("All three")),
    ("single-stage", L("Exact single-stage")),
    ("simon-optimal", L("Simon, optimal")),
    ("simon-minimax", L("Simon, minimax")),
)
NUMBERS = ("p0", "p1", "alpha", "power")


class ShareField(forms.DecimalField):
    """A share of 1, neither 0 nor 1."""

    default_error_messages = {"between": L("Enter a number between 0 and 1, for example 0.15.")}

    def __init__(self, **more: Any) -> None:
        words = L("Enter a number between 0 and 1, for example 0.15.")
        super().__init__(
            max_digits=8, decimal_places=6, error_messages={"required": words, "invalid": words}, **more
        )

    def clean(self, value: Any) -> Decimal | None:
        number = super().clean(value)
        if number is not None and not 0 < number < 1:
            raise forms.ValidationError(self.error_messages["between"], code="between")
        return number


class DesignForm(forms.Form):
    """Targets of the designs to look for; at first those of the configured design."""

    p0 = ShareField(label=L("Null rate p₀"))
    p1 = ShareField(label=L("Alternative rate p₁"))
    alpha = ShareField(label=L("One-sided α"))
    power = ShareField(label=L("Power"))
    kind = forms.ChoiceField(label=L("Design"), choices=KINDS, required=False)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        p0, p1, alpha, power = (found.get(name) for name in NUMBERS)
        if p0 is not None and p1 is not None and p0 >= p1:
            self.add_error("p1", _("The alternative rate p₁ must be greater than the null rate p₀."))
        if alpha is not None and power is not None and alpha >= power:
            self.add_error("power", _("The power must be greater than α."))
        return found

    @property
    def targets(self) -> Targets:
        """Of a valid form."""
        return Targets(*(float(self.cleaned_data[name]) for name in NUMBERS))


def asked(params: Any, plan: PlannedDesign) -> DesignForm:
    """The form as it was sent; what the address does not name is taken from the configured design."""
    given = {name: params[name] for name in (*NUMBERS, "kind") if name in params}
    return DesignForm({name: str(getattr(plan, name)) for name in NUMBERS} | {"kind": ""} | given)
