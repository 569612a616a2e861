"""Laboratory: F08 LB."""

from __future__ import annotations

from crf.analytes import ANALYTES, panel_of, rows_of
from crf.fields import Coded, Date, Dec, Int, Line, Ref, Result, Time, Unit
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class LaboratoryPanel(CrfData):
    """F08 LB: Laboratory results. Per visit, one record per panel, one row per analyte."""

    crf = Form(
        "F08",
        "LB",
        Text("Laboratory results", "实验室检查"),
        cdash="LB (local processing)",
        structure="per visit, one record per panel, one row per analyte",
        when="SCR, BAS, C1D8, Cn, PREOP, POD1/3/5/7, POD30, ADJn, CONTn, EOT, SFU30, FUIMG, UNS",
        date="lbdat",
    )

    lb1 = Section("LB1", "Panel header", "检查组表头")
    lbcat = Coded("LBCAT", "Panel", "检查组", cdash="LBCAT", derived=True)
    lbperf = Coded("NY", "Sample collected?", "是否采样?", cdash="LBPERF")
    lbreasnd = Line(
        "Reason not done", "未做原因", max_length=100, required="C: lbperf=N", cdash="- (LBREASND)"
    )
    lbdat = Date(
        "Collection date",
        "采样日期",
        required="C: lbperf=Y",
        cdash="LBDAT",
        hard=">= icf_dsstdat unless soc_pre=Y; <= today",
    )
    lbtim = Time("Collection time", "采样时间", required="O", cdash="LBTIM", values="HH:MM", missing="UNK")
    lb_soc_pre = Coded(
        "NY", "Standard-of-care result obtained before consent?", "是否为签署知情前常规检查结果?"
    )
    lbspec = Coded("SPEC", "Specimen", "标本", cdash="LBSPEC")
    lbfast = Coded("NYU", "Fasting?", "是否空腹?", required="O", cdash="LBFAST")
    lbnam = Ref("LAB", "Laboratory (site lab list)", "检验室", required="C: lbperf=Y", cdash="LBNAM")
    lbrefid = Line(
        "Accession number (must not contain personal identifiers)",
        "标本号(不得含个人标识)",
        max_length=30,
        required="O",
        cdash="LBREFID",
    )

    lb2 = Rows("LB2", "Result rows (analytes in section 2.8.1)", "结果行")


class LaboratoryResult(CrfRow):
    """LB2: Result rows (analytes in section 2.8.1)."""

    crf_rows = RowsOf(
        "LB",
        "LB2",
        key="lbtestcd",
        fixed=tuple(ANALYTES),
        layout="table",
        hangs={"lborresu": "lborres"},
        subset=lambda repeat: rows_of(panel_of(repeat)),
    )

    lbtestcd = Line(
        "Test code", "项目代码", max_length=8, cdash="LBTESTCD", values="analyte catalogue", derived=True
    )
    lbop = Coded("OPER", "Operator", "符号", required="O")
    lborres = Result(
        "Result as reported",
        "报告结果",
        cdash="LBORRES",
        values="per analyte",
        soft="per analyte",
        hard="per analyte",
        missing="ND,NAV",
    )
    lborresu = Unit("Unit as reported", "报告单位", cdash="LBORRESU", values="per analyte allowed units")
    lbstresn = Dec(
        "Result in standard (SI) unit",
        "标准单位结果",
        cdash="- (LBSTRESN)",
        values="derived by conversion factor",
        decimal_places=4,
        max_digits=20,
        derived=True,
    )
    lbornrlo = Dec(
        "Lower limit of normal (from lab range table)",
        "参考下限",
        cdash="LBORNRLO",
        values="lookup D-15",
        decimal_places=4,
        derived=True,
        missing="NA",
    )
    lbornrhi = Dec(
        "Upper limit of normal (from lab range table)",
        "参考上限",
        cdash="LBORNRHI",
        values="lookup D-15",
        decimal_places=4,
        derived=True,
        missing="NA",
    )
    lbnrind = Coded("NRIND", "Range indicator", "范围判定", cdash="LBNRIND", derived=True)
    lbclsig = Coded(
        "CLSIG", "Clinical significance", "临床意义", required="C: lbnrind!=NORMAL", cdash="LBCLSIG"
    )
    lbtoxgr = Int(
        "CTCAE v5 auto-grade (D-13)",
        "CTCAE自动分级",
        cdash="LBTOXGR",
        values="derived 0-4",
        soft="0-2",
        hard="0-4",
        derived=True,
    )
    lbtox = Line(
        "CTCAE term for the grade",
        "CTCAE术语",
        max_length=60,
        required="CO: lbtoxgr>=1",
        cdash="LBTOX",
        values="derived",
        derived=True,
    )
    lbtox_min = Coded(
        "NY", "Grade is a minimum that needs clinical input?", "分级需临床信息补充?", derived=True
    )
    lb_aeref = Ref("AE or MH", "Linked AE (or MH)", "关联AE/MH", required="C: lbclsig=CS")
    lbcom = Line("Comment", "备注", max_length=200, required="O", cdash="- (CO)")
