"""Surgery and what follows it: F13 SURG."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Multi, Ref, Time
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class Surgery(CrfData):
    """F13 SURG: Surgery and post-operative course. One (repeating if re-operation for HCC) + complications."""

    crf = Form(
        "F13",
        "SURG",
        Text("Surgery and post-operative course", "手术与术后过程"),
        cdash="PR, FA, CE",
        structure="one (repeating if re-operation for HCC) + complications",
        when="SURG, POD30, POD90",
        date="surg_prstdat",
    )

    su1 = Section("SU1", "Operation", "手术")
    surg_proccur = Coded("NY", "Was the participant operated on?", "是否实施手术?", cdash="PROCCUR")
    surg_reasoc = Coded(
        "NOSURGREAS", "Reason not operated", "未手术原因", required="C: surg_proccur=N", cdash="PRREASOC"
    )
    surg_prstdat = Date(
        "Date of surgery",
        "手术日期",
        required="C: surg_proccur=Y",
        cdash="PRSTDAT",
        soft="po_lastiv+14 to po_lastiv+42",
        hard=">= C1D1; <= today",
    )
    surg_sttim = Time(
        "Skin incision time", "切皮时间", required="O", cdash="- (PRSTTIM)", values="HH:MM", missing="UNK"
    )
    surg_entim = Time(
        "Skin closure time", "关皮时间", required="O", cdash="- (PRENTIM)", values="HH:MM", missing="UNK"
    )
    surg_dur = Int(
        "Duration",
        "手术时长",
        required="C: surg_proccur=Y",
        unit="min",
        soft="60-600",
        hard="10-1500",
        missing="UNK",
    )
    surg_approach = Coded("APPROACH", "Approach", "入路", required="C: surg_proccur=Y")
    surg_prtrt = Coded(
        "RESTYPE", "Resection performed", "切除方式", required="C: surg_proccur=Y", cdash="PRTRT"
    )
    surg_anat = Coded(
        "NY", "Anatomical resection?", "是否解剖性切除?", required="C: surg_proccur=Y and surg_prtrt!=EXPLORE"
    )
    surg_segs = Multi(
        "SEGMENT",
        "Segments removed",
        "切除肝段",
        required="C: surg_proccur=Y and surg_prtrt!=EXPLORE",
        cdash="PRLOC",
    )
    surg_major = Coded(
        "NY",
        "Major resection (>= 3 segments)",
        "大范围切除(≥3段)",
        required="CO: surg_segs answered",
        values="NY derived",
        derived=True,
    )
    surg_ntum = Int(
        "Tumours found at operation",
        "术中所见肿瘤个数",
        required="C: surg_proccur=Y",
        soft="1-5",
        hard="0-50",
        missing="UNK",
    )
    surg_extra = Coded("NY", "Extrahepatic disease found", "术中发现肝外病变", required="C: surg_proccur=Y")
    surg_ablation = Coded(
        "NY", "Combined intra-operative ablation", "联合术中消融", required="C: surg_proccur=Y"
    )
    surg_thrombect = Coded("NY", "Tumour thrombectomy", "癌栓取出", required="C: surg_proccur=Y")
    surg_lnd = Coded(
        "NY", "Lymph node dissection / sampling", "淋巴结清扫/活检", required="C: surg_proccur=Y"
    )
    surg_pringle = Coded("NY", "Pringle manoeuvre", "肝门阻断", required="C: surg_proccur=Y")
    surg_pringle_min = Int(
        "Total occlusion time",
        "总阻断时间",
        required="C: surg_pringle=Y",
        unit="min",
        soft="5-90",
        hard="1-300",
        missing="UNK",
    )
    surg_ebl = Int(
        "Estimated blood loss",
        "术中出血量",
        required="C: surg_proccur=Y",
        unit="mL",
        soft="20-1500",
        hard="0-20000",
        missing="UNK",
    )
    surg_rbc = Dec(
        "Red cells transfused", "输注红细胞", required="C: surg_proccur=Y", unit="U", soft="0-6", hard="0-60"
    )
    surg_plasma = Int(
        "Plasma transfused",
        "输注血浆",
        required="C: surg_proccur=Y",
        unit="mL",
        soft="0-1000",
        hard="0-10000",
    )
    surg_r = Coded(
        "RSTATUS", "Surgeon's R status", "术者判定R状态", required="C: surg_proccur=Y and surg_prtrt!=EXPLORE"
    )
    surg_specimen = Coded(
        "NYU",
        "Specimen sent with ink / orientation and fixed within 30 min?",
        "标本是否染色定位并30分钟内固定?",
        required="C: surg_proccur=Y and surg_prtrt!=EXPLORE",
    )

    su2 = Section("SU2", "Post-operative course", "术后")
    surg_icu = Int(
        "Intensive care days",
        "ICU天数",
        required="C: surg_proccur=Y",
        unit="days",
        soft="0-3",
        hard="0-120",
        missing="UNK",
    )
    surg_dischdat = Date(
        "Discharge date", "出院日期", required="C: surg_proccur=Y and alive", hard=">= surg_prstdat"
    )
    surg_los = Int(
        "Post-operative stay (derived)",
        "术后住院天数",
        required="CO: surg_dischdat",
        values="derived",
        unit="days",
        soft="4-21",
        hard="0-365",
        derived=True,
    )
    surg_phlf = Coded(
        "ISGLS", "Liver failure (ISGLS)", "肝衰竭ISGLS分级", required="C: surg_proccur=Y", soft="NONE"
    )
    surg_phlf_calc = Coded(
        "NY",
        "Biochemical PHLF criterion on/after POD 5 (D-25)",
        "生化PHLF标准(系统)",
        required="C: surg_proccur=Y",
        values="NY derived",
        soft="N",
        derived=True,
    )
    surg_bile = Coded(
        "ISGLS", "Bile leakage (ISGLS)", "胆漏ISGLS分级", required="C: surg_proccur=Y", soft="NONE"
    )
    surg_phh = Coded(
        "ISGLS",
        "Post-hepatectomy haemorrhage (ISGLS)",
        "术后出血ISGLS分级",
        required="C: surg_proccur=Y",
        soft="NONE",
    )
    surg_comp_yn = Coded(
        "NY",
        "Any complication within 90 days?",
        "90天内有无并发症?",
        required="C: surg_proccur=Y",
        cdash="CEYN",
    )
    surg_cdmax = Coded(
        "CLAVIEN",
        "Highest Clavien-Dindo grade (derived)",
        "最高Clavien-Dindo分级",
        required="C: surg_comp_yn=Y",
        values="CLAVIEN derived",
        derived=True,
    )
    surg_reop = Coded("NY", "Re-operation within 90 days", "90天内再手术", required="C: surg_proccur=Y")
    surg_readm30 = Coded(
        "NY", "Re-admission within 30 days of discharge", "出院30天内再入院", required="C: surg_proccur=Y"
    )
    surg_dth90 = Coded(
        "NY",
        "Death within 90 days of surgery (derived)",
        "术后90天内死亡",
        required="C: surg_proccur=Y",
        values="NY derived",
        soft="N",
        derived=True,
    )

    su3 = Rows("SU3", "Complications (repeating)", "并发症(可重复)")


class SurgicalComplication(CrfRow):
    """SU3: Complications (repeating)."""

    crf_rows = RowsOf("SURG", "SU3", number="comp_spid")

    comp_spid = Int("Row number", "序号", cdash="CESPID", values="auto", derived=True)
    comp_term = Coded("COMPTYPE", "Complication type", "并发症类型", cdash="CETERM")
    comp_desc = Line("Description", "描述", max_length=200, required="C: comp_term=OTHER")
    comp_cestdat = Date(
        "Start date",
        "开始日期",
        cdash="CESTDAT",
        soft="surg_prstdat to surg_prstdat+90",
        hard=">= surg_prstdat",
    )
    comp_ceendat = Date(
        "End date", "结束日期", required="CO: always", cdash="CEENDAT", hard=">= comp_cestdat"
    )
    comp_cd = Coded("CLAVIEN", "Clavien-Dindo grade", "Clavien-Dindo分级", cdash="CETOXGR (Clavien-Dindo)")
    comp_tx = Line("Treatment", "处理", max_length=200, required="C: comp_cd!=I")
    comp_aeref = Ref("AE", "Linked AE", "关联AE")
