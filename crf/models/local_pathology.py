"""Local pathology: F14 LPATH."""

from __future__ import annotations

from crf.fields import Coded, Date, Dec, Int, Line, Multi, Share
from crf.sections import Form, Rows, RowsOf, Section
from trialsite.kernel.texts import Text

from .base import CrfData, CrfRow


class LocalPathology(CrfData):
    """F14 LPATH: Local pathology. One per surgical specimen + nodule rows."""

    crf = Form(
        "F14",
        "LPATH",
        Text("Local pathology", "本地病理"),
        cdash="MI, PR, sponsor (elements per China guideline 2015/2022 and CAP HCC)",
        structure="one per surgical specimen + nodule rows",
        when="SURG+14 d",
        date="lp_midat",
    )

    lp1 = Section("LP1", "Specimen handling", "标本处理")
    lp_no = Line("Pathology number (de-identified alias)", "病理号(去标识)", max_length=30, cdash="MIREFID")
    lp_recdat = Date(
        "Date received in pathology", "病理科接收日期", soft="surg_prstdat to +1", hard=">= surg_prstdat"
    )
    lp_isch_min = Int(
        "Cold ischaemia (removal to fixation)",
        "离体至固定时间",
        required="O",
        unit="min",
        soft="0-60",
        hard="0-1440",
        missing="UNK",
    )
    lp_fix_h = Dec(
        "Fixation time in 10 % neutral buffered formalin",
        "固定时间",
        required="O",
        unit="h",
        soft="12-48",
        hard="1-240",
        missing="UNK",
    )
    lp_midat = Date(
        "Report date", "报告日期", cdash="MIDAT", soft="surg_prstdat+3 to +21", hard=">= lp_recdat"
    )
    lp_sampling = Coded("SAMPLING", "Sampling protocol", "取材方式")
    lp_blocks_bed = Int("Blocks from tumour bed", "瘤床取材块数", soft="4-60", hard="1-300")
    lp_blocks_all = Int("Total blocks", "总取材块数", soft="7-80", hard="1-400")
    lp_slides_he = Int("H&E slides made", "HE切片数", soft="7-100", hard="1-500")
    lp_slides_sent = Int(
        "H&E slides sent to central laboratory", "送中心HE切片数", soft="4-100", hard="0-500"
    )
    lp_sentdat = Date(
        "Date sent to central laboratory", "寄送中心日期", required="C: lp_slides_sent>0", hard=">= lp_recdat"
    )

    lp2 = Section("LP2", "Case-level findings", "病例层面")
    lp_nnod = Int("Number of nodules / tumour beds", "结节(瘤床)个数", soft="1-5", hard="0-50")
    lp_hist = Coded("HISTTYPE", "Histological type", "组织学类型", cdash="MIORRES")
    lp_hist_oth = Line("Specify", "具体说明", max_length=100, required="C: lp_hist=OTHER")
    lp_mvi = Coded("MVI", "Microvascular invasion", "微血管侵犯", cdash="MIORRES")
    lp_mvi_n = Int(
        "Number of MVI",
        "MVI个数",
        required="C: lp_mvi in M0,M1,M2",
        cdash="MIORRES",
        soft="0-50",
        hard="0-999",
    )
    lp_mvi_far = Coded(
        "NY", "Any MVI > 1 cm from tumour edge?", "是否有距癌>1cm的MVI?", required="C: lp_mvi in M1,M2"
    )
    lp_macro = Coded("NYU", "Macrovascular invasion (histology)", "肉眼/镜下大血管癌栓", cdash="MIORRES")
    lp_macro_viable = Coded(
        "NYU", "Viable tumour in thrombus?", "癌栓内有无存活肿瘤?", required="C: lp_macro=Y"
    )
    lp_bdi = Coded("NY", "Bile duct invasion", "胆管侵犯", cdash="MIORRES")
    lp_satellite = Coded("NY", "Satellite nodules", "卫星结节", cdash="MIORRES")
    lp_margin = Coded("MARGIN", "Parenchymal margin", "肝切缘", cdash="MIORRES")
    lp_margin_mm = Dec(
        "Distance to nearest margin",
        "最近切缘距离",
        required="C: lp_margin in NEG,POS",
        cdash="MIORRES",
        unit="mm",
        soft="0-50",
        hard="0-200",
        missing="NAV",
    )
    lp_ln_ex = Int("Lymph nodes examined", "检出淋巴结数", cdash="MIORRES", soft="0-15", hard="0-60")
    lp_ln_pos = Int("Lymph nodes positive", "阳性淋巴结数", cdash="MIORRES", soft="0", hard="0-60")
    lp_fib = Coded("FIBSTAGE", "Background fibrosis (S0-S4)", "背景肝纤维化", cdash="MIORRES")
    lp_steat = Int(
        "Steatosis",
        "脂肪变",
        required="O",
        cdash="MIORRES",
        unit="%",
        soft="0-33",
        hard="0-100",
        missing="NAV",
    )
    lp_ypt = Coded("YPT", "ypT", "ypT")
    lp_ypn = Coded("CN", "ypN", "ypN")
    lp_r = Coded("RSTATUS", "Pathological R status", "病理R状态", soft="R0")
    lp_rvt_case = Share(
        "Case-level residual viable tumour, local (D-23)",
        "本地病例层面残存活肿瘤%",
        decimal_places=6,
        values="derived",
        unit="%",
        soft="0-100",
        hard="0-100",
        derived=True,
    )

    lp3 = Rows("LP3", "Nodule rows", "结节明细")


class LocalNodule(CrfRow):
    """LP3: Nodule rows."""

    crf_rows = RowsOf("LPATH", "LP3", number="", layout="cards")

    lpn_no = Int("Nodule number", "结节编号", cdash="MISPID", values="1..lp_nnod", hard="1-50")
    lpn_lnk = Line(
        "Imaging lesion id", "对应影像病灶", max_length=4, cdash="- (TULNKID)", values="T0x or NTxx or NONE"
    )
    lpn_seg = Multi("SEGMENT", "Segment", "肝段", cdash="MILOC")
    lpn_len = Dec(
        "Tumour bed length (gross)", "瘤床长", cdash="MIORRES", unit="mm", soft="5-150", hard="1-400"
    )
    lpn_wid = Dec("Tumour bed width", "瘤床宽", cdash="MIORRES", unit="mm", soft="5-150", hard="1-400")
    lpn_hgt = Dec(
        "Tumour bed height", "瘤床高", cdash="MIORRES", unit="mm", soft="5-150", hard="1-400", missing="NAV"
    )
    lpn_rvt = Dec(
        "Residual viable tumour", "残存活肿瘤", cdash="MIORRES", unit="%", soft="0-100", hard="0-100"
    )
    lpn_nec = Dec("Necrosis", "坏死", cdash="MIORRES", unit="%", soft="0-100", hard="0-100")
    lpn_str = Dec(
        "Stroma (fibrosis + inflammation)",
        "间质(纤维化及炎症)",
        cdash="MIORRES",
        unit="%",
        soft="0-100",
        hard="0-100",
    )
    lpn_edm = Coded("EDMONDSON", "Edmondson-Steiner grade", "Edmondson分级", cdash="MIORRES")
    lpn_caps = Coded("CAPSULE", "Capsule", "包膜", cdash="MIORRES")
