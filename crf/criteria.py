"""Catalogue of eligibility criteria, version IE-1.0 (crf-book 2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from trialsite.kernel.texts import Text

VERSION = "IE-1.0"


@dataclass(frozen=True, slots=True)
class EligibilityCriterion:
    """`provenance`: R fixed by the registry, A assumed; `crosscheck`: what the answer is checked against."""

    code: str
    text: Text
    provenance: str
    crosscheck: str

    @property
    def category(self) -> str:
        return "INCLUSION" if self.code.startswith("I") else "EXCLUSION"


CRITERIA: dict[str, EligibilityCriterion] = {
    "I01": EligibilityCriterion("I01", Text("Written informed consent", "签署书面知情同意书"), "A", "icf_yn"),
    "I02": EligibilityCriterion("I02", Text("Age 18-75 years", "年龄18-75岁"), "A", "age"),
    "I03": EligibilityCriterion(
        "I03",
        Text(
            "HCC confirmed by histology/cytology or by clinical criteria (China guideline / AASLD)",
            "经病理或临床标准(中国指南/AASLD)确诊的肝细胞癌",
        ),
        "A",
        "hcc_dxbasis",
    ),
    "I04": EligibilityCriterion("I04", Text("BCLC stage A or B", "BCLC A期或B期"), "R", "D-10"),
    "I05": EligibilityCriterion(
        "I05", Text("Tumour burden beyond Milan criteria", "瘤负荷超出米兰标准"), "R", "D-09"
    ),
    "I06": EligibilityCriterion(
        "I06",
        Text("No prior systemic or locoregional therapy for HCC", "既往未接受针对肝癌的系统或局部治疗"),
        "A",
        "hcc_prior",
    ),
    "I07": EligibilityCriterion(
        "I07",
        Text(
            "At least one measurable lesion (RECIST 1.1) with arterial enhancement",
            "至少一个可测量病灶(RECIST 1.1)且有动脉期强化",
        ),
        "A",
        "TA baseline",
    ),
    "I08": EligibilityCriterion("I08", Text("ECOG performance status 0-1", "ECOG 0-1分"), "A", "ecog"),
    "I09": EligibilityCriterion(
        "I09", Text("Child-Pugh class A (score <= 6)", "Child-Pugh A级(≤6分)"), "A", "D-06"
    ),
    "I10": EligibilityCriterion(
        "I10",
        Text(
            "Marrow: ANC >= 1.5, PLT >= 80 (10^9/L), Hb >= 90 g/L, no transfusion/growth factor within 14 d",
            "骨髓功能:ANC≥1.5、PLT≥80(×10^9/L)、Hb≥90g/L,14天内无输血/升细胞药物",
        ),
        "A",
        "LB, CM, PR",
    ),
    "I11": EligibilityCriterion(
        "I11",
        Text(
            "Liver: TBIL <= 1.5 x ULN, ALT and AST <= 3 x ULN, ALP <= 2.5 x ULN, ALB >= 28 g/L",
            "肝功能:TBIL≤1.5×ULN、ALT/AST≤3×ULN、ALP≤2.5×ULN、ALB≥28g/L",
        ),
        "A",
        "LB",
    ),
    "I12": EligibilityCriterion(
        "I12",
        Text(
            "Kidney: creatinine <= 1.5 x ULN and CrCl >= 50 mL/min; urine protein < 2+ or < 1 g/24 h",
            "肾功能:肌酐≤1.5×ULN且CrCl≥50mL/min;尿蛋白<2+或<1g/24h",
        ),
        "A",
        "LB, D-08",
    ),
    "I13": EligibilityCriterion(
        "I13", Text("Coagulation: INR <= 1.5 and APTT <= 1.5 x ULN", "凝血:INR≤1.5且APTT≤1.5×ULN"), "A", "LB"
    ),
    "I14": EligibilityCriterion(
        "I14",
        Text(
            "If HBsAg positive: antiviral therapy throughout, HBV DNA <= 2000 IU/mL or at least 7 d of antiviral before first dose",  # noqa: E501
            "HBsAg阳性者全程抗病毒,HBV DNA≤2000 IU/mL或首次给药前抗病毒≥7天",
        ),
        "A",
        "HEP",
    ),
    "I15": EligibilityCriterion(
        "I15",
        Text(
            "MDT considers curative-intent resection possible after neoadjuvant therapy",
            "MDT认为新辅助治疗后可行根治性切除",
        ),
        "A",
        "hcc_resect",
    ),
    "I16": EligibilityCriterion(
        "I16",
        Text(
            "Negative pregnancy test and agreed contraception (women of childbearing potential; men with such partners)",
            "妊娠试验阴性并同意避孕",
        ),
        "A",
        "LB PREG",
    ),
    "I17": EligibilityCriterion("I17", Text("Expected survival > 12 weeks", "预期生存>12周"), "A", "-"),
    "E01": EligibilityCriterion(
        "E01",
        Text("Macrovascular invasion or extrahepatic spread", "大血管侵犯或肝外转移"),
        "R (implied by BCLC A/B and Milan text)",
        "hcc_macrovi, hcc_ehs",
    ),
    "E02": EligibilityCriterion(
        "E02",
        Text(
            "Fibrolamellar, sarcomatoid, combined HCC-CCA or cholangiocarcinoma",
            "纤维板层癌、肉瘤样癌、混合型或胆管癌",
        ),
        "A",
        "lp_hist, hcc",
    ),
    "E03": EligibilityCriterion(
        "E03", Text("Any prior anticancer treatment for HCC", "既往接受过抗肝癌治疗"), "A", "hcc_prior"
    ),
    "E04": EligibilityCriterion(
        "E04",
        Text(
            "Active or prior autoimmune disease needing systemic treatment within 2 years",
            "2年内需系统治疗的自身免疫病",
        ),
        "A",
        "MH",
    ),
    "E05": EligibilityCriterion(
        "E05",
        Text(
            "Systemic steroid > 10 mg/d prednisone-equivalent or immunosuppressant within 14 d",
            "14天内全身激素>10mg/d泼尼松等效或免疫抑制剂",
        ),
        "A",
        "CM",
    ),
    "E06": EligibilityCriterion(
        "E06",
        Text("Interstitial lung disease or non-infectious pneumonitis", "间质性肺病或非感染性肺炎"),
        "A",
        "MH",
    ),
    "E07": EligibilityCriterion(
        "E07",
        Text("Uncontrolled hypertension (> 140/90 mmHg on treatment)", "未控制的高血压(治疗后>140/90mmHg)"),
        "A",
        "VS",
    ),
    "E08": EligibilityCriterion(
        "E08",
        Text(
            "Significant cardiac disease: NYHA >= II, infarction within 6 months, QTcF > 470 ms, LVEF < 50 %",
            "显著心脏病:NYHA≥Ⅱ级、6个月内心梗、QTcF>470ms、LVEF<50%",
        ),
        "A",
        "EG",
    ),
    "E09": EligibilityCriterion(
        "E09",
        Text(
            "Gastrointestinal bleeding within 3 months or high-risk varices",
            "3个月内消化道出血或高危静脉曲张",
        ),
        "A",
        "MH, hcc_varices",
    ),
    "E10": EligibilityCriterion(
        "E10", Text("Bleeding tendency or therapeutic anticoagulation", "出血倾向或治疗性抗凝"), "A", "CM"
    ),
    "E11": EligibilityCriterion(
        "E11", Text("Arterial or venous thromboembolism within 6 months", "6个月内动静脉血栓"), "A", "MH"
    ),
    "E12": EligibilityCriterion(
        "E12", Text("Urine protein >= 2+ confirmed >= 1 g/24 h", "尿蛋白≥2+且24h≥1g"), "A", "LB"
    ),
    "E13": EligibilityCriterion(
        "E13", Text("Hepatic encephalopathy, or ascites more than mild", "肝性脑病或中度以上腹水"), "A", "VS"
    ),
    "E14": EligibilityCriterion(
        "E14", Text("Active infection incl. active tuberculosis", "活动性感染(含结核)"), "A", "MH"
    ),
    "E15": EligibilityCriterion(
        "E15", Text("HIV infection or HBV/HCV co-infection", "HIV感染或HBV/HCV合并感染"), "A", "HEP"
    ),
    "E16": EligibilityCriterion(
        "E16",
        Text(
            "Other malignancy within 5 years (cured in-situ or skin cancers allowed)",
            "5年内其他恶性肿瘤(已治愈原位癌/皮肤癌除外)",
        ),
        "A",
        "MH",
    ),
    "E17": EligibilityCriterion(
        "E17",
        Text(
            "Allergy to platinum, fluoropyrimidine, monoclonal antibodies; known DPD deficiency",
            "对铂类、氟嘧啶、单抗过敏;已知DPD缺乏",
        ),
        "A",
        "MH",
    ),
    "E18": EligibilityCriterion(
        "E18", Text("Peripheral neuropathy grade >= 2", "≥2级周围神经病变"), "A", "MH"
    ),
    "E19": EligibilityCriterion(
        "E19", Text("Cannot swallow tablets or malabsorption", "无法吞咽片剂或吸收不良"), "A", "-"
    ),
    "E20": EligibilityCriterion("E20", Text("Live vaccine within 28 d", "28天内接种活疫苗"), "A", "CM"),
    "E21": EligibilityCriterion("E21", Text("Pregnant or breast-feeding", "妊娠或哺乳"), "A", "LB PREG"),
    "E22": EligibilityCriterion(
        "E22", Text("Organ or allogeneic stem-cell transplant", "器官或异基因造血干细胞移植史"), "A", "MH"
    ),
    "E23": EligibilityCriterion(
        "E23", Text("Major surgery within 28 d or non-healing wound", "28天内大手术或未愈伤口"), "A", "MH"
    ),
    "E24": EligibilityCriterion(
        "E24",
        Text(
            "Any condition that in the investigator's opinion precludes participation",
            "研究者认为不适合的其他情况",
        ),
        "A",
        "-",
    ),
}
