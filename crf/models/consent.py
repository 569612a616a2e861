"""Consent: F01 ICF."""

from __future__ import annotations

from crf.fields import Coded, Date, Int, Line, Ref, Time
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class InformedConsent(CrfData):
    """F01 ICF: Informed consent. One per participant + repeating group RECON."""

    crf = Form(
        "F01",
        "ICF",
        Text("Informed consent", "知情同意"),
        cdash="DS (protocol milestone)",
        structure="one per participant + repeating group RECON",
        when="SCR",
        date="icf_dsstdat",
    )

    icf1 = Section("ICF1", "Consent", "知情同意")
    icf_yn = Coded(
        "NY",
        "Was written informed consent obtained before any study-specific procedure?",
        "是否在任何研究特定操作前取得书面知情同意?",
        cdash="DSDECOD=INFORMED CONSENT OBTAINED",
    )
    icf_dsstdat = Date(
        "Date consent signed",
        "知情同意书签署日期",
        required="C: icf_yn=Y",
        cdash="DSSTDAT",
        hard=">= cfg.study_start and <= today",
    )
    icf_dssttim = Time(
        "Time consent signed", "签署时间", required="O", cdash="DSSTTIM", values="HH:MM 24 h", missing="UNK"
    )
    icf_version = Line("ICF version number", "知情同意书版本号", max_length=20, required="C: icf_yn=Y")
    icf_version_date = Date(
        "ICF version date", "知情同意书版本日期", required="C: icf_yn=Y", hard="<= icf_dsstdat"
    )
    icf_signatory = Coded("SIGNATORY", "Signed by", "签署人", required="C: icf_yn=Y")
    icf_lar_relation = Line(
        "Relationship / reason if representative signed",
        "法定代理人关系及原因",
        max_length=100,
        required="C: icf_signatory=LEGAL_REP",
    )
    icf_witness = Coded(
        "NYNA",
        "Impartial witness present (participant unable to read)?",
        "是否有公正见证人(受试者无阅读能力)?",
    )
    icf_copy = Coded(
        "NY", "Signed copy given to participant?", "是否将签署副本交给受试者?", required="C: icf_yn=Y"
    )
    icf_investigator = Ref(
        "USER",
        "Investigator who obtained consent (user id, not free-text name)",
        "取得知情的研究者(系统用户)",
        required="C: icf_yn=Y",
    )
    icf_samples = Coded(
        "NYNA", "Consent to storage / future research on samples", "是否同意样本留存及未来研究"
    )

    icf2 = Rows("ICF2", "Re-consent (repeating)", "再次知情(可重复)")
    icf3 = Section("ICF3", "Withdrawal", "撤回知情同意")
    wd_yn = Coded(
        "NY",
        "Has the participant withdrawn consent?",
        "受试者是否撤回知情同意?",
        cdash="DSDECOD=WITHDRAWAL BY SUBJECT",
    )
    wd_dsstdat = Date(
        "Date of withdrawal", "撤回日期", required="C: wd_yn=Y", cdash="DSSTDAT", hard=">= icf_dsstdat"
    )
    wd_scope = Coded("WDSCOPE", "Scope of withdrawal", "撤回范围", required="C: wd_yn=Y")
    wd_reason = Line(
        "Reason volunteered (optional)",
        "撤回原因(自愿提供)",
        max_length=200,
        required="CO: wd_yn=Y",
        missing="UNK",
    )


class Reconsent(CrfRow):
    """ICF2: Re-consent (repeating)."""

    crf_rows = RowsOf("ICF", "ICF2", number="recon_spid", layout="table")

    recon_spid = Int("Row number", "序号", cdash="DSSPID", values="auto", derived=True)
    recon_dsstdat = Date("Date of re-consent", "再次知情日期", cdash="DSSTDAT", hard=">= icf_dsstdat")
    recon_version = Line("New ICF version", "新版本号", max_length=20)
    recon_reason = Coded("RECONREAS", "Reason for re-consent", "再次知情原因")
