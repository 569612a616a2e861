"""What must not be given during study treatment (`prohibited` of the configuration), by the names that sites write.

The study names groups, not drugs; these are their usual members, in English and Chinese, matched anywhere in the name,
and the ATC codes of the coder. A drug that is missing here is found by whoever reviews the log, not by a check.
"""

from __future__ import annotations

import re

from crf.sheets import Sheet


def _names(*words: str) -> re.Pattern[str]:
    """Latin names as whole words, Chinese ones anywhere."""
    latin = "|".join(re.escape(word) for word in words if word.isascii())
    other = "|".join(re.escape(word) for word in words if not word.isascii())
    return re.compile(rf"\b(?:{latin})\b|{other}", re.IGNORECASE)


STUDY_DRUGS = _names(
    "oxaliplatin", "calcium levofolinate", "levofolinate", "levoleucovorin", "leucovorin", "calcium folinate",
    "fluorouracil", "5-fu", "camrelizumab", "apatinib", "rivoceranib", "奥沙利铂", "亚叶酸", "氟尿嘧啶", "卡瑞利珠", "阿帕替尼",
)  # fmt: skip
ANTICANCER = _names(
    "sorafenib", "lenvatinib", "donafenib", "regorafenib", "cabozantinib", "anlotinib", "fruquintinib", "bevacizumab",
    "ramucirumab", "atezolizumab", "durvalumab", "tremelimumab", "pembrolizumab", "nivolumab", "ipilimumab",
    "sintilimab", "tislelizumab", "toripalimab", "penpulimab", "capecitabine", "tegafur", "s-1", "gemcitabine",
    "cisplatin", "carboplatin", "irinotecan", "doxorubicin", "epirubicin", "mitomycin", "paclitaxel", "docetaxel",
    "etoposide", "raltitrexed", "arsenic trioxide",
    "索拉非尼", "仑伐替尼", "多纳非尼", "瑞戈非尼", "卡博替尼", "安罗替尼", "呋喹替尼", "贝伐珠", "雷莫西尤", "阿替利珠",
    "度伐利尤", "替西木", "帕博利珠", "纳武利尤", "伊匹木", "信迪利", "替雷利珠", "特瑞普利", "派安普利", "卡培他滨",
    "替吉奥", "替加氟", "吉西他滨", "顺铂", "卡铂", "伊立替康", "多柔比星", "表柔比星", "丝裂霉素", "紫杉醇", "多西他赛",
    "依托泊苷", "雷替曲塞", "三氧化二砷", "亚砷酸",
)  # fmt: skip
ANTICANCER_TCM = _names(
    "huaier", "cinobufacini", "cinobufagin", "aidi injection", "kanglaite", "brucea javanica", "cantharidin", "elemene",
    "icaritin", "ginsenoside rg3", "槐耳", "华蟾素", "艾迪注射", "康莱特", "鸦胆子", "斑蝥", "榄香烯", "淫羊藿素", "阿可拉定",
    "参一胶囊", "人参皂苷rg3", "金龙胶囊", "平消", "西黄", "肝复乐", "慈丹", "消癌平", "康艾",
)  # fmt: skip
CYP3A4 = _names(
    "ketoconazole", "itraconazole", "voriconazole", "posaconazole", "clarithromycin", "telithromycin", "ritonavir",
    "cobicistat", "indinavir", "nelfinavir", "saquinavir", "boceprevir", "telaprevir", "conivaptan", "nefazodone",
    "idelalisib", "ceritinib", "rifampicin", "rifampin", "carbamazepine", "phenytoin", "phenobarbital", "primidone",
    "enzalutamide", "apalutamide", "mitotane", "st john's wort", "hypericum",
    "酮康唑", "伊曲康唑", "伏立康唑", "泊沙康唑", "克拉霉素", "泰利霉素", "利托那韦", "考比司他", "茚地那韦", "奈非那韦",
    "沙奎那韦", "利福平", "卡马西平", "苯妥英", "苯巴比妥", "扑米酮", "恩扎卢胺", "阿帕他胺", "米托坦", "贯叶连翘", "圣约翰草",
)  # fmt: skip
IMMUNOSUPPRESSANTS = _names(
    "azathioprine", "ciclosporin", "cyclosporine", "cyclosporin", "tacrolimus", "sirolimus", "everolimus",
    "mycophenolate", "methotrexate", "leflunomide", "infliximab", "adalimumab", "tocilizumab", "rituximab",
    "硫唑嘌呤", "环孢素", "他克莫司", "西罗莫司", "依维莫司", "吗替麦考酚", "麦考酚", "甲氨蝶呤", "来氟米特", "英夫利西",
    "阿达木", "托珠", "利妥昔",
)  # fmt: skip
LIVE_VACCINES = _names(
    "bcg", "mmr", "measles", "mumps", "rubella", "varicella", "chickenpox", "zostavax", "yellow fever", "rotavirus",
    "oral polio", "opv", "ty21a", "oral typhoid", "flumist", "nasal influenza", "live", "live attenuated",
    "卡介苗", "麻疹", "麻腮风", "麻风疫苗", "腮腺炎", "风疹", "水痘", "黄热", "轮状", "口服脊髓灰质炎", "脊灰减毒",
    "鼻喷流感", "减毒活",
)  # fmt: skip
INACTIVATED = _names("inactivated", "recombinant", "灭活", "重组")


def _says(line: Sheet, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(line.get(name) or "") for name in ("cmtrt", "cmdecod"))


def _coded(line: Sheet, *starts: str) -> bool:
    return (line.get("cmatc") or "").upper().startswith(starts)


def live_vaccine(line: Sheet) -> bool:
    return line.get("cmcat") == "VACCINE" and _says(line, LIVE_VACCINES) and not _says(line, INACTIVATED)


def anticancer(line: Sheet) -> bool:
    """Another anticancer drug or an anticancer Chinese medicine; the study drugs have their own form."""
    if _says(line, STUDY_DRUGS):
        return False
    return _says(line, ANTICANCER) or _says(line, ANTICANCER_TCM) or _coded(line, "L01")


def strong_cyp3a4(line: Sheet) -> bool:
    return _says(line, CYP3A4)


def immunosuppressant(line: Sheet) -> bool:
    return _says(line, IMMUNOSUPPRESSANTS) or _coded(line, "L04")
