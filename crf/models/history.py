"""What was before and beside the study: F04 MH, F17 CM, F18 PR."""

from __future__ import annotations

from crf.fields import Coded, Dec, Int, Line, PartialDateColumn, Ref
from crf.sections import Form, Section
from trialsite.kernel.texts import Text

from .base import CrfData


class MedicalHistoryLog(CrfData):
    """F04 MH: Medical history: the head of the log. Each line is a record of its own (`MH1`)."""

    crf = Form(
        "F04",
        "MH",
        Text("Medical history", "既往史与现病史"),
        cdash="MH",
        structure="log",
        when="SCR (log open until C1D1)",
        log=True,
    )

    mh0 = Section("MH0", "Header", "表头")
    mhyn = Coded(
        "NY",
        "Any relevant medical history or ongoing condition?",
        "是否有相关既往史或现患疾病?",
        cdash="MHYN",
    )


class MedicalHistory(CrfData):
    """F04 MH, MH1: one line of the log."""

    crf = Form(
        "F04",
        "MH",
        Text("Medical history", "既往史与现病史"),
        cdash="MH",
        structure="log",
        when="SCR (log open until C1D1)",
        part="MH1",
        log=True,
        record="mhspid",
    )

    mh1 = Section("MH1", "Conditions (repeating)", "疾病记录(可重复)")
    mhspid = Int("Row number", "序号", cdash="MHSPID", values="auto", derived=True)
    mhterm = Line("Condition / event", "疾病/事件名称", max_length=200, cdash="MHTERM")
    mhcat = Coded("MHCAT", "Category", "类别", cdash="MHCAT")
    mhstdat = PartialDateColumn("Start date", "开始日期", cdash="MHSTDAT", hard="<= today", missing="UNK")
    mhongo = Coded("NY", "Ongoing at consent?", "签署知情时是否持续?", cdash="MHONGO")
    mhendat = PartialDateColumn(
        "End date", "结束日期", required="C: mhongo=N", cdash="MHENDAT", hard=">= mhstdat", missing="UNK"
    )
    mhtoxgr = Coded(
        "AETOXGR",
        "CTCAE grade at baseline if ongoing",
        "基线CTCAE分级(如持续)",
        required="C: mhongo=Y",
        cdash="- (FA)",
        values="AETOXGR subset 1-4",
        only="1,2,3,4",
        soft="1-2",
        hard="1-4",
        missing="NA",
    )
    mhctrl = Coded(
        "NYNA", "Controlled with medication?", "是否药物控制?", required="C: mhongo=Y", cdash="MHCTRL"
    )
    mhdecod = Line(
        "MedDRA preferred term (coding)",
        "MedDRA首选语",
        max_length=100,
        required="CO: always",
        cdash="MHDECOD",
        values="MedDRA, coder only",
    )
    mhsoc = Line(
        "MedDRA SOC (coding)",
        "MedDRA系统器官分类",
        max_length=100,
        required="CO: always",
        cdash="MHSOC",
        values="MedDRA, coder only",
    )


class MedicationLog(CrfData):
    """F17 CM: Concomitant medication: the head of the log. Each line is a record of its own (`CM1`)."""

    crf = Form(
        "F17",
        "CM",
        Text("Concomitant medication", "合并用药"),
        cdash="CM",
        structure="log",
        when="from 28 d before C1D1 to 30 d after last dose",
        log=True,
    )

    cm0 = Section("CM0", "Header", "表头")
    cmyn = Coded("NY", "Any medication taken?", "是否使用合并用药?", cdash="CMYN")


class ConcomitantMedication(CrfData):
    """F17 CM, CM1: one line of the log."""

    crf = Form(
        "F17",
        "CM",
        Text("Concomitant medication", "合并用药"),
        cdash="CM",
        structure="log",
        when="from 28 d before C1D1 to 30 d after last dose",
        part="CM1",
        log=True,
        record="cmspid",
    )

    cm1 = Section("CM1", "Medication (repeating)", "药物(可重复)")
    cmspid = Int("Row number", "序号", cdash="CMSPID", values="auto", derived=True)
    cmtrt = Line("Medication (generic name)", "药物名称(通用名)", max_length=100, cdash="CMTRT")
    cmcat = Coded("CMCAT", "Category", "类别", cdash="CMCAT")
    cm_indtype = Coded("CMINDTYPE", "Reason type", "用药原因类别")
    cmindc = Line(
        "Indication", "适应证", max_length=100, required="C: cm_indtype in MH,OTHER", cdash="CMINDC"
    )
    cmaeno = Ref("AE", "Linked AE", "关联AE", required="C: cm_indtype=AE", cdash="CMAENO")
    cmmhno = Ref("MH", "Linked medical history", "关联病史", required="CO: cm_indtype=MH", cdash="CMMHNO")
    cmdose = Dec(
        "Dose per administration",
        "单次剂量",
        required="O",
        cdash="CMDOSE",
        decimal_places=3,
        hard="0-100000",
        missing="UNK",
    )
    cmdosu = Line(
        "Unit",
        "单位",
        max_length=20,
        required="C: cmdose answered",
        cdash="CMDOSU",
        values="CDISC CT UNIT subset",
    )
    cmdosfrq = Coded("DOSFRQ", "Frequency", "频次", cdash="CMDOSFRQ", missing="UNK")
    cmroute = Coded("ROUTECM", "Route", "途径", cdash="CMROUTE", missing="UNK")
    cm_predeq = Dec(
        "Prednisone-equivalent daily dose",
        "泼尼松等效日剂量",
        required="C: cmcat=STEROID",
        unit="mg/day",
        soft="0.5-150",
        hard="0-2500",
        missing="UNK",
    )
    cmstdat = PartialDateColumn("Start date", "开始日期", cdash="CMSTDAT", hard="<= today", missing="UNK")
    cmprior = Coded("NY", "Started before first study dose?", "是否首次用药前开始?", cdash="CMPRIOR")
    cmongo = Coded("NY", "Ongoing?", "是否持续?", cdash="CMONGO")
    cmendat = PartialDateColumn(
        "End date", "结束日期", required="C: cmongo=N", cdash="CMENDAT", hard=">= cmstdat", missing="UNK"
    )
    cmdecod = Line(
        "WHODrug preferred name (coding)",
        "WHODrug编码",
        max_length=100,
        required="CO: always",
        cdash="CMDECOD",
        values="coder only",
    )
    cmatc = Line(
        "ATC code (coding)",
        "ATC编码",
        max_length=10,
        required="CO: always",
        cdash="CMATC4",
        values="coder only",
    )


class ProcedureLog(CrfData):
    """F18 PR: Concomitant procedures: the head of the log. Each line is a record of its own (`PR1`)."""

    crf = Form(
        "F18",
        "PR",
        Text("Concomitant procedures", "合并操作"),
        cdash="PR",
        structure="log",
        when="from consent to 30 d after last dose (surgical: 90 d)",
        log=True,
    )

    pr0 = Section("PR0", "Header", "表头")
    pryn = Coded("NY", "Any procedure performed?", "是否进行操作?", cdash="PRYN")


class ConcomitantProcedure(CrfData):
    """F18 PR, PR1: one line of the log."""

    crf = Form(
        "F18",
        "PR",
        Text("Concomitant procedures", "合并操作"),
        cdash="PR",
        structure="log",
        when="from consent to 30 d after last dose (surgical: 90 d)",
        part="PR1",
        log=True,
        record="prspid",
    )

    pr1 = Section("PR1", "Procedure (repeating)", "操作(可重复)")
    prspid = Int("Row number", "序号", cdash="PRSPID", values="auto", derived=True)
    prtrt = Line("Procedure", "操作名称", max_length=150, cdash="PRTRT")
    prcat = Coded("PRCAT", "Category", "类别", cdash="PRCAT")
    prstdat = PartialDateColumn("Date / start date", "日期", cdash="PRSTDAT", hard="<= today")
    prendat = PartialDateColumn(
        "End date (if longer than one day)", "结束日期", required="O", cdash="PRENDAT", hard=">= prstdat"
    )
    pr_indtype = Coded("CMINDTYPE", "Reason type", "原因类别")
    prindc = Line(
        "Indication", "适应证", max_length=100, required="C: pr_indtype in MH,OTHER", cdash="PRINDC"
    )
    praeno = Ref("AE", "Linked AE", "关联AE", required="C: pr_indtype=AE", cdash="PRAENO")
    pr_units = Dec(
        "Units if transfusion",
        "输血量(单位)",
        required="C: prcat=TRANSFUSION",
        unit="U",
        soft="0.5-10",
        hard="0.5-60",
        missing="UNK",
    )
    prres = Line("Result (short)", "结果", max_length=200, required="O", missing="NAV")
