"""Baseline: F02 DM, F03 IE."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, PartialDateColumn, Ref
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class Demographics(CrfData):
    """F02 DM: Demographics. One per participant."""

    crf = Form(
        "F02",
        "DM",
        Text("Demographics", "人口学资料"),
        cdash="DM, SU, RP",
        structure="one per participant",
        when="SCR",
        date="dmdat",
    )

    dm1 = Section("DM1", "Demographics", "人口学")
    dmdat = Date("Date collected", "采集日期", cdash="DMDAT", hard=">= icf_dsstdat")
    brthdat = PartialDateColumn(
        "Date of birth (year-month required, day optional)",
        "出生日期(年月必填,日可缺)",
        month_needed=True,
        cdash="BRTHDAT (BRTHYR, BRTHMO, BRTHDY)",
        values="min precision MONTH",
        hard="1920-01 to today-18 y",
    )
    age = Int(
        "Age at consent (completed years)",
        "签署知情时年龄(周岁)",
        cdash="AGE",
        values="derived D-01",
        unit="years",
        soft="18-75",
        hard="18-100",
        derived=True,
    )
    sex = Coded("SEX", "Sex at birth", "出生性别", cdash="SEX")
    wocbp = Coded("WOCBP", "Childbearing potential", "生育能力", required="C: sex=F", cdash="- (RP)")
    race = Coded("RACE", "Race", "种族", cdash="RACE", missing="UNK")
    ethcn = Coded("ETHCN", "Ethnic group (China)", "民族", cdash="CETHNIC", missing="UNK")
    ethcn_oth = Line("Other ethnic group, specify", "其他民族", max_length=40, required="C: ethcn=OTHER")

    dm2 = Section("DM2", "Tobacco and alcohol", "烟酒史")
    su_tob = Coded("SUNCF", "Tobacco use", "吸烟史", cdash="SUNCF (SUTRT=TOBACCO)", missing="UNK")
    su_packyr = Dec(
        "Pack-years",
        "吸烟包年",
        required="CO: su_tob in CURRENT,FORMER",
        cdash="SUDSTXT",
        unit="pack-years",
        soft="0.1-80",
        hard="0-200",
        missing="UNK",
    )
    su_alc = Coded("SUNCF", "Alcohol use", "饮酒史", cdash="SUNCF (SUTRT=ALCOHOL)", missing="UNK")
    su_alc_gday = Int(
        "Alcohol intake",
        "日均酒精摄入",
        required="CO: su_alc in CURRENT,FORMER",
        cdash="SUDSTXT",
        unit="g/day",
        soft="1-200",
        hard="0-500",
        missing="UNK",
    )
    su_alc_years = Int(
        "Years of drinking",
        "饮酒年限",
        required="CO: su_alc in CURRENT,FORMER",
        cdash="SUCDUR",
        unit="years",
        soft="1-60",
        hard="0-80",
        missing="UNK",
    )
    famhx_hcc = Coded("NYU", "First-degree relative with HCC", "一级亲属肝癌史")


class Eligibility(CrfData):
    """F03 IE: Eligibility. One per participant."""

    crf = Form(
        "F03",
        "IE",
        Text("Eligibility", "入选/排除标准"),
        cdash="IE, DS",
        structure="one per participant",
        when="SCR",
        date="iedat",
    )

    ie1 = Rows("IE1", "Criteria (one row per criterion in the active IE version)", "入排标准逐条")
    ie2 = Section("IE2", "Beyond-Milan and stage verification", "超米兰及分期核对")
    ie_milan_calc = Coded(
        "MILAN", "Milan status derived from HCC form (D-09)", "系统判定米兰标准", derived=True
    )
    ie_milan_inv = Coded("MILAN", "Milan status, investigator", "研究者判定米兰标准")
    ie_milan_com = Line(
        "Explanation if different", "不一致说明", max_length=200, required="C: ie_milan_inv!=ie_milan_calc"
    )
    ie_bclc_calc = Coded("BCLC", "BCLC stage derived (D-10)", "系统判定BCLC分期", derived=True)
    ie_bclc_inv = Coded(
        "BCLC", "BCLC stage, investigator (copied from HCC form)", "研究者BCLC分期(引自HCC表)", derived=True
    )
    ie_bclc_com = Line(
        "Explanation if different", "不一致说明", max_length=200, required="C: ie_bclc_inv!=ie_bclc_calc"
    )

    ie3 = Section("IE3", "Decision", "入组决定")
    ieyn = Coded(
        "NY", "Did the participant meet all eligibility criteria?", "是否符合全部入排标准?", cdash="IEYN"
    )
    iedat = Date("Date eligibility confirmed", "资格确认日期", cdash="IEDAT", hard=">= icf_dsstdat")
    ie_version = Line("Protocol / IE version applied", "适用方案版本", max_length=20, values="cfg list")
    enr_yn = Coded("NY", "Enrolled?", "是否入组?", cdash="DSDECOD=ENROLLED")
    enr_dsstdat = Date("Enrolment date", "入组日期", required="C: enr_yn=Y", cdash="DSSTDAT", hard=">= iedat")
    enr_no = Line(
        "Enrolment number", "入组号", max_length=12, required="C: enr_yn=Y", values="auto", derived=True
    )
    sf_reason = Coded(
        "SFREASON", "Screen-failure reason", "筛选失败原因", required="C: enr_yn=N", cdash="DSDECOD"
    )
    sf_reason_oth = Line("Specify", "具体说明", max_length=200, required="C: sf_reason=OTHER", cdash="DSTERM")
    ie_signed = Ref(
        "ESIGN",
        "Investigator e-signature on eligibility (user, timestamp)",
        "研究者资格确认电子签名",
        derived=True,
    )


class Criterion(CrfRow):
    """IE1: Criteria (one row per criterion in the active IE version)."""

    crf_rows = RowsOf(
        "IE",
        "IE1",
        key="ietestcd",
        fixed=(
            "I01",
            "I02",
            "I03",
            "I04",
            "I05",
            "I06",
            "I07",
            "I08",
            "I09",
            "I10",
            "I11",
            "I12",
            "I13",
            "I14",
            "I15",
            "I16",
            "I17",
            "E01",
            "E02",
            "E03",
            "E04",
            "E05",
            "E06",
            "E07",
            "E08",
            "E09",
            "E10",
            "E11",
            "E12",
            "E13",
            "E14",
            "E15",
            "E16",
            "E17",
            "E18",
            "E19",
            "E20",
            "E21",
            "E22",
            "E23",
            "E24",
        ),
        layout="table",
    )

    ietestcd = Line(
        "Criterion code (I01..I17, E01..E24)",
        "标准编号",
        max_length=4,
        cdash="IETESTCD",
        values="IE catalogue section 2.3.1",
        derived=True,
    )
    iecat = Line(
        "Inclusion / exclusion",
        "入选/排除",
        max_length=10,
        cdash="IECAT",
        values="INCLUSION or EXCLUSION, from catalogue",
        derived=True,
    )
    ieorres = Coded(
        "IEANS", "Is the statement true for this participant?", "该条描述是否成立?", cdash="IEORRES"
    )
    iecom = Line("Comment / evidence", "说明/依据", max_length=200, required="O", cdash="- (CO)")
