"""Central pathology, blinded: F15 CPATH."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Ref, Share
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class CentralReading(CrfData):
    """F15 CPATH: Central pathology review (blinded, two readers + adjudicator).

    One record per reader + nodule rows; one final record.
    """

    crf = Form(
        "F15",
        "CPATH",
        Text("Central pathology review (blinded, two readers + adjudicator)", "中心病理评审(盲法,双人+仲裁)"),
        cdash="MI with MIEVAL/MIEVALID, sponsor",
        structure="one record per reader + nodule rows; one final record",
        when="CPATH (surgery + 60 d)",
    )

    cp1 = Section("CP1", "Reader record header (per reader)", "阅片者表头(每位阅片者)")
    cp_caseid = Line(
        "Central case id (blinded, system generated)",
        "中心病例号(盲法)",
        max_length=12,
        cdash="MIREFID",
        values="auto",
        derived=True,
    )
    cp_reader = Coded("READER", "Reader role", "阅片角色", cdash="MIEVAL (SDTM MIEVALID)")
    cp_user = Ref("USER", "Reader account", "阅片者账号", derived=True)
    cp_recdat = Date("Date slides / digital images received", "切片/数字图像接收日期", hard=">= surg_prstdat")
    cp_midat = Date(
        "Date of review", "阅片日期", cdash="MIDAT", soft="<= surg_prstdat+90", hard=">= cp_recdat"
    )
    cp_blind = Coded(
        "NY",
        "Reader confirms blinding to clinical, imaging, local pathology and other reader",
        "阅片者确认盲态",
    )
    cp_slides = Int("H&E slides reviewed", "阅片HE切片数", soft="4-100", hard="1-500")
    cp_slides_bed = Int("of which tumour-bed slides", "其中瘤床切片数", soft="4-80", hard="0-500")
    cp_adeq = Coded("ADEQUACY", "Adequacy", "充分性", cdash="MISPCCND")
    cp_adeq_reas = Line(
        "Reason if limited / inadequate",
        "受限/不充分原因",
        max_length=200,
        required="C: cp_adeq in LIMITED,INADEQUATE",
    )

    cp2 = Rows("CP2", "Nodule rows (per reader and nodule)", "结节明细")
    cp3 = Section("CP3", "Case-level findings (per reader)", "病例层面(每位阅片者)")
    cp_mvi = Coded(
        "MVI", "Microvascular invasion", "微血管侵犯", required="C: cp_adeq!=INADEQUATE", cdash="MIORRES"
    )
    cp_mvi_n = Int(
        "Number of MVI",
        "MVI个数",
        required="C: cp_mvi in M0,M1,M2",
        cdash="MIORRES",
        soft="0-50",
        hard="0-999",
    )
    cp_mvi_far = Coded(
        "NY", "Any MVI > 1 cm from tumour?", "是否有距癌>1cm的MVI?", required="C: cp_mvi in M1,M2"
    )
    cp_satellite = Coded(
        "NYU",
        "Satellite nodules with viable tumour",
        "含存活肿瘤的卫星结节",
        required="C: cp_adeq!=INADEQUATE",
        cdash="MIORRES",
    )
    cp_macro_viable = Coded(
        "NYNA",
        "Viable tumour in macroscopic thrombus",
        "大血管癌栓内存活肿瘤",
        required="C: cp_adeq!=INADEQUATE",
        cdash="MIORRES",
    )
    cp_ln_viable = Coded(
        "NYNA",
        "Viable tumour in lymph nodes",
        "淋巴结内存活肿瘤",
        required="C: cp_adeq!=INADEQUATE",
        cdash="MIORRES",
    )
    cp_margin = Coded("MARGIN", "Margin", "切缘", required="C: cp_adeq!=INADEQUATE", cdash="MIORRES")
    cp_margin_mm = Dec(
        "Distance to margin",
        "切缘距离",
        required="CO: cp_margin in NEG,POS",
        cdash="MIORRES",
        unit="mm",
        soft="0-50",
        hard="0-200",
        missing="NAV",
    )
    cp_rvt_case = Share(
        "Case-level RVT, this reader (D-23)",
        "本阅片者病例层面RVT",
        values="derived",
        unit="%",
        soft="0-100",
        hard="0-100",
        decimal_places=6,
        derived=True,
        reader_hidden=True,
    )
    cp_mpr = Coded(
        "NY",
        "MPR, this reader (D-24)",
        "本阅片者MPR判定",
        values="NY derived",
        derived=True,
        reader_hidden=True,
    )
    cp_pcr = Line(
        "pCR, this reader (D-24)",
        "本阅片者pCR判定",
        max_length=2,
        values="NY derived or NE",
        derived=True,
        reader_hidden=True,
    )
    cp_com = Line("Reader comment", "阅片者备注", max_length=500, required="O", cdash="- (CO)")
    cp_sign = Ref("ESIGN", "Reader e-signature (locks record)", "阅片者电子签名(锁定)", derived=True)


class CentralNodule(CrfRow):
    """CP2: Nodule rows (per reader and nodule)."""

    crf_rows = RowsOf("CPATH", "CP2", key="cpn_no")

    cpn_no = Int(
        "Nodule number (as local pathology)",
        "结节编号(同本地病理)",
        required="C: cp_adeq!=INADEQUATE",
        cdash="MISPID",
        hard="1-50",
    )
    cpn_len = Dec(
        "Tumour bed length",
        "瘤床长",
        cdash="MIORRES",
        values="default from F14",
        unit="mm",
        soft="5-150",
        hard="1-400",
    )
    cpn_wid = Dec(
        "Tumour bed width",
        "瘤床宽",
        cdash="MIORRES",
        values="default from F14",
        unit="mm",
        soft="5-150",
        hard="1-400",
    )
    cpn_hgt = Dec(
        "Tumour bed height",
        "瘤床高",
        required="O",
        cdash="MIORRES",
        values="default from F14",
        unit="mm",
        soft="5-150",
        hard="1-400",
        missing="NAV",
    )
    cpn_nslides = Int("Slides read for this nodule", "本结节阅片数", soft="2-60", hard="1-300")
    cpn_rvt = Share(
        "Residual viable tumour in tumour bed",
        "瘤床残存活肿瘤",
        cdash="MIORRES",
        unit="%",
        soft="0-100",
        hard="0-100",
    )
    cpn_nec = Share("Necrosis", "坏死", cdash="MIORRES", unit="%", soft="0-100", hard="0-100")
    cpn_str = Share(
        "Stroma (fibrosis + inflammation)",
        "间质(纤维化及炎症)",
        cdash="MIORRES",
        unit="%",
        soft="0-100",
        hard="0-100",
    )
    cpn_insitu = Coded(
        "NY",
        "In-situ / non-invasive lesion only (registry wording)",
        "仅原位癌(登记原文)",
        required="C: cpn_rvt=0",
        cdash="MIORRES",
    )
    cpn_hist = Coded("HISTTYPE", "Histological type", "组织学类型", cdash="MIORRES")
    cpn_edm = Coded("EDMONDSON", "Edmondson-Steiner grade", "Edmondson分级", cdash="MIORRES")
    cpn_tls = Coded(
        "NYU",
        "Tertiary lymphoid structures (exploratory)",
        "三级淋巴结构(探索性)",
        required="O",
        cdash="MIORRES",
        missing="NAV",
    )


class CentralResult(CrfData):
    """F15 CPATH, CP4: the one final central result, kept by the system from the readings (D-24)."""

    crf = Form(
        "F15",
        "CPATH",
        Text("Central pathology review (blinded, two readers + adjudicator)", "中心病理评审(盲法,双人+仲裁)"),
        cdash="MI with MIEVAL/MIEVALID, sponsor",
        structure="one record per reader + nodule rows; one final record",
        when="CPATH (surgery + 60 d)",
        part="CPATHF",
    )

    cp4 = Section("CP4", "Final central result (system)", "最终中心结果(系统)")
    cpf_adj_need = Coded(
        "NY", "Adjudication required? (D-24)", "是否需仲裁?", values="NY derived", derived=True
    )
    cpf_adj_reas = Line(
        "Reasons (RVT_DIFF, MPR_DISC, PCR_DISC, ADEQ_DISC)",
        "仲裁原因",
        max_length=60,
        required="CO: cpf_adj_need=Y",
        values="derived",
        derived=True,
    )
    cpf_rvt = Share(
        "Final RVT",
        "最终RVT",
        values="derived",
        unit="%",
        soft="0-100",
        hard="0-100",
        decimal_places=6,
        derived=True,
    )
    cpf_mpr = Line(
        "Final MPR (PRIMARY ENDPOINT)",
        "最终MPR(主要终点)",
        max_length=2,
        values="NY derived or NE",
        derived=True,
        says="FINALNY",
    )
    cpf_pcr = Line(
        "Final pCR", "最终pCR", max_length=2, values="NY derived or NE", derived=True, says="FINALNY"
    )
    cpf_dat = Date(
        "Date final result released", "最终结果发布日期", values="system", soft="<= C1D1+183", derived=True
    )
