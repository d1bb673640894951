"""The hospital's own documents: one topic a file, the same facts in Chinese and in English."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

HOSPITAL = Path(__file__).parents[2] / "knowledge" / "hospital"
LANGUAGES = ("zh", "en")
PUBLIC_NUMBERS = {"110", "119", "120", "12320", "12345", "12356", "12393"}
"""Police, fire, ambulance, health line, city line, psychological support, medical insurance."""

REQUIRED = """
opening_hours how_to_register registration_fees slot_release_time change_or_cancel no_show_rule registration_refund
identity_documents first_visit_steps medical_card electronic_health_card children_registration book_for_family
late_arrival check_in payment_methods insurance_city_employees insurance_residents insurance_out_of_town
insurance_maternity insurance_work_injury insurance_commercial self_pay_foreigners invoice fee_list_prices parking
getting_here floor_guide wheelchairs_stretchers english_service sign_language canteen convenience_shop lost_property
wifi smoking pets nursing_room quiet_room atm visiting_hours icu_visiting caregivers admission_procedure
admission_packing deposit discharge_procedure medicine_after_discharge discharge_follow_up transfer_to_other_hospital
medical_record_copies sick_leave_certificate diagnosis_certificate birth_certificate death_certificate
vaccination_clinic fever_clinic emergency_triage childrens_emergency night_pharmacy pharmacy_pickup tcm_decoction
long_prescription prescription_renewal internet_hospital report_collection fasting_blood_test urine_stool_samples
abdominal_ultrasound gynaecological_ultrasound ct_contrast mri_safety gastroscopy colonoscopy ecg_holter
blood_pressure_24h pulmonary_function health_examination premarital_check antenatal_file antenatal_classes
delivery_companion newborn_hearing dialysis_centre blood_donation chemotherapy_day_ward rehabilitation_day
mental_health_privacy hiv_counselling tcm_acupuncture dental_cleaning eye_examination plastic_consultation
mdt_second_opinion social_work_aid complaints suggestions compliments privacy_data ai_assistant
elderly_green_channel veterans_priority disabled_access student_health_forms driver_health_check photo_rules
volunteer_service security
"""

PREPARATION = """
fasting_blood_test urine_stool_samples abdominal_ultrasound gynaecological_ultrasound ct_contrast mri_safety
gastroscopy colonoscopy ecg_holter blood_pressure_24h pulmonary_function vaccination_clinic hiv_counselling
blood_donation long_prescription antenatal_file emergency_triage eye_examination newborn_hearing premarital_check
"""
"""Topics with a medical rule in them: each names its public source in its last line."""

TOUCHES_SYMPTOMS = """
fever_clinic emergency_triage childrens_emergency vaccination_clinic medicine_after_discharge discharge_follow_up
ct_contrast gastroscopy colonoscopy gynaecological_ultrasound ecg_holter blood_pressure_24h pulmonary_function
antenatal_file dialysis_centre chemotherapy_day_ward rehabilitation_day mental_health_privacy eye_examination
plastic_consultation children_registration internet_hospital insurance_work_injury death_certificate quiet_room
"""
"""Topics that name a danger: each says 120 or the way to Emergency Building D."""


class FrontMatter(BaseModel):
    """What stands on top of every document."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str = Field(min_length=2, max_length=90)
    language: Literal["zh", "en"]
    department: str
    audience: Literal["patient", "visitor", "all"]
    version: str = Field(pattern=r"^\d+\.\d+$")
    valid_from: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    valid_to: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    owner: str = Field(min_length=2)
    status: Literal["approved"]
    fictional: Literal[True]
    keywords: list[str] = Field(min_length=4)


@dataclass(frozen=True)
class Topic:
    meta: FrontMatter
    body: str


@cache
def topics(language: str) -> dict[str, Topic]:
    found = {}
    for path in sorted((HOSPITAL / "topics" / language).glob("*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        found[path.stem] = Topic(FrontMatter.model_validate(yaml.safe_load(front)), body.strip())
    return found


@cache
def table(name: str) -> Any:
    return yaml.safe_load((HOSPITAL / name).read_text(encoding="utf-8"))


def each_document() -> list[Any]:
    pairs = [(language, topic_id) for language in LANGUAGES for topic_id in topics(language)]
    return [pytest.param(*pair, id="-".join(pair)) for pair in pairs]


def clock_times(text: str) -> set[str]:
    return set(re.findall(r"\d{2}:\d{2}", text))


def yuan(text: str, language: str) -> set[str]:
    amount = r"(\d[\d,]*(?:\.\d+)?)"
    pattern = amount + "元" if language == "zh" else amount + " yuan"
    return {found.replace(",", "") for found in re.findall(pattern, text)}


def phones(text: str) -> set[str]:
    """Hyphenated numbers and long runs of digits: all that somebody could dial."""
    return set(re.findall(r"\d{3,4}-\d{4}(?:-\d{4})?|(?<![\d-])\d{5,}(?![\d-])", text))


def without_publications(text: str) -> str:
    """The text without its source line, whose standards carry numbers of their own."""
    return re.sub(r"(?m)^(来源：|Source: ).*$", "", text)


def two_digit_numbers(text: str) -> set[str]:
    """Numbers of ten and more that are neither a phone nor a clock time (small ones are often words)."""
    plain = re.sub(r"0100-6123-\d{4}|\d{2}:\d{2}", " ", without_publications(text)).replace(",", "")
    return {number for number in re.findall(r"\d+(?:\.\d+)?", plain) if float(number) >= 10}


def test_both_languages_hold_the_same_topics_and_all_that_are_asked_for() -> None:
    assert topics("zh").keys() == topics("en").keys()
    assert set(REQUIRED.split()) <= topics("zh").keys()
    assert len(topics("zh")) >= 84


@pytest.mark.parametrize(("language", "topic_id"), each_document())
def test_front_matter_agrees_with_file_and_tables(language: str, topic_id: str) -> None:
    topic = topics(language)[topic_id]
    departments = {row["id"] for row in table("departments.yml")["departments"]} | {"hospital"}
    assert topic.meta.id == topic_id
    assert topic.meta.language == language
    assert topic.meta.department in departments
    assert date.fromisoformat(topic.meta.valid_from) < date.fromisoformat(topic.meta.valid_to)
    assert len(set(topic.meta.keywords)) == len(topic.meta.keywords)
    assert topic.body.startswith(f"# {topic.meta.title}\n")


@pytest.mark.parametrize(("language", "topic_id"), each_document())
def test_length_and_sections(language: str, topic_id: str) -> None:
    body = topics(language)[topic_id].body
    text = body.partition("\n")[2]
    assert 2 <= len(re.findall(r"(?m)^## \S", text)) <= 5
    assert len(re.findall(r"(?m)^# ", body)) == 1
    if language == "zh":
        assert 200 <= len(re.sub(r"[\s#]", "", text)) <= 420
    else:
        assert 120 <= len(re.findall(r"\w[\w:.,'-]*", text)) <= 260


@pytest.mark.parametrize(("language", "topic_id"), each_document())
def test_each_line_is_one_that_can_be_quoted_alone(language: str, topic_id: str) -> None:
    ends = "。" if language == "zh" else "."
    for line in without_publications(topics(language)[topic_id].body).splitlines():
        if line and not line.startswith("#"):
            assert line.endswith((ends, "？" if language == "zh" else "?")), line
            assert not re.match(r"(It|They|Its|Their) |它|他们|电话是|时间是", line), line


@pytest.mark.parametrize(("language", "topic_id"), each_document())
def test_phones_are_invented_or_public(language: str, topic_id: str) -> None:
    text = without_publications(topics(language)[topic_id].body)
    for number in phones(text):
        assert re.fullmatch(r"0100-6123-\d{4}", number) or number in PUBLIC_NUMBERS, number
    dialled = set(re.findall(r"(?:拨打|请打|打|call|Call)\s*(\d+)(?![\d-])", text))
    assert dialled <= PUBLIC_NUMBERS


@pytest.mark.parametrize("topic_id", sorted(topics("zh")))
def test_both_languages_state_the_same_facts(topic_id: str) -> None:
    zh, en = topics("zh")[topic_id], topics("en")[topic_id]
    assert zh.meta.department == en.meta.department
    assert zh.meta.audience == en.meta.audience
    assert clock_times(zh.body) == clock_times(en.body)
    assert yuan(zh.body, "zh") == yuan(en.body, "en")
    assert phones(without_publications(zh.body)) == phones(without_publications(en.body))
    assert two_digit_numbers(zh.body) == two_digit_numbers(en.body)
    assert zh.body.count("\n## ") == en.body.count("\n## ")
    assert ("\n来源：" in zh.body) == ("\nSource: " in en.body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_unique(language: str) -> None:
    titles = [topic.meta.title for topic in topics(language).values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("topic_id", PREPARATION.split())
def test_medical_rules_name_their_public_source_last(topic_id: str) -> None:
    assert topics("zh")[topic_id].body.splitlines()[-1].startswith("来源：")
    assert topics("en")[topic_id].body.splitlines()[-1].startswith("Source: ")


@pytest.mark.parametrize("topic_id", TOUCHES_SYMPTOMS.split())
def test_danger_is_answered_with_120_or_the_emergency_building(topic_id: str) -> None:
    assert re.search(r"120|急诊楼", topics("zh")[topic_id].body)
    assert re.search(r"\b120\b|Emergency Building", topics("en")[topic_id].body)


@pytest.mark.parametrize(("language", "topic_id"), each_document())
def test_no_document_states_a_dose(language: str, topic_id: str) -> None:
    dose = r"\d+\s?(?:mg|ml|mL|毫克|毫升|微克|国际单位|tablets?\b|capsules?\b|粒|包药|片药)"
    assert not re.search(dose, topics(language)[topic_id].body)


@pytest.mark.parametrize(("language", "topic_id"), each_document())
def test_floors_exist_in_their_buildings(language: str, topic_id: str) -> None:
    body = topics(language)[topic_id].body
    floors = {key: building["floors"] for key, building in table("hospital.yml")["buildings"].items()}
    if language == "zh":
        letters = {"门诊楼": "A", "医技楼": "B", "住院楼": "C", "急诊楼": "D"}
        numerals = "零一二三四五六七八九"
        found = re.findall(r"(门诊楼|医技楼|住院楼|急诊楼)([一二三四五六七八九])楼", body)
        named = [(letters[building], numerals.index(floor)) for building, floor in found]
    else:
        pairs = re.findall(r"Building \(?([ABCD])\)?, (\d+)F", body)
        named = [(building, int(floor)) for building, floor in pairs]
    assert all(1 <= floor <= floors[building] for building, floor in named)


SATURDAY = """
children_registration dental_cleaning eye_examination mental_health_privacy plastic_consultation rehabilitation_day
tcm_acupuncture
"""
"""Topics with the clinic hours of one department."""


@cache
def open_on_saturday() -> frozenset[str]:
    """Departments with a session on Saturday (weekday 6)."""

    def rows(name: str) -> list[dict[str, str]]:
        lines = (HOSPITAL / name).read_text(encoding="utf-8").splitlines()
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))

    department = {row["id"]: row["department"] for row in rows("doctors.csv")}
    return frozenset(department[row["doctor_id"]] for row in rows("schedules.csv") if row["weekday"] == "6")


@pytest.mark.parametrize("topic_id", SATURDAY.split())
def test_saturday_clinics_are_those_of_the_schedule(topic_id: str) -> None:
    zh, en = topics("zh")[topic_id], topics("en")[topic_id]
    told = "周六" in zh.body
    assert told == ("Saturday" in en.body)
    if told:
        assert zh.meta.department in open_on_saturday()


HOURS_TOLD = """
opening_hours:outpatient_morning opening_hours:outpatient_afternoon opening_hours:evening_clinic
opening_hours:weekend_outpatient opening_hours:windows how_to_register:windows children_registration:evening_clinic
prescription_renewal:evening_clinic visiting_hours:visiting visiting_hours:icu_visiting icu_visiting:icu_visiting
medical_record_copies:records_room fasting_blood_test:laboratory_blood urine_stool_samples:laboratory_blood
"""
"""topic:key of the hours in hospital.yml that the topic repeats."""


@pytest.mark.parametrize(("topic_id", "key"), [pair.split(":") for pair in HOURS_TOLD.split()])
def test_hours_are_those_of_the_hospital_table(topic_id: str, key: str) -> None:
    hours = table("hospital.yml")["hours"][key]
    assert f"{hours['from']}到{hours['to']}" in topics("zh")[topic_id].body
    assert re.search(rf"{hours['from']} (?:to|and|until) {hours['to']}", topics("en")[topic_id].body)


def test_booking_rules_are_those_of_the_hospital_table() -> None:
    hours = table("hospital.yml")["hours"]
    release, change = topics("zh")["slot_release_time"].body, topics("zh")["change_or_cancel"].body
    assert f"每天早上{hours['release_time']}放出新号" in release
    assert f"提前{hours['booking_horizon_days']}天预约" in release
    assert f"就诊时间前{hours['change_deadline_hours']}小时以上可以改约或退号" in change
    assert f"不满{table('hospital.yml')['paediatric_under_age']}岁" in topics("zh")["children_registration"].body


@pytest.mark.parametrize(
    ("topic_id", "phone"),
    [
        ("how_to_register", "hotline"),
        ("emergency_triage", "emergency_desk"),
        ("complaints", "complaints"),
        ("medical_record_copies", "records_room"),
        ("veterans_priority", "switchboard"),
    ],
)
def test_phones_are_those_of_the_hospital_table(topic_id: str, phone: str) -> None:
    assert table("hospital.yml")["phones"][phone] in topics("zh")[topic_id].body


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [("general", "普通号", "general"), ("expert", "专家号", "expert"), ("special", "特需号", "special")],
)
def test_registration_fees_are_those_of_the_fee_table(kind: str, zh: str, en: str) -> None:
    fee = table("fees.yml")["kinds"][kind]["fee"] // 100
    assert f"{zh}{fee}元" in topics("zh")["registration_fees"].body
    assert re.search(rf"{en} appointment costs {fee} yuan", topics("en")["registration_fees"].body)
    for topic in topics("zh").values():
        # "普通号20元改成专家号50元": the amount right behind the kind is its price, wherever it stands
        assert set(re.findall(rf"{zh}(?:是|，|，挂号费)?(\d+)元", topic.body)) <= {str(fee)}
