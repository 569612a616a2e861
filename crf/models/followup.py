"""After treatment: F19 SACT, F21 SS, F22 DTH, F24 EOS."""

from __future__ import annotations

from crf.fields import Coded, Date, Int, Line, Multi, PartialDateColumn, Ref
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class SubsequentTherapy(CrfData):
    """F19 SACT: Subsequent anticancer therapy. Log."""

    crf = Form(
        "F19",
        "SACT",
        Text("Subsequent anticancer therapy", "后续抗肿瘤治疗"),
        cdash="CM, PR (CAT=SUBSEQUENT)",
        structure="log",
        when="after end of study treatment (or off-protocol)",
        log=True,
    )

    sa0 = Section("SA0", "Header", "表头")
    sact_yn = Coded(
        "NY", "Any anticancer therapy outside the protocol?", "是否接受方案外抗肿瘤治疗?", cdash="CMYN/PRYN"
    )

    sa1 = Rows("SA1", "Therapy (repeating)", "治疗(可重复)")


class SubsequentTherapyRow(CrfRow):
    """SA1: Therapy (repeating)."""

    crf_rows = RowsOf("SACT", "SA1", number="sact_spid")

    sact_spid = Int("Row number", "序号", cdash="CMSPID", values="auto", derived=True)
    sact_type = Coded("SACTTYPE", "Type", "类型", cdash="CMCAT/PRCAT")
    sact_desc = Line("Regimen / procedure", "方案/操作", max_length=150, cdash="CMTRT/PRTRT")
    sact_line = Int("Line number", "线数", soft="1-5", hard="1-20", missing="UNK")
    sact_stdat = PartialDateColumn(
        "Start date",
        "开始日期",
        month_needed=True,
        cdash="CMSTDAT",
        values="min precision MONTH",
        hard="<= today",
    )
    sact_ongo = Coded("NY", "Ongoing?", "是否持续?", cdash="CMONGO")
    sact_endat = PartialDateColumn(
        "End date",
        "结束日期",
        required="C: sact_ongo=N",
        cdash="CMENDAT",
        hard=">= sact_stdat",
        missing="UNK",
    )
    sact_reason = Coded("SACTREAS", "Reason", "原因")
    sact_best = Coded("OVRESP", "Best response", "最佳疗效", required="O", cdash="RSORRES", missing="UNK,NA")
    sact_beforepd = Coded(
        "NY",
        "Started before documented PD / recurrence? (derived; censoring flag)",
        "是否早于PD/复发(系统)",
        values="NY derived",
        derived=True,
    )


class SurvivalStatus(CrfData):
    """F21 SS: Survival, disease status and recurrence follow-up. Per contact."""

    crf = Form(
        "F21",
        "SS",
        Text("Survival, disease status and recurrence follow-up", "生存、疾病状态与复发随访"),
        cdash="SDTM SS (no CDASHIG v2.3 domain), RS, CE",
        structure="per contact",
        when="SFU30, SFU90, SURVn, FUIMGn, UNS",
        date="ss_dat",
    )

    ss1 = Section("SS1", "Contact", "随访")
    ss_dat = Date("Contact date", "随访日期", cdash="- (SDTM SSDTC)", hard="<= today")
    ss_source = Coded("SSSOURCE", "Source", "信息来源")
    ss_attempts = Int("Contact attempts made", "联系次数", soft="1-5", hard="1-30")
    ss_status = Coded("SURVSTAT", "Survival status", "生存状态", cdash="- (SDTM SSORRES, SSTESTCD=SURVSTAT)")
    ss_lastalive = Date(
        "Date last known alive",
        "末次已知存活日期",
        required="C: ss_status in ALIVE,LOST,WITHDRAWN",
        hard="<= ss_dat",
    )
    ss_ecog = Coded(
        "ECOG",
        "ECOG (if seen)",
        "ECOG",
        required="CO: ss_status=ALIVE",
        cdash="RSORRES (ECOG101)",
        missing="ND",
    )

    ss2 = Section("SS2", "Disease status", "疾病状态")
    ss_disease = Coded("DISSTAT", "Disease status", "疾病状态", required="C: ss_status=ALIVE")
    ss_event_yn = Coded(
        "NY",
        "New recurrence or progression since last contact?",
        "自上次随访以来是否新发复发/进展?",
        required="C: ss_status=ALIVE",
    )
    ss_event_dat = Date(
        "Date of first recurrence / progression (date of the scan or biopsy, not of the report)",
        "首次复发/进展日期(以检查/活检日期为准)",
        required="C: ss_event_yn=Y",
        cdash="CESTDAT",
        hard=">= C1D1; <= ss_dat",
    )
    ss_event_basis = Coded("RECBASIS", "Basis", "依据", required="C: ss_event_yn=Y")
    ss_event_site = Multi("RECSITE", "Sites (select all)", "部位(可多选)", required="C: ss_event_yn=Y")
    ss_event_n = Int(
        "Number of intrahepatic recurrent tumours",
        "肝内复发灶数",
        required="C: ss_event_site has any IH_",
        soft="1-10",
        hard="1-99",
        missing="UNK",
    )
    ss_event_milan = Coded(
        "MILAN", "Recurrence within Milan?", "复发灶是否符合米兰标准?", required="C: ss_event_yn=Y"
    )
    ss_event_taref = Ref(
        "TA", "Linked tumour assessment", "关联影像评估", required="C: ss_event_basis in IMAGING,BOTH"
    )
    ss_newtx = Coded(
        "NY",
        "New anticancer therapy since last contact? (opens SACT)",
        "是否开始新的抗肿瘤治疗?",
        required="C: ss_status=ALIVE",
    )
    ss_newsae = Coded(
        "NY",
        "New related SAE or irAE since last contact? (opens AE)",
        "是否有新的相关SAE/irAE?",
        required="C: ss_status=ALIVE",
    )


class Death(CrfData):
    """F22 DTH: Death. Event-driven, one per participant."""

    crf = Form(
        "F22",
        "DTH",
        Text("Death", "死亡"),
        cdash="DD, DM.DTHDTC",
        structure="event-driven, one per participant",
        when="on death",
        date="dthdat",
    )

    dt1 = Section("DT1", "Death details", "死亡信息")
    dthdat = PartialDateColumn(
        "Date of death (year-month required)",
        "死亡日期(年月必填)",
        month_needed=True,
        cdash="DTHDAT",
        values="min precision MONTH",
        hard=">= icf_dsstdat; <= today",
    )
    dth_prec = Coded("DTPREC", "Date precision", "日期精确度", values="DTPREC derived", derived=True)
    dth_cause = Coded("DTHCAUSE", "Primary cause", "主要死因", cdash="DDORRES (PRCDTH)")
    dth_cause_txt = Line("Cause in words", "死因描述", max_length=200, cdash="DDORRES", missing="UNK")
    dth_second = Line(
        "Contributing cause",
        "次要死因",
        max_length=200,
        required="O",
        cdash="DDORRES (SECDTH)",
        missing="UNK",
    )
    dth_rel = Coded("AEREL5", "Related to study treatment?", "是否与研究治疗有关?")
    dth_place = Coded("NYU", "Died in hospital?", "是否院内死亡?")
    dth_autopsy = Coded("NYU", "Autopsy done?", "是否尸检?", cdash="DDORRES (AUTOPIND)")
    dth_source = Coded("SSSOURCE", "Source", "信息来源")
    dth_aeref = Ref(
        "AE",
        "Linked fatal AE",
        "关联致死AE",
        required="C: dth_cause in TOXICITY,SURGICAL,LIVERFAIL,BLEEDING,INFECTION,CARDIOVASC",
    )
    dth_days_last = Int(
        "Days from last study dose (derived)", "距末次给药天数", values="derived", unit="days", derived=True
    )
    dth_days_surg = Int(
        "Days from surgery (derived)",
        "距手术天数",
        required="CO: surgery done",
        values="derived",
        unit="days",
        derived=True,
    )


class EndOfStudy(CrfData):
    """F24 EOS: End of study and investigator sign-off. One per participant."""

    crf = Form(
        "F24",
        "EOS",
        Text("End of study and investigator sign-off", "研究结束与研究者签字"),
        cdash="DS",
        structure="one per participant",
        when="end",
        date="eos_dsstdat",
    )

    es1 = Section("ES1", "Disposition", "研究结束")
    eos_dsstdat = Date(
        "Date of end of study participation",
        "研究结束日期",
        cdash="DSSTDAT",
        hard=">= last contact; <= today",
    )
    eos_dsdecod = Coded("EOSREAS", "Status", "研究结束状态", cdash="DSDECOD")
    eos_dsterm = Line("Specify", "具体说明", max_length=200, required="C: eos_dsdecod=OTHER", cdash="DSTERM")
    eos_lastcontact = Date(
        "Last contact date (derived from all forms)", "末次联系日期", values="derived", derived=True
    )
    eos_fu_days = Int(
        "Follow-up from C1D1 (derived)",
        "自首次给药随访天数",
        values="derived",
        unit="days",
        soft="730",
        derived=True,
    )
    eos_aeclosed = Coded(
        "NY", "All AEs have a final outcome or are declared ongoing at end?", "全部AE已有转归或确认持续?"
    )
    eos_sign = Ref(
        "ESIGN", "Investigator e-signature of the whole casebook", "研究者全病例电子签名", derived=True
    )
