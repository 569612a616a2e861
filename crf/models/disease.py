"""The disease at baseline: F05 HCC."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Multi, PartialDateColumn
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class HccHistory(CrfData):
    """F05 HCC: HCC history, tumour burden and staging. One per participant + repeating nodules."""

    crf = Form(
        "F05",
        "HCC",
        Text("HCC history, tumour burden and staging", "肝癌病史、瘤负荷与分期"),
        cdash="MH, TU/TR, RS (clinical classification), PR",
        structure="one per participant + repeating nodules",
        when="SCR",
        date="hcc_mdtdat",
    )

    hcc1 = Section("HCC1", "Diagnosis", "诊断")
    hcc_mhstdat = PartialDateColumn(
        "Date of first HCC diagnosis",
        "首次诊断肝癌日期",
        month_needed=True,
        cdash="MHSTDAT (MHEVDTYP=DIAGNOSIS)",
        values="min precision MONTH",
        hard="<= C1D1",
    )
    hcc_dxbasis = Coded("DXBASIS", "Basis of diagnosis", "诊断依据")
    hcc_bx_prstdat = Date(
        "Biopsy date",
        "活检日期",
        required="C: hcc_dxbasis in HISTOLOGY,CYTOLOGY",
        cdash="PRSTDAT",
        hard="<= C1D1",
    )
    hcc_bx_edmondson = Coded(
        "EDMONDSON",
        "Biopsy Edmondson-Steiner grade",
        "活检Edmondson分级",
        required="CO: hcc_dxbasis=HISTOLOGY",
        cdash="MIORRES",
        missing="NAV",
    )
    hcc_aetiology = Multi("AETIOLOGY", "Aetiology (select all)", "病因(可多选)")
    hcc_aet_oth = Line(
        "Other aetiology, specify", "其他病因", max_length=100, required="C: hcc_aetiology has OTHER"
    )
    hcc_cirrhosis = Coded("CIRRH", "Cirrhosis", "肝硬化")
    hcc_pht = Coded("NYU", "Clinically significant portal hypertension", "临床显著门静脉高压")
    hcc_varices = Coded("VARICES", "Oesophagogastric varices", "食管胃底静脉曲张")
    hcc_prior = Multi("PRIORHCC", "Prior HCC-directed therapy (select all)", "既往肝癌治疗(可多选)")
    hcc_prior_endat = PartialDateColumn(
        "End date of most recent prior therapy",
        "末次既往治疗结束日期",
        required="C: hcc_prior!=NONE",
        cdash="CMENDAT/PRENDAT",
        hard="<= icf_dsstdat",
        missing="UNK",
    )

    hcc2 = Section("HCC2", "Tumour burden at baseline", "基线瘤负荷")
    hcc_imgdat = Date("Date of imaging used for staging", "分期依据影像日期", cdash="TUDAT", hard="<= C1D1")
    hcc_nodcount = Int("Number of intrahepatic tumours", "肝内肿瘤个数", soft="1-10", hard="1-99")
    hcc_uncountable = Coded("NY", "Too many to count?", "多发无法计数?")
    hcc_maxdiam = Dec(
        "Largest tumour diameter",
        "最大肿瘤直径",
        cdash="TRORRES (LDIAM)",
        unit="mm",
        soft="20-150",
        hard="5-300",
    )
    hcc_macrovi = Coded("NY", "Macrovascular invasion on imaging", "影像大血管侵犯")
    hcc_macrovi_type = Multi("MACROVI", "Type (select all)", "类型(可多选)", required="C: hcc_macrovi=Y")
    hcc_ehs = Coded("NY", "Extrahepatic spread", "肝外转移")
    hcc_ehs_site = Multi("ORGAN", "Sites", "部位", required="C: hcc_ehs=Y")
    hcc_rupture = Coded("NY", "Tumour rupture", "肿瘤破裂")

    hcc3 = Rows(
        "HCC3", "Nodules (repeating; all if <= 5, else the 5 largest)", "结节明细(≤5个全部记录,否则最大5个)"
    )
    hcc4 = Section("HCC4", "Staging and operability", "分期与可切除性")
    hcc_bclc = Coded(
        "BCLC", "BCLC stage (investigator)", "BCLC分期(研究者)", cdash="RSORRES (RSTEST=BCLC)", soft="A,B"
    )
    hcc_cnlc = Coded(
        "CNLC", "CNLC stage (investigator)", "CNLC分期(研究者)", cdash="RSORRES", soft="Ib,IIa,IIb"
    )
    hcc_ct = Coded("CT", "cT (AJCC 8)", "cT", cdash="RSORRES")
    hcc_cn = Coded("CN", "cN (AJCC 8)", "cN", cdash="RSORRES")
    hcc_cm = Coded("CM", "cM (AJCC 8)", "cM", cdash="RSORRES")
    hcc_milan_calc = Coded("MILAN", "Milan status (D-09)", "米兰标准(系统)", derived=True)
    hcc_up7_calc = Coded(
        "MILAN", "Up-to-seven status: number + largest diameter in cm <= 7", "Up-to-7标准(系统)", derived=True
    )
    hcc_mdtdat = Date("MDT date (baseline)", "基线MDT日期", hard="<= C1D1")
    hcc_resect = Coded("RESECT", "Resectability (MDT)", "可切除性(MDT)")
    hcc_noupfront = Coded("UNRESREAS", "Main reason upfront surgery not chosen", "未直接手术主要原因")
    hcc_icgr15 = Dec(
        "ICG retention at 15 min",
        "ICG 15分钟滞留率",
        required="O",
        unit="%",
        soft="0-20",
        hard="0-100",
        missing="ND",
    )
    hcc_flr_pct = Dec(
        "Planned future liver remnant / standard liver volume",
        "预期剩余肝体积/标准肝体积",
        required="O",
        unit="%",
        soft="30-90",
        hard="5-100",
        missing="ND",
    )


class BaselineNodule(CrfRow):
    """HCC3: Nodules (repeating; all if <= 5, else the 5 largest)."""

    crf_rows = RowsOf("HCC", "HCC3", key="nod_no")

    nod_no = Int(
        "Nodule number (1 = largest)", "结节编号(1为最大)", cdash="TUSPID", values="1..5", hard="1-5"
    )
    nod_segment = Multi("SEGMENT", "Couinaud segment(s)", "肝段", cdash="TULOCDTL")
    nod_diam = Dec(
        "Longest diameter", "最长径", cdash="TRORRES (LDIAM)", unit="mm", soft="8-150", hard="3-300"
    )
    nod_enhance = Coded("ENHPAT", "Arterial enhancement", "动脉期强化")
