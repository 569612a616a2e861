"""Tumour assessment by RECIST 1.1 and mRECIST: F11 TA."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Multi
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class TumourAssessment(CrfData):
    """F11 TA: Tumour assessment (RECIST 1.1 and mRECIST).

    Per assessment: header + target rows + non-target rows + new-lesion rows + response.
    """

    crf = Form(
        "F11",
        "TA",
        Text("Tumour assessment (RECIST 1.1 and mRECIST)", "肿瘤影像评估(RECIST 1.1与mRECIST)"),
        cdash="TU, TR, RS",
        structure="per assessment: header + target rows + non-target rows + new-lesion rows + response",
        when="SCR, TA1, TA2, TA3, FUIMGn, UNS",
        date="tudat",
    )

    ta1 = Section("TA1", "Assessment header", "评估表头")
    ta_perf = Coded("NY", "Assessment performed?", "是否完成评估?")
    ta_reasnd = Line("Reason not done", "未做原因", max_length=100, required="C: ta_perf=N", cdash="TRREASND")
    ta_no = Int(
        "Assessment number (0 = baseline)",
        "评估序号(0=基线)",
        cdash="VISIT/TRLNKGRP",
        values="auto",
        hard="0-40",
        derived=True,
    )
    tudat = Date(
        "Date of first scan in this assessment",
        "本次评估首个检查日期",
        required="C: ta_perf=Y",
        cdash="TUDAT / TRDAT",
        hard="<= today",
    )
    ta_lastdat = Date(
        "Date of last scan in this assessment",
        "本次评估末个检查日期",
        required="C: ta_perf=Y",
        soft="<= tudat+14",
        hard=">= tudat",
    )
    ta_eval = Coded("EVALUATOR", "Evaluator", "评估者", cdash="TUEVAL / RSEVAL")
    ta_method = Coded("IMGMETHOD", "Main liver imaging method", "肝脏主要影像方法", cdash="TUMETHOD")
    ta_contrast = Coded("NY", "Intravenous contrast given?", "是否使用增强?")
    ta_slice = Dec("Slice thickness", "层厚", unit="mm", soft="1-5", hard="0.5-15", missing="UNK")
    ta_regions = Multi("REGION", "Regions scanned", "扫描部位")
    ta_samemethod = Coded("NYNA", "Same method as baseline?", "与基线方法一致?")
    nl_yn = Coded(
        "NLYN",
        "Any new lesion? (U = cannot be excluded, region not scanned; NA = baseline)",
        "是否有新病灶?(U=不能排除;NA=基线)",
    )
    ta_imgref = Line(
        "Image set reference (de-identified)",
        "影像编号(去标识)",
        max_length=40,
        required="O",
        cdash="TUREFID",
    )

    ta2 = Rows("TA2", "Target lesions (<= 5 total, <= 2 per organ)", "靶病灶(共≤5,每器官≤2)")
    ta3 = Rows("TA3", "Non-target lesions", "非靶病灶")
    ta4 = Rows("TA4", "New lesions", "新病灶")
    ta5 = Section("TA5", "Response", "疗效")
    sum_recist = Dec(
        "Sum of diameters, RECIST (D-22)",
        "RECIST径线总和",
        cdash="TRORRES (SUMDIAM)",
        values="derived",
        unit="mm",
        hard="0-1000",
        derived=True,
    )
    sum_mrecist = Dec(
        "Sum of viable diameters, mRECIST (D-22)",
        "mRECIST存活径线总和",
        values="derived",
        unit="mm",
        hard="0-1000",
        derived=True,
    )
    pchg_bl_r = Dec(
        "Change from baseline, RECIST",
        "较基线变化(RECIST)",
        required="CO: ta_no>0",
        values="derived",
        unit="%",
        soft="-100 to 100",
        derived=True,
    )
    pchg_nad_r = Dec(
        "Change from nadir, RECIST",
        "较最低值变化(RECIST)",
        required="CO: ta_no>0",
        values="derived",
        unit="%",
        derived=True,
    )
    pchg_bl_m = Dec(
        "Change from baseline, mRECIST",
        "较基线变化(mRECIST)",
        required="CO: ta_no>0",
        values="derived",
        unit="%",
        soft="-100 to 100",
        derived=True,
    )
    pchg_nad_m = Dec(
        "Change from nadir, mRECIST",
        "较最低值变化(mRECIST)",
        required="CO: ta_no>0",
        values="derived",
        unit="%",
        derived=True,
    )
    tresp_r_calc = Coded(
        "TLRESP",
        "Target response RECIST (derived)",
        "靶病灶疗效RECIST(系统)",
        cdash="RSORRES (TRGRESP)",
        derived=True,
    )
    ovresp_r_calc = Coded(
        "OVRESP",
        "Overall response RECIST (derived)",
        "总体疗效RECIST(系统)",
        required="CO: ta_no>0",
        cdash="RSORRES (OVRLRESP)",
        derived=True,
    )
    tresp_m_calc = Coded(
        "TLRESP", "Target response mRECIST (derived)", "靶病灶疗效mRECIST(系统)", derived=True
    )
    ovresp_m_calc = Coded(
        "OVRESP",
        "Overall response mRECIST (derived)",
        "总体疗效mRECIST(系统)",
        required="CO: ta_no>0",
        derived=True,
    )
    tresp_r_inv = Coded(
        "TLRESP",
        "Target response RECIST, investigator",
        "靶病灶疗效RECIST(研究者)",
        required="C: ta_no>0",
        cdash="RSORRES (TRGRESP)",
    )
    ntresp_r_inv = Coded(
        "NTRESP",
        "Non-target response RECIST, investigator",
        "非靶病灶疗效RECIST(研究者)",
        required="C: ta_no>0",
        cdash="RSORRES (NTRGRESP)",
    )
    ovresp_r_inv = Coded(
        "OVRESP",
        "Overall response RECIST, investigator",
        "总体疗效RECIST(研究者)",
        required="C: ta_no>0",
        cdash="RSORRES (OVRLRESP)",
    )
    tresp_m_inv = Coded(
        "TLRESP", "Target response mRECIST, investigator", "靶病灶疗效mRECIST(研究者)", required="C: ta_no>0"
    )
    ntresp_m_inv = Coded(
        "NTRESP",
        "Non-target response mRECIST, investigator",
        "非靶病灶疗效mRECIST(研究者)",
        required="C: ta_no>0",
    )
    ovresp_m_inv = Coded(
        "OVRESP", "Overall response mRECIST, investigator", "总体疗效mRECIST(研究者)", required="C: ta_no>0"
    )
    resp_com = Line(
        "Explanation when investigator and derived responses differ",
        "研究者与系统判定不一致说明",
        max_length=300,
        required="C: any inv != calc",
    )
    ta_milan_calc = Coded(
        "MILAN", "Milan status at this time, whole diameter (D-09)", "本次米兰标准(全径)", derived=True
    )
    ta_milanv_calc = Coded(
        "MILAN", "Milan status at this time, viable diameter", "本次米兰标准(存活径)", derived=True
    )
    ta_rsdat = Date("Date of response assessment", "疗效评估日期", cdash="RSDAT", hard=">= tudat")


class TargetLesion(CrfRow):
    """TA2: Target lesions (<= 5 total, <= 2 per organ)."""

    crf_rows = RowsOf("TA", "TA2", key="tl_lnkid")

    tl_lnkid = Line(
        "Lesion id T01..T05",
        "病灶编号",
        max_length=3,
        pattern=r"T0[1-5]",
        cdash="TULNKID / TRLNKID",
        values="regex T0[1-5]",
    )
    tl_loc = Coded("ORGAN", "Organ", "器官", cdash="TULOC")
    tl_locdtl = Line("Segment / detailed location", "肝段/详细部位", max_length=60, cdash="TULOCDTL")
    tl_node = Coded("NY", "Lymph node (short axis measured)?", "是否淋巴结(测短径)?")
    tl_enh = Coded("ENHPAT", "Enhancement pattern at baseline", "基线强化类型", required="C: ta_no=0")
    tl_state = Coded("TLSTATE", "State", "状态", cdash="TRORRES (TUMSTATE)")
    tl_diam = Dec(
        "RECIST diameter (longest; short axis for node)",
        "RECIST径线(最长径;淋巴结短径)",
        required="C: tl_state in MEASURED,TOOSMALL,DISAPPEARED,SPLIT,MERGED",
        cdash="TRORRES (LDIAM / LPERP short axis)",
        unit="mm",
        soft="0-150",
        hard="0-400",
    )
    tl_viable = Dec(
        "mRECIST viable (arterially enhancing) longest diameter",
        "mRECIST存活(动脉强化)最长径",
        required="C: tl_diam answered and ta_contrast=Y and not (tl_loc=LIVER and baseline tl_enh=ATYPICAL)",
        cdash="TRORRES (viable LDIAM)",
        unit="mm",
        soft="0-150",
        hard="0-400",
        missing="NAV",
    )
    tl_mstatus = Coded(
        "NTSTATUS",
        "mRECIST status of an atypical liver lesion (non-target for mRECIST)",
        "不典型肝内病灶mRECIST状态(按非靶)",
        required="C: tl_loc=LIVER and baseline tl_enh=ATYPICAL",
    )
    tl_nereas = Line(
        "Why not evaluable", "不可评价原因", max_length=100, required="C: tl_state=NE", cdash="TRREASND"
    )


class NonTargetLesion(CrfRow):
    """TA3: Non-target lesions."""

    crf_rows = RowsOf("TA", "TA3", key="nt_lnkid")

    nt_lnkid = Line(
        "Lesion id NT01..NT99",
        "病灶编号",
        max_length=4,
        pattern=r"NT[0-9]{2}",
        cdash="TULNKID",
        values="regex NT[0-9]{2}",
    )
    nt_loc = Coded("ORGAN", "Organ", "器官", cdash="TULOC")
    nt_locdtl = Line("Detail", "详细部位", max_length=60, cdash="TULOCDTL")
    nt_status = Coded("NTSTATUS", "Status (RECIST 1.1)", "状态(RECIST 1.1)", cdash="TRORRES (TUMSTATE)")
    nt_mstatus = Coded("NTSTATUS", "Status (mRECIST: ABSENT = no arterial enhancement)", "状态(mRECIST)")


class NewLesion(CrfRow):
    """TA4: New lesions."""

    crf_rows = RowsOf("TA", "TA4", key="nl_lnkid")

    nl_lnkid = Line(
        "Lesion id N01..N99",
        "病灶编号",
        max_length=3,
        pattern=r"N[0-9]{2}",
        cdash="TULNKID",
        values="regex N[0-9]{2}",
    )
    nl_loc = Coded("ORGAN", "Organ", "器官", cdash="TULOC")
    nl_locdtl = Line("Detail", "详细部位", max_length=60, cdash="TULOCDTL")
    nl_firstdat = Date("Date first seen", "首次发现日期", cdash="TUDAT", hard="<= ta_lastdat")
    nl_diam = Dec(
        "Longest diameter",
        "最长径",
        cdash="TRORRES (LDIAM)",
        unit="mm",
        soft="3-100",
        hard="1-400",
        missing="NAV",
    )
    nl_typical = Coded(
        "NYU",
        "Typical HCC vascular pattern (wash-in/wash-out)?",
        '是否典型"快进快出"?',
        required="C: nl_loc=LIVER",
    )
    nl_certain = Coded("NEWLES", "Certainty", "确定性")
