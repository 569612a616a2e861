"""The inbox of queries: filters in the address, pages by key, what stands in a row, the tiles of the home page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checks.catalogue import CATALOGUE
from crf.fields import MISS
from crf.models import FormInstance, Query, QueryOrigin, QueryState
from crf.models.queries import STANDING, WITH_SITE
from crf.naming import form_title, form_url, label_of
from crf.registry import FormDef, form_def, forms, parts
from crf.rendering import anchor
from crf.schedule import visit_label
from crf.sheets import Sheet
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

from .findings import message_of
from .history import field_at
from .sheets import fill
from .values import text_at, words_of

P = Permission
PAGE = 50
LATE = dt.timedelta(days=14)  # the tile "older than 14 days"
BLINDED = "CPATH"  # a single central reading is never seen through a query
CODE = re.compile(r"Q-([\w.-]{1,40})-(\d{1,6})", re.ASCII)
DAYS = re.compile(r"(\d{1,4})-(\d{0,4})")
# Whole days that a query has been open: the buckets of filter and figures.
BUCKETS = ("0-7", "8-14", "15-28", "29-")
TABS: Mapping[str, tuple[str, ...]] = {
    "answer": WITH_SITE, "close": (QueryState.ANSWERED,), "open": STANDING,
    "closed": (QueryState.CLOSED, QueryState.CANCELLED), "all": tuple(QueryState),
}  # fmt: skip


def queries_for(user: Any, permission: Permission = P.VIEW) -> QuerySet[Query]:
    """Queries of the sites where the user holds the permission. None about a single central reading."""
    return grants_of(user).limit(Query.objects.exclude(form_key=BLINDED), permission)


def query_for(user: Any, code: str) -> Query:
    """One query by its public number with participant, site, form and visit at hand; or 404."""
    found = CODE.fullmatch(code)
    query = (
        queries_for(user)
        .select_related(
            "participant__site", "form__participant__site", "form__visit", "raised_by", "closed_by"
        )
        .filter(participant__number=found[1], number=int(found[2]))
        .first()
        if found
        else None
    )
    if query is None:
        raise Http404
    if query.form:
        query.form.participant = query.participant
    return query


# --- the filter -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What stands in the address. What is not known is left out: an old bookmark still shows something."""

    tab: str = "all"
    site: str = ""
    age: str = ""  # days open: `8-14`, `29-`
    form: str = ""
    origin: str = ""
    check: str = ""
    state: str = ""
    endpoint: bool = False
    participant: str = ""
    q: str = ""

    @classmethod
    def read(cls, asked: QueryDict, tab: str = "all") -> Filters:
        def given(name: str, most: int) -> str:
            return asked.get(name, "").replace("\x00", "").strip()[:most]

        def one_of(name: str, known: Iterable[str], default: str = "") -> str:
            return given(name, 60) if given(name, 60) in known else default

        return cls(
            tab=one_of("tab", TABS, tab), site=given("site", 4), age=given("age", 9) if DAYS.fullmatch(given("age", 9)) else "",
            form=one_of("form", [*forms(), *parts()]), origin=one_of("origin", QueryOrigin.values), check=given("check", 60),
            state=one_of("state", QueryState.values), endpoint=asked.get("endpoint") == "1",
            participant=given("participant", 20), q=given("q", 80),
        )  # fmt: skip

    def items(self) -> dict[str, str]:
        names = ("site", "age", "form", "origin", "check", "state", "participant", "q")
        found = {"tab": self.tab} | {name: getattr(self, name) for name in names}
        return {name: text for name, text in found.items() if text} | (
            {"endpoint": "1"} if self.endpoint else {}
        )

    def query(self, **more: str) -> str:
        return urlencode(self.items() | more)

    def url(self, **changes: Any) -> str:
        return f"{reverse('queries')}?{replace(self, **changes).query()}"

    @property
    def narrowed(self) -> bool:
        return bool(set(self.items()) - {"tab"})

    def apply(self, queries: QuerySet[Query]) -> QuerySet[Query]:
        """Everything but the tab."""
        wanted = Q()
        for name, text in (
            ("site__number", self.site), ("form_key", self.form), ("origin", self.origin), ("rule", self.check),
            ("state", self.state), ("participant__number__startswith", self.participant),
        ):  # fmt: skip
            wanted &= Q(**{name: text}) if text else Q()
        if self.endpoint:
            wanted &= Q(endpoint=True)
        return queries.filter(wanted & _open_for(self.age) & _says(self.q))


def _open_for(age: str) -> Q:
    """Queries that were raised so many whole days ago."""
    found = DAYS.fullmatch(age)
    if not found:
        return Q()
    now, least, most = timezone.now(), int(found[1]), found[2]
    young = Q(raised_at__lte=now - dt.timedelta(days=least)) if least else Q()
    return young & Q(raised_at__gt=now - dt.timedelta(days=int(most) + 1)) if most else young


def _says(words: str) -> Q:
    """The words of a person's question, or those of the check that asks, in either language."""
    if not words:
        return Q()
    low = words.lower()
    rules = [
        code for code, check in CATALOGUE.items()
        if low in f"{code} {check.message.en} {check.message.zh}".lower()
    ]  # fmt: skip
    return Q(question__icontains=words) | Q(rule__in=rules)


def tab_of(user: Any) -> str:
    """Where the inbox opens for this person: at what waits for them."""
    grants = grants_of(user)
    if grants.may(P.QUERY_ANSWER):
        return "answer"
    return "close" if grants.may(P.QUERY_RAISE) else "all"


def counts(queries: QuerySet[Query]) -> dict[str, int]:
    """How many there are in each tab."""
    return queries.order_by().aggregate(
        **{tab: Count("pk", filter=Q(state__in=states)) for tab, states in TABS.items()}
    )


# --- a page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """Where the next page begins: after this query, oldest first."""

    at: dt.datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> Key | None:
        at, _sep, pk = text.partition("~")
        try:
            told = dt.datetime.fromisoformat(at)
            moment = told.astimezone(dt.UTC) if told.tzinfo else None
        except (ValueError, OverflowError):
            return None
        known = pk.isascii() and pk.isdigit() and len(pk) < 12
        return cls(moment, int(pk)) if moment and known else None

    def text(self) -> str:
        return f"{self.at.astimezone(dt.UTC).isoformat()}~{self.pk}"

    def following(self, queries: QuerySet[Query]) -> QuerySet[Query]:
        """What comes after it; the first condition is what an index can use."""
        return queries.filter(Q(raised_at__gte=self.at) & (Q(raised_at__gt=self.at) | Q(pk__gt=self.pk)))


@dataclass(slots=True)
class Line:
    """A query as a row of the inbox."""

    query: Query
    age: int  # whole days since it was raised, to its close
    place: str  # visit and form
    label: str  # field or row; empty: the form
    question: str
    who: str
    href: str
    form_href: str
    now: str = ""
    then: str = ""
    tone: str = ""

    @property
    def changed(self) -> bool:
        return bool(self.query.path) and self.now != self.then


def page_of(queries: QuerySet[Query], after: Key | None) -> tuple[list[Query], Key | None]:
    """One page, oldest first, and the key of the next."""
    ordered = (after.following(queries) if after else queries).order_by("raised_at", "pk")
    found = list(ordered.select_related("participant", "form__visit", "raised_by")[: PAGE + 1])
    more = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], Key(more.raised_at, more.pk) if more else None


def lines_of(queries: list[Query]) -> list[Line]:
    """Rows with the value now: one query for each kind of record on the page, however many rows."""
    sheets = values_now(queries)
    return [line_of(query, sheets.get(query.form_id or 0)) for query in queries]


def line_of(query: Query, sheet: Sheet | None = None) -> Line:
    """A row; `participant`, `form`, `visit` and `raised_by` must be at hand."""
    form = query.form
    made = Line(
        query, age_of(query), place_of(form), label_at(query), question_of(query), who_asks(query),
        reverse("query", args=[query.code]), "", tone=TONES[query.state],
    )  # fmt: skip
    if form is None:
        return made
    form.participant = query.participant
    definition = form_def(form.form_key)
    made.form_href = form_url(form) + (f"#{anchor(query.path)}" if query.path else "")
    made.then = words_of(definition, query.path, query.raised_value)
    if sheet is not None:
        made.now = words_of(definition, query.path, text_at(definition, sheet, query.path))
    return made


TONES: Mapping[str, str] = {
    QueryState.OPEN: "query", QueryState.REOPENED: "query", QueryState.ANSWERED: "due", QueryState.CLOSED: "comp",
    QueryState.CANCELLED: "",
}  # fmt: skip


def age_of(query: Query) -> int:
    """Whole days that it was open: until now, or until it was closed."""
    return max(0, ((query.closed_at or timezone.now()) - query.raised_at).days)


def place_of(form: FormInstance | None) -> str:
    if form is None:
        return ""
    visit = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
    return f"{visit} {form_title(form.form_key, form.repeat)}".strip()


def label_at(query: Query) -> str:
    """What the question is about, within its form: a field, a row; empty for the form itself."""
    return path_label(form_def(query.form_key), query.path) if query.path and query.form_key else ""


def path_label(definition: FormDef, path: str) -> str:
    """Words for a field, or for a row (`TA2:3`)."""
    return label_of(definition, path if "/" in path or ":" not in path else f"{path}/")


def question_of(query: Query) -> str:
    """The question in words: those of the person, or those of the check in the language of the reader."""
    if not query.rule or not query.form_key:
        return query.question
    return message_of(form_def(query.form_key), query.rule, query.path)


def rule_name(rule: str) -> str:
    return rule if rule in CATALOGUE else _("limit")


def who_asks(query: Query) -> str:
    return rule_name(query.rule) if query.rule else str(query.raised_by or "")


def values_now(queries: Iterable[Query]) -> dict[int, Sheet]:
    """Sheets that hold nothing but the fields that are asked about."""
    sheets: dict[str, dict[int, Sheet]] = {}
    wanted: dict[str, dict[str, set[str]]] = {}
    for query in queries:
        form = query.form
        if form is None or not form.version or not query.path:
            continue
        definition, section = (
            form_def(form.form_key),
            query.path.partition(":")[0] if ":" in query.path else "",
        )
        crf_field = field_at(definition, query.path)
        if crf_field is None:
            continue
        sheets.setdefault(form.form_key, {})[form.pk] = Sheet(key=form.form_key, form=form.pk)
        code = definition.head.part or definition.code
        names = wanted.setdefault(form.form_key, {code: set()})
        chosen = names.setdefault(f"{code}/{section}" if section else code, set())
        chosen.add(crf_field.name)
        if crf_field.missing:
            chosen.add(crf_field.name + MISS)
    found: dict[int, Sheet] = {}
    for key, by_form in sheets.items():
        fill(by_form.values(), only={place: sorted(names) for place, names in wanted[key].items()})
        found |= by_form
    return found


# --- what the page offers -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Choices:
    """The lists of the filters."""

    sites: list[Site] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)
    ages: list[tuple[str, str]] = field(default_factory=list)


def choices(user: Any) -> Choices:
    titled = [
        (key, f"{key} {definition.title}")
        for key, definition in (forms() | parts()).items()
        if key != BLINDED
    ]
    ages = [*BUCKETS, "15-"]
    sites = list(grants_of(user).limit(Site.objects.order_by("number"), P.VIEW, "pk"))
    return Choices(sites, sorted(titled), [(age, age_words(age)) for age in ages])


def age_words(age: str) -> str:
    least, _sep, most = age.partition("-")
    if not most:
        return _("more than %(n)s days") % {"n": int(least) - 1}
    return _("%(from)s–%(to)s days") % {"from": least, "to": most}


@dataclass(frozen=True, slots=True)
class QueryTile:
    """A count, since when the oldest has waited, and the list behind it."""

    need: str
    label: str
    count: int
    oldest: dt.datetime | None
    href: str


def query_tiles(user: Any) -> list[QueryTile]:
    """What waits for this person among the queries, for their home page: one query. Empty for who sees none."""
    grants = grants_of(user)
    if not grants.may(P.VIEW):
        return []
    answers, raises = grants.may(P.QUERY_ANSWER), grants.may(P.QUERY_RAISE)
    late = timezone.now() - LATE - dt.timedelta(days=1)
    kinds: list[tuple[str, str, Q, Filters]] = []
    if answers or raises:
        kinds.append(("answer", _("Queries to answer"), Q(state__in=WITH_SITE), Filters(tab="answer")))
    if raises:
        kinds.append(("close", _("Answered, to close"), Q(state=QueryState.ANSWERED), Filters(tab="close")))
    if answers or raises:
        waiting = Q(state__in=WITH_SITE) if answers and not raises else Q()
        tab = "answer" if answers and not raises else "open"
        kinds.append(
            (
                "endpoint",
                _("Endpoint fields with an open query"),
                Q(endpoint=True) & waiting,
                Filters(tab=tab, endpoint=True),
            )
        )
        kinds.append(
            (
                "late",
                _("Open for more than 14 days"),
                Q(raised_at__lte=late) & waiting,
                Filters(tab=tab, age="15-"),
            )
        )
    found = queries_for(user).filter(state__in=STANDING).order_by().aggregate(
        **{f"{need}_n": Count("pk", filter=where) for need, _label, where, _filters in kinds},
        **{f"{need}_at": Min("raised_at", filter=where) for need, _label, where, _filters in kinds},
    ) if kinds else {}  # fmt: skip
    return [
        QueryTile(need, label, found[f"{need}_n"], found[f"{need}_at"], filters.url())
        for need, label, _where, filters in kinds
    ]
