"""The door to a page: who is not signed in signs in; for whom it is not, it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator

from .models import User
from .permissions import grants_of
from .roles import Permission


def require(*permissions: Permission) -> Callable[[Any], Any]:
    """One of the rights, at any site; none given: signed in is enough. For functions and view classes."""

    def decorate(view: Any) -> Any:
        if isinstance(view, type):
            return method_decorator(decorate, name="dispatch")(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in(request)
            grants = grants_of(request.user)
            if permissions and not any(grants.may(permission) for permission in permissions):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):  # the page decides: it may hold something typed
        return HttpResponse(status=401, headers={"X-Sign-In": reverse("login")})
    return redirect_to_login(request.get_full_path(), reverse("login"))


def user_or_404(username: str) -> User:
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise Http404 from None
