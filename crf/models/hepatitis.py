"""Viral hepatitis and HIV: F06 HEP."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, PartialDateColumn, Ref
from crf.sections import Form, Section
from trialsite.kernel.texts import Text

from .base import CrfData


class HepatitisSerology(CrfData):
    """F06 HEP: HBV / HCV / HIV serology. One at screening (HBV DNA monitoring in F08 panel VIR)."""

    crf = Form(
        "F06",
        "HEP",
        Text("HBV / HCV / HIV serology", "乙肝/丙肝/HIV血清学"),
        cdash="LB (or MB)",
        structure="one at screening (HBV DNA monitoring in F08 panel VIR)",
        when="SCR",
        date="hep_lbdat",
    )

    hep1 = Section("HEP1", "Serology", "血清学")
    hep_lbperf = Coded("NY", "Sample taken?", "是否采样?", cdash="LBPERF")
    hep_lbdat = Date(
        "Collection date", "采样日期", required="C: hep_lbperf=Y", cdash="LBDAT", hard="<= today"
    )
    hbsag = Coded("POSNEG", "HBsAg", "乙肝表面抗原", cdash="LBORRES (LBTEST=HBSAG)")
    hbsag_quant = Dec(
        "HBsAg quantitative",
        "HBsAg定量",
        required="CO: hbsag=POS",
        cdash="LBORRES",
        decimal_places=2,
        unit="IU/mL",
        soft="0.05-50000",
        hard="0-1000000",
        missing="ND",
    )
    hbsab = Coded("POSNEG", "Anti-HBs", "乙肝表面抗体", cdash="LBORRES", missing="ND")
    hbeag = Coded("POSNEG", "HBeAg", "乙肝e抗原", cdash="LBORRES", missing="ND")
    hbeab = Coded("POSNEG", "Anti-HBe", "乙肝e抗体", cdash="LBORRES", missing="ND")
    hbcab = Coded("POSNEG", "Anti-HBc (total)", "乙肝核心抗体", cdash="LBORRES", missing="ND")
    hcvab = Coded("POSNEG", "Anti-HCV", "丙肝抗体", cdash="LBORRES")
    hivab = Coded("POSNEG", "HIV antibody (or Ag/Ab)", "HIV抗体", cdash="LBORRES", missing="ND")
    syphab = Coded("POSNEG", "Syphilis (TPPA)", "梅毒特异性抗体", required="O", cdash="LBORRES", missing="ND")

    hep2 = Section("HEP2", "Viral load at screening", "筛选期病毒载量")
    hbvdna_dat = Date(
        "HBV DNA collection date",
        "HBV DNA采样日期",
        required="C: hbsag=POS or hbcab=POS",
        cdash="LBDAT",
        hard="<= today",
    )
    hbvdna_op = Coded("OPER", "Operator", "符号", required="C: hbsag=POS or hbcab=POS")
    hbvdna = Dec(
        "HBV DNA",
        "HBV DNA",
        required="C: hbvdna_op in EQ,LT,GT",
        cdash="LBORRES",
        unit="IU/mL",
        soft="0-100000000",
        hard="0-10000000000",
    )
    hbvdna_lloq = Dec(
        "Assay lower limit of quantification",
        "检测定量下限",
        required="C: hbvdna_op in LT,TND",
        unit="IU/mL",
        soft="5-500",
        hard="1-2000",
    )
    hbvdna_log = Dec(
        "log10 HBV DNA (D-16)",
        "log10 HBV DNA",
        required="CO: hbvdna_op=EQ",
        values="derived",
        decimal_places=2,
        unit="log10 IU/mL",
        derived=True,
    )
    hcvrna_op = Coded("OPER", "HCV RNA operator", "HCV RNA符号", required="C: hcvab=POS")
    hcvrna = Dec(
        "HCV RNA",
        "HCV RNA",
        required="C: hcvrna_op in EQ,LT,GT",
        cdash="LBORRES",
        unit="IU/mL",
        soft="0-50000000",
        hard="0-1000000000",
    )

    hep3 = Section("HEP3", "Antiviral therapy", "抗病毒治疗")
    hep_avt_yn = Coded("NYNA", "HBV antiviral therapy ongoing?", "是否正在抗HBV治疗?")
    hep_avt_drug = Coded("NUC", "Antiviral drug", "抗病毒药物", required="C: hep_avt_yn=Y", cdash="CMTRT")
    hep_avt_cmstdat = PartialDateColumn(
        "Start date", "开始日期", required="C: hep_avt_yn=Y", cdash="CMSTDAT", hard="<= today", missing="UNK"
    )
    hep_avt_cmref = Ref("CM", "Linked CM row", "关联合并用药", required="C: hep_avt_yn=Y")
