"""Pre-operative decision: F12 PREOP."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Ref
from crf.sections import Form, Section
from trialsite.kernel.texts import Text

from .base import CrfData


class PreoperativeAssessment(CrfData):
    """F12 PREOP: Pre-operative MDT assessment. One per decision (repeating)."""

    crf = Form(
        "F12",
        "PREOP",
        Text("Pre-operative MDT assessment", "术前MDT评估"),
        cdash="DS/PR/RS, sponsor",
        structure="one per decision (repeating)",
        when="PREOP",
        date="po_dat",
    )

    po1 = Section("PO1", "Decision", "决策")
    po_dat = Date("MDT date", "MDT日期", hard=">= C1D1; <= today")
    po_taref = Ref("TA", "Imaging assessment used", "依据影像评估")
    po_imgage = Int(
        "Days from imaging to MDT",
        "影像至MDT天数",
        values="derived",
        unit="days",
        soft="0-28",
        hard="0-120",
        derived=True,
    )
    po_decision = Coded("MDTDEC", "MDT decision", "MDT结论")
    po_nosurg = Coded(
        "NOSURGREAS", "Reason for no surgery", "未手术原因", required="C: po_decision in NO_SURGERY,WATCH"
    )
    po_nosurg_oth = Line("Specify", "具体说明", max_length=200, required="C: po_nosurg=OTHER")
    po_resect = Coded("RESECT", "Resectability", "可切除性")
    po_milan_calc = Coded(
        "MILAN", "Down-staged to within Milan? (from TA, D-09)", "是否降期至米兰标准内", derived=True
    )
    po_bclc = Coded("BCLC", "BCLC stage at re-staging", "再分期BCLC", cdash="RSORRES", soft="0,A,B")
    po_cnlc = Coded("CNLC", "CNLC stage at re-staging", "再分期CNLC", cdash="RSORRES")
    po_plan = Coded("RESTYPE", "Planned resection", "计划切除方式", required="C: po_decision=SURGERY")
    po_plandat = Date(
        "Planned surgery date", "计划手术日期", required="C: po_decision=SURGERY", hard=">= po_dat"
    )

    po2 = Section("PO2", "Fitness", "手术条件")
    po_asa = Coded("ASA", "ASA class", "ASA分级", required="C: po_decision=SURGERY", soft="1-3")
    po_flr = Dec(
        "Future liver remnant / standard liver volume",
        "剩余肝体积/标准肝体积",
        required="C: po_decision=SURGERY",
        unit="%",
        soft="30-90",
        hard="5-100",
        missing="ND",
    )
    po_icg = Dec(
        "ICG-R15",
        "ICG-R15",
        required="C: po_decision=SURGERY",
        unit="%",
        soft="0-20",
        hard="0-100",
        missing="ND",
    )
    po_cp = Int(
        "Child-Pugh score (from PREOP VS/LB)",
        "Child-Pugh评分",
        values="derived",
        soft="5-6",
        hard="5-15",
        derived=True,
    )
    po_unresolved = Coded(
        "NY", "Unresolved treatment-related AE of grade >= 2?", "是否有未恢复的≥2级治疗相关AE?"
    )
    po_lastiv = Date(
        "Date of last intravenous study drug", "末次静脉研究药物日期", values="derived", derived=True
    )
    po_lastcam = Date("Date of last camrelizumab", "末次卡瑞利珠单抗日期", values="derived", derived=True)
    po_lastapa = Date("Date of last apatinib dose", "末次阿帕替尼日期", values="derived", derived=True)
