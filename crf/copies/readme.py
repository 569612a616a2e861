"""The first thing that a reader of a copy opens, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGLISH = """CERTIFIED COPY
==============

Study          {study}: {title}
Scope          {scope}
Certified by   {name} ({username}, {role})
Certified at   {at} UTC
Software       configuration {configuration}
Trail          {chains} chains, {events} events; SHA-256 over their heads:
               {heads}

What this is
------------
A copy of the electronic records with their metadata: data, audit trail, queries with their attachments, source
verification, signatures, locks, people with roles, training and delegation, definitions, and readable casebooks.
It was made by the system that holds the records, in one act, by the person named above (ICH E6(R3) 4.2;
EMA guideline on computerised systems 2023, 6.5; 21 CFR 11.10(b)). Each participant was read while nobody could write
to it, so that data and trail of a participant are of one moment.

What is in it
-------------
  manifest.json            scope, who, when, heads of the chains, what was left out, every file with its SHA-256
  SHA256SUMS               the same digests for `sha256sum --check`
  verify_copy.py           verifies this copy:  python verify_copy.py COPY.zip
  verify_trail.py          verifies one trail:  python verify_trail.py trail.jsonl
  data/                    one CSV for each form and each repeating section; codes, and their words in both languages;
                           a missing value is an empty cell with its reason in the column ..._miss
  participants/NUMBER/     data.json (every value as stored), trail.jsonl (as stored), trail.csv (in words),
                           queries.json, attachments/, signatures.json, casebook.html, documents/
  review/                  queries.csv, verification.csv, holds.csv, unlocks.csv, database-locks.json
  people/                  accounts, roles, training, delegation, attestations; no passwords
  definitions/             data dictionary, code lists, edit checks, schedule, versions of the forms, settings
  sites/                   sites, laboratories, reference ranges, consent versions
  study/                   the trail of the study itself: accounts, sign-ins, exports (whole trial only)
In CSV files a text that a spreadsheet would take for a formula begins with an apostrophe; JSON files hold it as stored.

What was left out
-----------------
{left_out_en}

How to verify it
----------------
Python 3.8 or later, nothing else. Unpack verify_copy.py and verify_trail.py into one folder, then:
  python -I -S verify_copy.py COPY.zip --digest SHA256
The SHA-256 of the archive itself stands in the system, on the page of the copies and in the trail of the study; with it
you also know that nobody made the whole archive anew.
"""

CHINESE = """核证副本
========

研究        {study}: {title}
范围        {scope_zh}
核证人      {name}({username}, {role})
核证时间    {at} UTC
软件        配置 {configuration}
稽查轨迹    {chains} 条链, {events} 个事件; 各链链头的 SHA-256:
            {heads}

这是什么
--------
电子记录及其元数据的副本:数据、稽查轨迹、质疑及附件、原始资料核查、电子签名、冻结与锁定、人员及其角色、培训与授权、
各项定义,以及可直接阅读的病例册。由保存这些记录的系统一次生成,核证人如上(ICH E6(R3) 4.2;EMA 2023 计算机化系统指南
6.5;21 CFR 11.10(b))。读取每名受试者时任何人都不能写入,因此同一受试者的数据与轨迹属于同一时刻。

内容
----
  manifest.json            范围、何人、何时、链头、未包含的内容、每个文件的 SHA-256
  SHA256SUMS               同样的摘要,供 `sha256sum --check` 使用
  verify_copy.py           验证本副本:  python verify_copy.py COPY.zip
  verify_trail.py          验证一条轨迹:python verify_trail.py trail.jsonl
  data/                    每张表及每个重复部分各一个 CSV;含代码及中英文含义;缺失值为空格,原因在 ..._miss 列
  participants/编号/       data.json(按存储值)、trail.jsonl(按存储值)、trail.csv(文字)、queries.json、attachments/、
                           signatures.json、casebook.html、documents/
  review/                  质疑、核查、冻结与锁定、解锁、数据库锁定
  people/                  账户、角色、培训、授权、名单确认;不含密码
  definitions/             数据字典、代码表、编辑检查、访视安排、各表版本、设置
  sites/                   中心、实验室、参考范围、知情同意书版本
  study/                   研究本身的轨迹:账户、登录、导出(仅限全试验副本)
CSV 文件中可能被电子表格当作公式的文字以撇号开头;JSON 文件保留存储的原文。

未包含的内容
------------
{left_out_zh}

如何验证
--------
只需 Python 3.8 或更高版本。将 verify_copy.py 与 verify_trail.py 解压到同一文件夹,然后运行:
  python -I -S verify_copy.py COPY.zip --digest SHA256
整个压缩包的 SHA-256 记录在系统的副本页面及研究的稽查轨迹中;与之比较,即可知压缩包没有被整个重做。
"""


def readme(manifest: Mapping[str, Any]) -> str:
    """Both languages in one file."""
    certified = manifest["certified"]
    left_out = manifest["left_out"]
    site = manifest["site"]
    facts = {
        "study": manifest["study"], "title": manifest["title"], "scope": manifest["scope"],
        "scope_zh": f"中心 {site}" if site else "全试验", "name": certified["printed_name"],
        "username": certified["username"], "role": certified["role"], "at": certified["at"],
        "configuration": manifest["configuration"], "chains": len(manifest["chains"]), "events": manifest["events"],
        "heads": manifest["heads_digest"],
        "left_out_en": "\n".join(f"- {one['en']}" for one in left_out) or "Nothing.",
        "left_out_zh": "\n".join(f"- {one['zh']}" for one in left_out) or "无。",
    }  # fmt: skip
    return ENGLISH.format(**facts) + "\n\n" + CHINESE.format(**facts)
