"""Adverse events: F16 AE."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Long, Multi, PartialDateColumn, Time
from crf.sections import Form, Section
from trialsite.kernel.texts import Text

from .base import CrfData


class AdverseEventLog(CrfData):
    """F16 AE: Adverse events (incl. SAE, irAE, RCCEP): the head of the log. Each line is a record of its own (`AE1`)."""

    crf = Form(
        "F16",
        "AE",
        Text("Adverse events (incl. SAE, irAE, RCCEP)", "不良事件(含SAE、irAE、RCCEP)"),
        cdash="AE, FA, SAE",
        structure="log (from consent)",
        when="all visits",
        log=True,
    )

    ae0 = Section("AE0", "Header", "表头")
    aeyn = Coded("NY", "Any adverse event since consent?", "自签署知情以来是否发生不良事件?", cdash="AEYN")


class AdverseEvent(CrfData):
    """F16 AE, AE1 to AE6: one line of the log."""

    crf = Form(
        "F16",
        "AE",
        Text("Adverse events (incl. SAE, irAE, RCCEP)", "不良事件(含SAE、irAE、RCCEP)"),
        cdash="AE, FA, SAE",
        structure="log (from consent)",
        when="all visits",
        part="AE1",
        log=True,
        record="aespid",
    )

    ae1 = Section("AE1", "Event (repeating)", "事件(可重复)")
    aespid = Int("AE number", "AE编号", cdash="AESPID", values="auto", derived=True)
    aeterm = Line(
        "Event (diagnosis preferred; one event per row)",
        "事件名称(优先诊断,一行一事件)",
        max_length=200,
        cdash="AETERM",
    )
    ae_ctcae = Coded(
        "CTCAE",
        "CTCAE v5.0 term",
        "CTCAE v5.0术语",
        cdash="- (AETERM coded)",
        values='CTCAE catalogue section 4.4.2 + "Other, specify"',
        max_length=80,
    )
    aedecod = Line(
        "MedDRA preferred term (coding)",
        "MedDRA首选语",
        max_length=100,
        required="CO: always",
        cdash="AEDECOD",
        values="MedDRA, coder only",
    )
    aesoc = Line(
        "MedDRA SOC (coding)",
        "MedDRA系统器官分类",
        max_length=100,
        required="CO: always",
        cdash="AESOC",
        values="MedDRA, coder only",
    )
    aestdat = PartialDateColumn("Start date", "开始日期", cdash="AESTDAT", hard="<= today")
    aesttim = Time(
        "Start time (if on a dosing day)",
        "开始时间(用药当日)",
        required="CO: aestdat = any dosing date",
        cdash="AESTTIM",
        values="HH:MM",
        missing="UNK",
    )
    aeongo = Coded("NY", "Ongoing?", "是否持续?", cdash="AEONGO")
    aeendat = PartialDateColumn(
        "End date",
        "结束日期",
        required="C: aeongo=N",
        cdash="AEENDAT",
        hard=">= aestdat; <= today",
        missing="UNK",
    )
    aetoxgr = Coded(
        "AETOXGR",
        "Worst CTCAE grade of this episode",
        "本次事件最高CTCAE分级",
        cdash="AETOXGR",
        hard="allowed grades of ae_ctcae",
    )
    ae_relphase = Line(
        "Phase at onset (derived: screening, neoadjuvant, peri-operative, adjuvant, continued, follow-up)",
        "发生阶段(系统)",
        max_length=20,
        values="derived",
        derived=True,
        says="ONSETPHASE",
    )
    ae_teae = Coded(
        "NY",
        "Treatment-emergent (derived: onset >= first dose and <= last dose + 30 d, or worsened)",
        "治疗期出现(系统)",
        values="NY derived",
        derived=True,
    )

    ae2 = Section("AE2", "Causality per drug (per event, same row as AE1)", "各药物因果关系(同AE1行)")
    aerel_oxa = Coded("AEREL5", "Relationship to oxaliplatin", "与奥沙利铂关系", cdash="AEREL")
    aerel_llv = Coded("AEREL5", "Relationship to calcium levofolinate", "与左亚叶酸钙关系", cdash="AEREL")
    aerel_fu = Coded("AEREL5", "Relationship to fluorouracil", "与氟尿嘧啶关系", cdash="AEREL")
    aerel_cam = Coded("AEREL5", "Relationship to camrelizumab", "与卡瑞利珠单抗关系", cdash="AEREL")
    aerel_apa = Coded("AEREL5", "Relationship to apatinib", "与阿帕替尼关系", cdash="AEREL")
    aerel_surg = Coded(
        "AEREL5", "Relationship to surgery / study procedure", "与手术/研究操作关系", cdash="AERELNST"
    )
    aerel_dis = Coded(
        "NYU", "Related to underlying disease (HCC, liver disease)?", "与基础疾病有关?", cdash="AERELNST"
    )
    ae_trae = Coded(
        "NY",
        "Treatment-related AE (derived: any drug >= POSSIBLE)",
        "治疗相关AE(系统)",
        values="NY derived",
        derived=True,
    )

    ae3 = Section(
        "AE3", "Action per drug and outcome (per event, same row as AE1)", "对各药物采取措施与转归(同AE1行)"
    )
    aeacn_oxa = Coded("ACN", "Action taken with oxaliplatin", "奥沙利铂措施", cdash="AEACN")
    aeacn_llv = Coded("ACN", "Action taken with calcium levofolinate", "左亚叶酸钙措施", cdash="AEACN")
    aeacn_fu = Coded("ACN", "Action taken with fluorouracil", "氟尿嘧啶措施", cdash="AEACN")
    aeacn_cam = Coded(
        "ACN",
        "Action taken with camrelizumab (no DOSE_REDUCED)",
        "卡瑞利珠单抗措施(无减量)",
        cdash="AEACN",
        values="ACN without DOSE_REDUCED",
        only="DOSE_NOT_CHANGED,DOSE_DELAYED,DRUG_INTERRUPTED,DRUG_WITHDRAWN,NA,UNKNOWN",
    )
    aeacn_apa = Coded("ACN", "Action taken with apatinib", "阿帕替尼措施", cdash="AEACN")
    ae_surgdelay = Coded(
        "NYNA", "Surgery delayed or cancelled because of this AE?", "是否因此AE推迟/取消手术?"
    )
    aeacnoth = Multi("AEACNOTH", "Other action (select all)", "其他措施(可多选)", cdash="AEACNOTH")
    aecontrt = Coded(
        "NY", "Treated with medication or procedure?", "是否给予药物/操作治疗?", cdash="AECONTRT"
    )
    aeout = Coded("AEOUT", "Outcome", "转归", cdash="AEOUT")
    aedis = Coded(
        "NY", "Led to discontinuation from study treatment?", "是否导致退出研究治疗?", cdash="AEDIS"
    )

    ae4 = Section("AE4", "Special categories (per event, same row as AE1)", "特殊类别(同AE1行)")
    aesi = Coded("NY", "Adverse event of special interest?", "是否特别关注不良事件?", cdash="AESI")
    ae_ir = Coded("NY", "Immune-related AE (investigator)?", "是否免疫相关不良事件?")
    ae_ir_organ = Coded("IRORGAN", "Organ class", "受累器官", required="C: ae_ir=Y")
    ae_ir_steroid = Coded("NY", "Systemic corticosteroid given?", "是否使用全身激素?", required="C: ae_ir=Y")
    ae_ir_dose = Dec(
        "Highest prednisone-equivalent dose",
        "最高泼尼松等效剂量",
        required="C: ae_ir_steroid=Y",
        unit="mg/day",
        soft="5-150",
        hard="1-2500",
        missing="UNK",
    )
    ae_ir_other = Line("Other immunosuppressant", "其他免疫抑制剂", max_length=60, required="CO: ae_ir=Y")
    ae_ir_rechall = Coded(
        "NYNA", "Camrelizumab restarted afterwards?", "之后是否重启卡瑞利珠单抗?", required="C: ae_ir=Y"
    )
    ae_hbvreact = Coded("NY", "HBV reactivation?", "是否HBV再激活?")

    ae5 = Section(
        "AE5", "RCCEP details (when the event is RCCEP) (per event, same row as AE1)", "RCCEP详情(同AE1行)"
    )
    rccep_yn = Coded("NY", "Is this event RCCEP?", "是否RCCEP?")
    rccep_type = Multi(
        "RCCEPTYPE", "Morphology (select all)", "形态(可多选)", required="C: rccep_yn=Y", cdash="- (FA)"
    )
    rccep_site = Multi(
        "BODYSITE", "Sites (select all)", "部位(可多选)", required="C: rccep_yn=Y", cdash="- (FALOC)"
    )
    rccep_num = Int(
        "Number of nodules at worst",
        "最多结节数",
        required="C: rccep_yn=Y",
        cdash="- (FA)",
        soft="1-50",
        hard="1-999",
        missing="UNK",
    )
    rccep_maxmm = Dec(
        "Largest nodule diameter",
        "最大结节直径",
        required="C: rccep_yn=Y",
        cdash="- (FA)",
        unit="mm",
        soft="1-30",
        hard="0.5-150",
        missing="UNK",
    )
    rccep_bleed = Coded("NY", "Rupture or bleeding", "破溃出血", required="C: rccep_yn=Y", cdash="- (FA)")
    rccep_infect = Coded("NY", "Infection", "感染", required="C: rccep_yn=Y", cdash="- (FA)")
    rccep_general = Coded("NY", "Generalised distribution", "泛发", required="C: rccep_yn=Y", cdash="- (FA)")
    rccep_grade = Coded(
        "RCCEPGR",
        "RCCEP grade (consensus scale, not CTCAE)",
        "RCCEP分级(共识标准)",
        required="C: rccep_yn=Y",
        cdash="- (FA)",
    )
    rccep_grade_calc = Int(
        "Suggested RCCEP grade (D-26)",
        "系统建议RCCEP分级",
        required="C: rccep_yn=Y",
        values="derived",
        derived=True,
    )
    rccep_mgt = Multi("RCCEPMGT", "Management (select all)", "处理(可多选)", required="C: rccep_yn=Y")

    ae6 = Section(
        "AE6", "Seriousness and SAE report (per event, same row as AE1)", "严重性与SAE报告(同AE1行)"
    )
    aeser = Coded("NY", "Serious?", "是否严重?", cdash="AESER")
    aesdth = Coded("NY", "Results in death", "导致死亡", required="C: aeser=Y", cdash="AESDTH")
    aeslife = Coded("NY", "Life-threatening", "危及生命", required="C: aeser=Y", cdash="AESLIFE")
    aeshosp = Coded(
        "NY", "Hospitalisation or prolongation", "住院或延长住院", required="C: aeser=Y", cdash="AESHOSP"
    )
    aesdisab = Coded(
        "NY", "Persistent disability", "永久残疾/功能丧失", required="C: aeser=Y", cdash="AESDISAB"
    )
    aescong = Coded("NY", "Congenital anomaly", "先天异常", required="C: aeser=Y", cdash="AESCONG")
    aesmie = Coded(
        "NY", "Other medically important event", "其他重要医学事件", required="C: aeser=Y", cdash="AESMIE"
    )
    sae_awaredat = Date(
        "Date site became aware",
        "研究者获知日期",
        required="C: aeser=Y",
        cdash="AWARDAT",
        soft="aestdat to +30",
        hard=">= aestdat earliest",
    )
    sae_repdat = Date(
        "Date reported to sponsor / EC",
        "上报申办者/伦理日期",
        required="C: aeser=Y",
        soft="<= sae_awaredat+1",
        hard=">= sae_awaredat",
    )
    sae_type = Coded("SAETYPE", "Report type", "报告类型", required="C: aeser=Y", cdash="SAERCAT")
    sae_admdat = Date("Hospital admission date", "入院日期", required="C: aeshosp=Y", cdash="HOSTDAT")
    sae_disdat = Date(
        "Hospital discharge date", "出院日期", required="CO: aeshosp=Y", cdash="HOENDAT", hard=">= sae_admdat"
    )
    sae_expected = Coded(
        "NY", "Expected per reference safety information?", "是否预期?", required="C: aeser=Y"
    )
    sae_susar = Coded(
        "NY",
        "SUSAR (derived: serious, related >= POSSIBLE, unexpected)",
        "SUSAR(系统)",
        required="CO: aeser=Y",
        values="NY derived",
        derived=True,
    )
    sae_narr = Long(
        "Narrative (no personal identifiers)",
        "事件描述(不得含个人标识)",
        required="C: aeser=Y",
        cdash="SANARR",
    )
