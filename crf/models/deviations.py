"""Protocol deviations: F23 DV."""

from __future__ import annotations

from crf.fields import Coded, Date, Int, Line, Ref
from crf.sections import Form, Section
from trialsite.kernel.texts import Text

from .base import CrfData


class DeviationLog(CrfData):
    """F23 DV: Protocol deviations: the head of the log. Each line is a record of its own (`DV1`)."""

    crf = Form(
        "F23",
        "DV",
        Text("Protocol deviations", "方案偏离"),
        cdash="DV",
        structure="log",
        when="any time",
        log=True,
    )

    dv0 = Section("DV0", "Header", "表头")
    dvyn = Coded("NY", "Any protocol deviation?", "是否有方案偏离?", cdash="DVYN")


class ProtocolDeviation(CrfData):
    """F23 DV, DV1: one line of the log."""

    crf = Form(
        "F23",
        "DV",
        Text("Protocol deviations", "方案偏离"),
        cdash="DV",
        structure="log",
        when="any time",
        part="DV1",
        log=True,
        record="dvspid",
    )

    dv1 = Section("DV1", "Deviation (repeating)", "偏离(可重复)")
    dvspid = Int("Row number", "序号", cdash="DVSPID", values="auto", derived=True)
    dvdecod = Coded("DVCAT", "Category", "类别", cdash="DVDECOD")
    dvterm = Line("Description", "描述", max_length=300, cdash="DVTERM")
    dvstdat = Date("Start date", "发生日期", cdash="DVSTDAT", hard="<= today")
    dvendat = Date("End date", "结束日期", required="O", cdash="DVENDAT", hard=">= dvstdat")
    dv_visit = Ref("VISIT", "Visit concerned", "相关访视", required="O", missing="NA")
    dv_sev = Coded("DVSEV", "Severity", "严重程度", cdash="- (DVCAT)")
    dv_pp = Coded("NYU", "Excludes from per-protocol set? (data-review decision)", "是否剔除PPS?")
    dv_src = Coded("DVSRC", "Detected by", "发现途径")
    dv_check = Line(
        "Edit check that raised it", "触发的核查编号", max_length=8, required="CO: dv_src=EDC", derived=True
    )
    dv_capa = Line(
        "Corrective / preventive action", "纠正预防措施", max_length=300, required="C: dv_sev=MAJOR"
    )
    dv_ecdat = Date(
        "Date reported to ethics committee",
        "伦理报告日期",
        required="C: dv_sev=MAJOR",
        soft="<= dvstdat+30",
        hard=">= dvstdat",
    )
