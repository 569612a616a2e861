"""Study treatment: F10 EC, F20 EOT."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Ref, Time
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class StudyTreatment(CrfData):
    """F10 EC: Study treatment administration (per cycle).

    Per cycle: header + one row per intravenous drug + apatinib periods (study-level log).
    """

    crf = Form(
        "F10",
        "EC",
        Text("Study treatment administration (per cycle)", "研究治疗给药(按周期)"),
        cdash="EC, DA",
        structure="per cycle: header + one row per intravenous drug + apatinib periods (study-level log)",
        when="C1..C6, ADJ1..ADJ8, CONTn",
        date="ec_d1dat",
    )

    ec1 = Section("EC1", "Cycle header", "周期表头")
    ec_phase = Coded("PHASE", "Treatment phase", "治疗阶段", cdash="EPOCH")
    ec_cycle = Int("Cycle number within phase", "阶段内周期号", cdash="- (ECCYCLE)", soft="1-8", hard="1-40")
    ec_given = Coded("NY", "Was any study drug given in this cycle?", "本周期是否给药?", cdash="ECYN")
    ec_d1dat = Date(
        "Cycle day 1 date",
        "周期第1天日期",
        required="C: ec_given=Y",
        cdash="ECSTDAT (first drug)",
        hard="<= today",
    )
    ec_d1plan = Date("Planned day 1 date (D-20)", "计划第1天日期", values="derived", derived=True)
    ec_delay = Int(
        "Delay of day 1 (D-20)",
        "延迟天数",
        values="derived",
        unit="days",
        soft="-3 to 7",
        hard="-60 to 120",
        derived=True,
    )
    ec_delay_reas = Coded(
        "DOSADJREAS",
        "Main reason for delay",
        "延迟主要原因",
        required="C: ec_delay>cfg.cycle_window_days",
        cdash="ECADJ",
    )
    ec_delay_aeref = Ref(
        "AE", "Linked AE for delay", "延迟关联AE", required="C: ec_delay_reas in AE_HEM,AE_NONHEM,AE_IR"
    )
    ec_wt = Dec("Weight used for dosing", "计算剂量用体重", unit="kg", soft="40-110", hard="25-200")
    ec_ht = Dec(
        "Height used for dosing",
        "计算剂量用身高",
        values="default from screening",
        unit="cm",
        soft="145-190",
        hard="120-220",
    )
    ec_bsa = Dec(
        "BSA used for dosing",
        "计算剂量用体表面积",
        decimal_places=2,
        unit="m2",
        soft="1.30-2.30",
        hard="1.00-3.00",
    )
    ec_bsa_calc = Dec(
        "BSA recomputed by EDC (D-03)",
        "系统复算体表面积",
        decimal_places=4,
        values="derived",
        unit="m2",
        derived=True,
    )
    ec_retreat = Coded(
        "NY", "Retreatment criteria met before dosing? (section 1.4 A-25)", "是否满足再次给药标准?"
    )
    ec_retreat_com = Line(
        "If not met, justification", "未满足时说明", max_length=200, required="C: ec_retreat=N and ec_given=Y"
    )
    ec_access = Coded("VASCACC", "Venous access", "静脉通路", required="C: ec_given=Y")
    ec_notgiven_reas = Coded(
        "DOSADJREAS",
        "Reason whole cycle not given",
        "整周期未给药原因",
        required="C: ec_given=N",
        cdash="ECREASOC",
    )

    ec2 = Rows("EC2", "Intravenous drug rows (fixed rows OXA, LLV, FU_B, FU_CI, CAM)", "静脉药物行(固定行)")
    ec3 = Rows(
        "EC3",
        "Apatinib dosing periods (repeating, contiguous, study-level)",
        "阿帕替尼用药时段(可重复、连续)",
    )
    ec4 = Rows("EC4", "Apatinib accountability (per dispensing, repeating)", "阿帕替尼发放回收(可重复)")


class InfusionRow(CrfRow):
    """EC2: Intravenous drug rows (fixed rows OXA, LLV, FU_B, FU_CI, CAM)."""

    crf_rows = RowsOf("EC", "EC2", key="ectrt", fixed=("OXA", "LLV", "FU_B", "FU_CI", "CAM"))

    ectrt = Coded(
        "DRUG",
        "Drug",
        "药物",
        only="OXA,LLV,FU_B,FU_CI,CAM",
        cdash="ECTRT",
        values="DRUG subset OXA,LLV,FU_B,FU_CI,CAM",
        derived=True,
    )
    ecoccur = Coded("NYNA", "Given?", "是否给药?", cdash="ECOCCUR")
    ecreasoc = Coded(
        "DOSADJREAS", "Reason not given", "未给药原因", required="C: ecoccur=N", cdash="ECREASOC"
    )
    ec_lvl = Coded("DOSELVL", "Dose level", "剂量水平", required="C: ecoccur=Y", soft="0,-1,-2")
    ec_planm2 = Dec(
        "Planned dose at this level",
        "本水平计划剂量",
        required="C: ecoccur=Y",
        cdash="- (ECDOSE planned)",
        values="lookup cfg.dose_levels",
        unit="mg/m2; mg for CAM",
        derived=True,
    )
    ec_plan_mg = Dec(
        "Planned dose in mg = planned x BSA used (D-17)",
        "计划剂量(mg)",
        required="C: ecoccur=Y",
        cdash="ECDSTXT (ECMOOD=SCHEDULED)",
        values="derived",
        unit="mg",
        derived=True,
    )
    ecdstxt = Dec(
        "Actual dose given",
        "实际给药剂量",
        required="C: ecoccur=Y",
        cdash="ECDSTXT (ECMOOD=PERFORMED)",
        unit="mg",
        soft="within +/-5 % of ec_plan_mg",
        hard="OXA 10-300; LLV 20-900; FU_B 50-1200; FU_CI 300-7000; CAM 50-400",
    )
    ecdosu = Line("Unit", "单位", max_length=8, cdash="ECDOSU", values="fixed mg", derived=True)
    ecroute = Coded("ROUTE", "Route", "途径", cdash="ECROUTE", values="ROUTE fixed INTRAVENOUS", derived=True)
    ecstdat = Date(
        "Start date",
        "开始日期",
        required="C: ecoccur=Y",
        cdash="ECSTDAT",
        soft="ec_d1dat to ec_d1dat+1",
        hard=">= icf_dsstdat; <= today",
    )
    ecsttim = Time(
        "Start time", "开始时间", required="C: ecoccur=Y", cdash="ECSTTIM", values="HH:MM", missing="UNK"
    )
    ecendat = Date("End date", "结束日期", required="C: ecoccur=Y", cdash="ECENDAT", hard=">= ecstdat")
    ecentim = Time(
        "End time", "结束时间", required="C: ecoccur=Y", cdash="ECENTIM", values="HH:MM", missing="UNK"
    )
    ec_dur_h = Dec(
        "Infusion duration (derived)",
        "输注时长",
        decimal_places=2,
        required="CO: times known",
        values="derived",
        unit="h",
        soft="OXA 2-6; LLV 2; FU_CI 44-48; CAM 0.33-1",
        hard="> 0 to 120",
        derived=True,
    )
    eclot = Line("Lot number", "批号", max_length=30, required="C: ecoccur=Y", cdash="ECLOT", missing="UNK")
    ecdosadj = Coded(
        "NY",
        "Dose changed from previous cycle / level?",
        "剂量是否较前调整?",
        required="C: ecoccur=Y",
        cdash="ECDOSADJ",
    )
    ecadj = Coded(
        "DOSADJREAS", "Reason for dose change", "剂量调整原因", required="C: ecdosadj=Y", cdash="ECADJ"
    )
    ecadj_aeref = Ref("AE", "Linked AE", "关联AE", required="C: ecadj or ecreasoc in AE_HEM,AE_NONHEM,AE_IR")
    ecitrpyn = Coded(
        "NY", "Infusion interrupted?", "输注是否中断?", required="C: ecoccur=Y", cdash="ECITRPYN"
    )
    ec_itr_min = Int(
        "Interruption duration",
        "中断时长",
        required="C: ecitrpyn=Y",
        cdash="ECCINTD (ECCINTDU=min)",
        unit="min",
        soft="1-240",
        hard="1-2880",
        missing="UNK",
    )
    ectrtcmp = Coded(
        "NY", "Full dose completed?", "是否完成全部剂量?", required="C: ecoccur=Y", cdash="ECTRTCMP"
    )
    ec_ir_yn = Coded("NY", "Infusion reaction? (opens AE)", "是否发生输液反应?", required="C: ecoccur=Y")
    ec_perm_yn = Coded("NY", "Drug permanently discontinued from now on?", "该药是否自此永久停用?")
    ec_perm_dat = Date(
        "Permanent discontinuation date", "永久停用日期", required="C: ec_perm_yn=Y", hard="<= today"
    )
    ec_pct_plan = Dec(
        "Actual / planned (D-17)",
        "实际/计划剂量",
        required="CO: ecoccur=Y",
        values="derived",
        unit="%",
        soft="95-105",
        hard="0-200",
        derived=True,
    )


class ApatinibPeriod(CrfRow):
    """EC3: Apatinib dosing periods (repeating, contiguous, study-level)."""

    crf_rows = RowsOf("EC", "EC3", number="apa_spid")

    apa_spid = Int("Period number", "时段号", cdash="- (ECSPID)", values="auto", derived=True)
    apa_phase = Coded("PHASE", "Phase", "阶段", cdash="EPOCH")
    apa_ecstdat = Date("Period start", "开始日期", cdash="ECSTDAT", hard=">= icf_dsstdat; <= today")
    apa_ecendat = Date(
        "Period end (blank while current)",
        "结束日期(进行中留空)",
        required="CO: always",
        cdash="ECENDAT",
        hard=">= apa_ecstdat",
    )
    apa_dose = Int(
        "Dose per administration",
        "每次剂量",
        cdash="ECDSTXT",
        unit="mg",
        soft="250 (0 if HELD)",
        hard="0-850",
    )
    apa_frq = Coded("APAFRQ", "Schedule", "频率", cdash="ECDOSFRQ")
    apa_lvl = Coded(
        "DOSELVL",
        "Dose level (derived from dose and schedule)",
        "剂量水平",
        values="DOSELVL derived",
        derived=True,
    )
    apa_reas = Coded(
        "DOSADJREAS",
        "Reason for this change (not for first period)",
        "变更原因(首时段除外)",
        required="C: apa_spid>1",
        cdash="ECADJ",
    )
    apa_aeref = Ref("AE", "Linked AE", "关联AE", required="C: apa_reas in AE_HEM,AE_NONHEM,AE_IR")
    apa_days = Int(
        "Calendar days in period",
        "时段天数",
        required="CO: apa_ecendat",
        values="derived",
        unit="days",
        hard="1-1000",
        derived=True,
    )
    apa_cum = Int(
        "Cumulative dose in period (D-18)",
        "时段累计剂量",
        required="CO: apa_ecendat",
        values="derived",
        unit="mg",
        derived=True,
    )


class ApatinibDispensing(CrfRow):
    """EC4: Apatinib accountability (per dispensing, repeating)."""

    crf_rows = RowsOf("EC", "EC4")

    da_dispdat = Date("Dispensing date", "发放日期", cdash="DADAT (DISPAMT)", hard="<= today")
    da_disp = Int(
        "Tablets dispensed (250 mg)",
        "发放片数(250mg)",
        cdash="DAORRES (DISPAMT)",
        unit="tablets",
        soft="1-60",
        hard="0-200",
    )
    da_retdat = Date(
        "Return date",
        "回收日期",
        required="CO: always",
        cdash="DADAT (RETAMT)",
        hard=">= da_dispdat",
        missing="ND",
    )
    da_ret = Int(
        "Tablets returned",
        "回收片数",
        required="C: da_retdat",
        cdash="DAORRES (RETAMT)",
        unit="tablets",
        soft="0-60",
        hard="0-da_disp",
        missing="ND",
    )
    da_missed = Int(
        "Doses missed by participant's own account",
        "受试者自述漏服次数",
        required="CO: da_retdat",
        soft="0-3",
        hard="0-60",
        missing="UNK",
    )
    da_compl = Dec(
        "Compliance (D-19)",
        "依从性",
        required="CO: da_retdat",
        values="derived",
        unit="%",
        soft="80-120",
        hard="0-300",
        derived=True,
    )


class EndOfTreatment(CrfData):
    """F20 EOT: End of treatment. One per phase (NEO, ADJ or CONT)."""

    crf = Form(
        "F20",
        "EOT",
        Text("End of treatment", "治疗结束"),
        cdash="DS (disposition)",
        structure="one per phase (NEO, ADJ or CONT)",
        when="EOT",
        date="eot_dsstdat",
    )

    eot1 = Section("EOT1", "Disposition", "治疗结束信息")
    eot_phase = Coded("PHASE", "Phase ended", "结束阶段", cdash="EPOCH")
    eot_dsstdat = Date(
        "Date of decision to end this phase",
        "结束决定日期",
        cdash="DSSTDAT",
        soft="last dose to last dose+14",
        hard=">= last dose date",
    )
    eot_dsdecod = Coded("EOTREAS", "Primary reason", "主要原因", cdash="DSDECOD")
    eot_dsterm = Line(
        "Specify", "具体说明", max_length=200, required="C: eot_dsdecod in OTHER,PHYSICIAN", cdash="DSTERM"
    )
    eot_aeref = Ref("AE", "Linked AE", "关联AE", required="C: eot_dsdecod=AE")
    eot_taref = Ref(
        "TA or SS",
        "Assessment showing PD / recurrence",
        "证实PD/复发的评估",
        required="C: eot_dsdecod in PD,RECURRENCE",
    )
    eot_cycles = Int(
        "Cycles started in this phase (derived)", "本阶段已开始周期数", values="derived", derived=True
    )
    eot_dscont = Coded("NY", "Continues in follow-up?", "是否继续随访?", cdash="DSCONT")

    eot2 = Rows("EOT2", "Last dose per drug (rows OXA, LLV, FU_CI, CAM, APA)", "各药末次给药")


class LastDose(CrfRow):
    """EOT2: Last dose per drug (rows OXA, LLV, FU_CI, CAM, APA)."""

    crf_rows = RowsOf(
        "EOT", "EOT2", key="eotd_trt", fixed=("OXA", "LLV", "FU_CI", "CAM", "APA"), layout="table"
    )

    eotd_trt = Coded("DRUG", "Drug", "药物", cdash="ECTRT", derived=True)
    eotd_last = Date(
        "Last dose date, as reported", "末次给药日期", cdash="ECENDAT", hard="<= today", missing="NA"
    )
    eotd_last_calc = Date(
        "Last dose date from EC form", "系统末次给药日期", values="derived", derived=True, missing="NA"
    )
    eotd_reason = Coded("EOTREAS", "Reason this drug stopped", "停用原因")
    eotd_rdi = Dec(
        "Relative dose intensity in this phase (D-18)",
        "相对剂量强度",
        values="derived",
        unit="%",
        soft="60-110",
        hard="0-200",
        derived=True,
    )
