"""A small library of the tests' own: a few invented documents, taken in by a real Chroma server."""

import shutil
from pathlib import Path

from knowledge.settings import ROOT, KnowledgeSettings

HEAD = """---
id: {id}
title: {title}
language: {language}
department: {department}
audience: patient
version: "{version}"
valid_from: {valid_from}
valid_to: {valid_to}
owner: 门诊部
status: {status}
keywords: [{keywords}]
---
"""

PARKING_ZH = """# 停车与车位

## 停车场在哪里

本院有两个停车场：

- 地下停车场P1，望江路入口，24小时开放。
- 地面停车场P2，澄湖大道入口，6:00至22:00开放。

## 停车收费

前30分钟免费。之后每小时5元，一天最多40元。住院病人的家属凭腕带，一天最多20元。

## 电动汽车充电

P1的B区有12个充电车位。充电费由运营商收取，本院不另收费。
"""
PARKING_EN = """# Parking

There are two car parks: underground car park P1 (entrance on Wangjiang Road), open day and night, and surface P2.

## Parking fees

The first 30 minutes are free. After that it costs CNY 5 an hour, at most CNY 40 a day.
"""
VISITING_ZH = """探视时间是每天15:00至20:00，一次最多两人。

重症监护病房的探视时间是15:30至16:00，每次一人，要穿隔离衣。周末的探视时间和平时一样。
"""
VISITING_EN = """Visiting hours are 15:00 to 20:00 every day, at most two visitors at a time.

In intensive care, visiting is from 15:30 to 16:00, one visitor at a time. Weekend visiting hours are the same.
"""
COPIES_ZH = """## 要带的材料

办理病历复印，请带：

1. 病人本人的身份证原件
2. 代办时另带代办人的身份证和委托书

## 在哪里办

病案室在门诊楼六楼，周一至周五8:00至17:00办理。

## 收费

| 项目 | 费用 |
|---|---|
| 黑白复印 | 每页0.5元 |
| 光盘刻录 | 每张10元 |
"""
BLOOD_EN = """Blood is drawn on the second floor of the Diagnostics Building from 07:00 to 16:30.

Do not eat for eight hours before a fasting blood test. You may drink a little plain water.
"""


def write_topic(folder: Path, name: str, body: str, **about: str) -> Path:
    """Write one document; returns its path."""
    language = about.pop("language", "zh")
    values = {
        "id": name,
        "title": name,
        "language": language,
        "department": "",
        "version": "1",
        "valid_from": "2026-01-01",
        "valid_to": "",
        "status": "approved",
        "keywords": "",
    } | about
    path = folder / "topics" / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD.format(**values) + body, "utf-8")
    return path


def write_library(folder: Path) -> Path:
    """Write a hospital folder with six documents and the real weights; returns the folder of the documents."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "knowledge/hospital/answering.yml", folder)
    write_topic(folder, "parking", PARKING_ZH, title="停车与车位", keywords="停车, 车位")
    write_topic(folder, "parking", PARKING_EN, title="Parking", language="en", keywords="car, parking space")
    write_topic(folder, "visiting", VISITING_ZH, title="探视住院病人", keywords="探视, 看望")
    write_topic(folder, "visiting", VISITING_EN, title="Visiting an inpatient", language="en", keywords="visitors")
    write_topic(folder, "copies", COPIES_ZH, title="病历复印", keywords="病案, 病历")
    write_topic(folder, "blood", BLOOD_EN, title="Blood tests", language="en", keywords="laboratory, fasting")
    return folder / "topics"


def settings_for(folder: Path, port: int, **others: object) -> KnowledgeSettings:
    """Settings of a library in a folder of the test's own."""
    return KnowledgeSettings.model_validate(
        {"hospital": folder / "hospital", "index": folder / "index", "chroma_port": port, "chroma_retry_s": 0} | others
    )
