"""What is examined at a visit: F07 VS, F09 EG."""

from __future__ import annotations

from crf.codelists import BODY_SYSTEMS
from crf.fields import Coded, Date, Dec, Int, Line, Ref, Time
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class VitalSigns(CrfData):
    """F07 VS: Vital signs, ECOG and liver-status examination. Per visit."""

    crf = Form(
        "F07",
        "VS",
        Text("Vital signs, ECOG and liver-status examination", "生命体征、ECOG与肝功能状态"),
        cdash="VS, RS, PE, FA",
        structure="per visit",
        when="SCR, BAS, Cn, PREOP, POD, ADJn, CONTn, EOT, SFU30, UNS",
        date="vsdat",
    )

    vs1 = Section("VS1", "Vital signs", "生命体征")
    vsperf = Coded("NY", "Vital signs performed?", "是否测量?", cdash="VSPERF")
    vsdat = Date("Date", "日期", required="C: vsperf=Y", cdash="VSDAT", hard="<= today")
    vstim = Time("Time", "时间", required="O", cdash="VSTIM", values="HH:MM", missing="UNK")
    height = Dec(
        "Height (screening only)",
        "身高(仅筛选期)",
        required="C: visit=SCR",
        cdash="VSORRES (HEIGHT)",
        unit="cm",
        soft="145-190",
        hard="120-220",
    )
    weight = Dec(
        "Weight", "体重", cdash="VSORRES (WEIGHT)", unit="kg", soft="40-110", hard="25-200", missing="ND"
    )
    bmi = Dec(
        "BMI (D-02)",
        "体重指数",
        cdash="VSORRES (BMI)",
        values="derived",
        decimal_places=2,
        unit="kg/m2",
        soft="16-35",
        hard="10-70",
        derived=True,
    )
    bsa_mosteller = Dec(
        "BSA Mosteller (D-03)",
        "体表面积(Mosteller)",
        cdash="VSORRES (BSA)",
        values="derived",
        decimal_places=4,
        unit="m2",
        soft="1.30-2.30",
        hard="1.00-3.00",
        derived=True,
    )
    bsa_dubois = Dec(
        "BSA Du Bois (D-04)",
        "体表面积(Du Bois)",
        values="derived",
        decimal_places=4,
        unit="m2",
        soft="1.30-2.30",
        hard="1.00-3.00",
        derived=True,
    )
    wt_pctchg = Dec(
        "Weight change from baseline (D-05)",
        "体重较基线变化",
        values="derived",
        unit="%",
        soft="-10 to 10",
        hard="-50 to 100",
        derived=True,
    )
    temp = Dec(
        "Temperature (axillary)",
        "体温(腋温)",
        cdash="VSORRES (TEMP)",
        unit="degC",
        soft="35.5-37.5",
        hard="33.0-43.0",
        missing="ND",
    )
    pulse = Int(
        "Pulse", "脉搏", cdash="VSORRES (PULSE)", unit="beats/min", soft="50-110", hard="20-250", missing="ND"
    )
    resp = Int(
        "Respiratory rate",
        "呼吸",
        cdash="VSORRES (RESP)",
        unit="breaths/min",
        soft="12-24",
        hard="4-60",
        missing="ND",
    )
    vspos = Coded("POS", "Position for blood pressure", "血压测量体位", cdash="VSPOS")
    sysbp = Int(
        "Systolic blood pressure",
        "收缩压",
        cdash="VSORRES (SYSBP)",
        unit="mmHg",
        soft="90-150",
        hard="50-280",
        missing="ND",
    )
    diabp = Int(
        "Diastolic blood pressure",
        "舒张压",
        cdash="VSORRES (DIABP)",
        unit="mmHg",
        soft="50-95",
        hard="20-180",
        missing="ND",
    )
    bp_repeat_yn = Coded(
        "NY",
        "Repeat measurement taken (if >= 140/90)?",
        "是否复测(≥140/90时)?",
        required="C: sysbp>=140 or diabp>=90",
    )
    sysbp2 = Int(
        "Systolic, repeat",
        "收缩压(复测)",
        required="C: bp_repeat_yn=Y",
        cdash="VSORRES",
        unit="mmHg",
        soft="90-150",
        hard="50-280",
    )
    diabp2 = Int(
        "Diastolic, repeat",
        "舒张压(复测)",
        required="C: bp_repeat_yn=Y",
        cdash="VSORRES",
        unit="mmHg",
        soft="50-95",
        hard="20-180",
    )
    bp_grade_sug = Int(
        "Suggested CTCAE hypertension grade (D-14)",
        "系统建议高血压分级",
        values="derived 0-3",
        soft="0-1",
        derived=True,
    )
    spo2 = Int(
        "SpO2 (room air)",
        "血氧饱和度",
        required="O",
        cdash="VSORRES (OXYSAT)",
        unit="%",
        soft="94-100",
        hard="50-100",
        missing="ND",
    )

    vs2 = Section("VS2", "ECOG", "体能状态")
    ecog_rsdat = Date("ECOG date", "ECOG评估日期", cdash="RSDAT", hard="<= today")
    ecog = Coded(
        "ECOG",
        "ECOG performance status",
        "ECOG评分",
        cdash="RSORRES (ECOG101)",
        soft="0-1",
        hard="0-5",
        missing="ND",
    )
    ecog_tumrel = Coded(
        "NYU", "If ECOG >= 1: judged tumour-related?", "ECOG≥1时是否肿瘤相关?", required="C: ecog>=1"
    )

    vs3 = Section("VS3", "Child-Pugh clinical components", "Child-Pugh临床指标")
    cp_ascites = Coded(
        "ASCITES", "Ascites", "腹水", cdash="RSORRES (CPS0103-like)", soft="NONE", missing="ND"
    )
    cp_enceph = Coded(
        "ENCEPH", "Hepatic encephalopathy", "肝性脑病", cdash="RSORRES", soft="NONE", missing="ND"
    )
    cp_score = Int(
        "Child-Pugh score (D-06)",
        "Child-Pugh评分",
        cdash="RSORRES (CPS total)",
        values="derived 5-15",
        soft="5-6",
        hard="5-15",
        derived=True,
    )
    cp_class = Line(
        "Child-Pugh class",
        "Child-Pugh分级",
        max_length=1,
        cdash="RSORRES (CPS class)",
        values="derived A/B/C",
        soft="A",
        derived=True,
    )
    albi_score = Dec(
        "ALBI score (D-07)", "ALBI评分", values="derived", decimal_places=2, soft="-4.0 to -1.5", derived=True
    )
    albi_grade = Int("ALBI grade", "ALBI分级", values="derived 1-3", soft="1-2", derived=True)

    vs4 = Rows("VS4", "Physical examination (one row per system)", "体格检查(按系统)")


class BodySystem(CrfRow):
    """VS4: Physical examination (one row per system)."""

    crf_rows = RowsOf("VS", "VS4", key="pesys", fixed=BODY_SYSTEMS, layout="table")

    pesys = Line(
        "Body system (general, skin, ENT, lymph nodes, chest, heart, abdomen, extremities, neurological)",
        "系统",
        max_length=20,
        cdash="PETEST",
        values="fixed list of 9",
        derived=True,
        says="PESYS",
    )
    peres = Coded("PERES", "Result", "结果", cdash="PEORRES")
    pedesc = Line("Describe abnormality", "异常描述", max_length=200, required="C: peres in ABN_NCS,ABN_CS")


class Electrocardiogram(CrfData):
    """F09 EG: ECG and echocardiogram. Per visit."""

    crf = Form(
        "F09",
        "EG",
        Text("ECG and echocardiogram", "心电图与超声心动图"),
        cdash="EG (local reading), CV",
        structure="per visit",
        when="SCR, C3, PREOP, EOT, UNS (echo: SCR, UNS)",
        date="egdat",
    )

    eg1 = Section("EG1", "12-lead ECG", "12导联心电图")
    egperf = Coded("NY", "ECG performed?", "是否完成心电图?", cdash="EGPERF")
    egreasnd = Line(
        "Reason not done", "未做原因", max_length=100, required="C: egperf=N", cdash="- (EGREASND)"
    )
    egdat = Date("Date", "日期", required="C: egperf=Y", cdash="EGDAT", hard="<= today")
    egtim = Time("Time", "时间", required="O", cdash="EGTIM", values="HH:MM", missing="UNK")
    eg_hr = Int(
        "Heart rate",
        "心率",
        required="C: egperf=Y",
        cdash="EGORRES (EGHRMN)",
        unit="beats/min",
        soft="50-110",
        hard="20-250",
        missing="NAV",
    )
    eg_pr = Int(
        "PR interval",
        "PR间期",
        required="O",
        cdash="EGORRES (PRAG)",
        unit="ms",
        soft="110-220",
        hard="50-500",
        missing="NAV,NA",
    )
    eg_qrs = Int(
        "QRS duration",
        "QRS时限",
        required="O",
        cdash="EGORRES (QRSAG)",
        unit="ms",
        soft="60-120",
        hard="30-300",
        missing="NAV",
    )
    eg_qt = Int(
        "QT interval",
        "QT间期",
        required="C: egperf=Y",
        cdash="EGORRES (QTAG)",
        unit="ms",
        soft="320-460",
        hard="200-800",
        missing="NAV",
    )
    eg_qtcf = Int(
        "QTcF (D-12)",
        "QTcF",
        required="C: egperf=Y",
        cdash="EGORRES (QTCFAG)",
        values="derived",
        unit="ms",
        soft="340-450",
        hard="200-800",
        derived=True,
    )
    eg_qtcf_rep = Int(
        "QTcF printed on the tracing",
        "报告QTcF",
        required="O",
        cdash="EGORRES",
        unit="ms",
        soft="340-450",
        hard="200-800",
        missing="NAV",
    )
    egorres = Coded("EGRES", "Interpretation", "总体判断", required="C: egperf=Y", cdash="EGORRES (INTP)")
    egfind = Line(
        "Findings", "异常描述", max_length=200, required="C: egorres in ABN_NCS,ABN_CS", cdash="EGORRES"
    )
    eg_aeref = Ref(
        "AE or MH", "Linked AE or MH", "关联AE/MH", required="C: egorres=ABN_CS", cdash="EGAENO / EGMHNO"
    )

    eg2 = Section("EG2", "Echocardiogram", "超声心动图")
    echo_perf = Coded("NY", "Echocardiogram performed?", "是否完成超声心动图?", cdash="CVPERF")
    echo_dat = Date("Date", "日期", required="C: echo_perf=Y", cdash="CVDAT", hard="<= today")
    lvef = Int(
        "LVEF",
        "左室射血分数",
        required="C: echo_perf=Y",
        cdash="CVORRES (LVEF)",
        unit="%",
        soft="50-80",
        hard="10-90",
        missing="NAV",
    )
