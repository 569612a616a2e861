"""The cast of the demonstration: three hospitals and the people who run the trial."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from . import services, services_team
from .duties import Duty, Topic
from .models import Delegation, Site, User
from .roles import TIME_LIMITED, Role

SINCE = dt.date(2024, 1, 1)
LAST_DAY = dt.date(2099, 12, 31)

DUTIES: dict[str, tuple[Duty, ...]] = {
    Role.INVESTIGATOR: (Duty.PRINCIPAL,),
    Role.COORDINATOR: (Duty.ENTRY, Duty.IMAGING, Duty.PATHOLOGY),
}

SITES = [
    ("01", "Sun Yat-sen Demo Hospital", "中山示范医院"),
    ("02", "West China Demo Hospital", "华西示范医院"),
    ("03", "Harbin Demo Hospital", "哈尔滨示范医院"),
]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    username: str
    full_name: str
    role: Role
    site: str = ""  # number; empty for all sites

    @property
    def password(self) -> str:
        return f"demo-{self.username}-2026"

    @property
    def role_label(self) -> Any:
        return self.role.label


CAST = [
    DemoPerson("lin", "Lin Yue · 林悦", Role.COORDINATOR, "01"),
    DemoPerson("wu", "Wu Jing · 吴静", Role.COORDINATOR, "02"),
    DemoPerson("chen", "Chen Wei · 陈伟", Role.INVESTIGATOR, "01"),
    DemoPerson("zhao", "Zhao Min · 赵敏", Role.INVESTIGATOR, "02"),
    DemoPerson("mo", "Mo Rui · 莫锐", Role.MONITOR),
    DemoPerson("da", "Da Ning · 达宁", Role.DATA_MANAGER),
    DemoPerson("p1", "Pan Shu · 潘舒", Role.PATHOLOGIST),
    DemoPerson("p2", "Peng Kai · 彭凯", Role.PATHOLOGIST),
    DemoPerson("p3", "Pu Lan · 蒲岚", Role.ADJUDICATOR),
    DemoPerson("st", "Su Ting · 苏婷", Role.STATISTICIAN),
    DemoPerson("ad", "An Di · 安迪", Role.ADMINISTRATOR),
    DemoPerson("ins", "Yin Si · 殷思", Role.INSPECTOR),
]


def demo_people() -> list[DemoPerson]:
    """The accounts that the sign-in page shows; none outside demonstration mode."""
    return CAST if settings.DEMO else []


def ensure_demo_people() -> list[DemoPerson]:
    """Make what is missing. Their passwords are public, so only in demonstration mode."""
    if not settings.DEMO:
        raise ImproperlyConfigured("Demonstration accounts exist in demonstration mode only (DEMO=1).")
    sites = {site.number: site for site in Site.objects.all()}
    for number, name_en, name_zh in SITES:
        if number not in sites:
            sites[number] = services.site_create(by=None, number=number, name_en=name_en, name_zh=name_zh)
    known = set(User.objects.values_list("username", flat=True))
    fresh = [person for person in CAST if person.username not in known]
    for person in fresh:
        _create(person, sites.get(person.site))
    for person in sorted(fresh, key=lambda one: one.role != Role.INVESTIGATOR):
        if person.site:
            _delegate(person, sites[person.site])
    return CAST


def _create(person: DemoPerson, site: Site | None) -> None:
    user = services.user_create(
        by=None,
        username=person.username,
        full_name=person.full_name,
        identity="DEMO",
        demo=True,
    )
    services.password_set(by=None, user=user, password=person.password)
    until = LAST_DAY if person.role in TIME_LIMITED else None
    services.role_grant(by=None, user=user, role=person.role, site=site, valid_from=SINCE, valid_until=until)
    for topic in Topic:
        certificate = f"DEMO-{topic}-{person.username}"
        services_team.training_record(
            by=None, user=user, topic=topic, trained_on=SINCE, certificate=certificate
        )


def _delegate(person: DemoPerson, site: Site) -> None:
    """The investigator is the principal one and delegates the rest."""
    line = Delegation.objects.on(timezone.localdate()).filter(site=site, duty=Duty.PRINCIPAL).first()
    user = User.objects.get(username=person.username)
    services_team.delegation_add(
        by=line.user if line else None, site=site, user=user, duties=DUTIES[person.role], valid_from=SINCE
    )
