"""What a site has of its own: laboratories, their reference ranges (C01 LABR), approved versions of the consent form."""

from __future__ import annotations

from typing import Any

from django.db import models

from crf.fields import Date, Dec, Int, Line, Ref
from crf.sections import Form, Section
from trialsite.accounts.models import Site
from trialsite.kernel.texts import Text

from .base import _Sheet


class Laboratory(models.Model):
    """A laboratory that a site sends samples to; it is closed, never deleted."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="laboratories")
    code = models.CharField(max_length=20)
    name_en = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="laboratory_code_once")]
        ordering = ["site_id", "code"]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        return f"lab:{self.pk}"

    @property
    def name(self) -> Text:
        return Text(self.name_en, self.name_zh or self.name_en)


def _plain(value: Any) -> str:
    """3.5 and 50 as they are said, without the places of the column."""
    if value is None:
        return "–"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class ReferenceRange(_Sheet):
    """C01 LABR: Laboratory reference ranges. One row per lab, test, sex, age band, validity period.

    Belongs to a laboratory of a site, not to a participant. A row that was wrong is taken out with a reason.
    """

    crf = Form(
        "C01",
        "LABR",
        Text("Laboratory reference ranges (site-level configuration form)", "实验室参考范围(中心级)"),
        cdash="LB range metadata",
        structure="one row per lab, test, sex, age band, validity period",
        when="site set-up",
    )

    laboratory = models.ForeignKey(Laboratory, on_delete=models.PROTECT, related_name="ranges")
    active = models.BooleanField(default=True)
    removed_reason = models.CharField(max_length=200, blank=True)

    lr1 = Section("LR1", "Range row", "范围行")
    labr_lab = Ref("LAB", "Laboratory", "检验室", cdash="LBNAM")
    labr_test = Line("Test", "项目", max_length=8, cdash="LBTESTCD", values="analyte catalogue")
    labr_unit = Line(
        "Reporting unit", "报告单位", max_length=20, cdash="LBORRESU", values="analyte allowed units"
    )
    labr_sex = Line("Sex", "性别", max_length=4, values="M, F, BOTH")
    labr_agelo = Int("Age from", "年龄下限", unit="years", hard="0-120")
    labr_agehi = Int("Age to", "年龄上限", unit="years", hard="0-120")
    labr_lln = Dec("LLN", "下限", cdash="LBORNRLO", decimal_places=4, missing="NA")
    labr_uln = Dec("ULN", "上限", cdash="LBORNRHI", decimal_places=4, missing="NA")
    labr_from = Date("Valid from", "生效日期")
    labr_to = Date("Valid to", "失效日期", required="O", hard=">= labr_from")

    class Meta:
        indexes = [models.Index(fields=["laboratory", "labr_test"], name="range_lab_test")]

    def __str__(self) -> str:
        return f"{self.labr_test} {self.labr_from}"

    @property
    def low(self) -> str:
        return _plain(self.labr_lln)

    @property
    def high(self) -> str:
        return _plain(self.labr_uln)


class ConsentVersion(models.Model):
    """A version of the informed consent form that the ethics committee approved for a site (CK-005, CK-008)."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="consent_versions")
    version = models.CharField(max_length=20)
    version_date = models.DateField()
    effective_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "version"], name="consent_version_once")]
        ordering = ["site_id", "effective_from"]

    def __str__(self) -> str:
        return self.version
