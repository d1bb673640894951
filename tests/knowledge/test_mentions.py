"""Departments and doctors are found in what patients say."""

import timeit
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.directory import Directory, load_directory
from knowledge.mentions import fold
from tests.knowledge.conftest import HOSPITAL

INTERNAL = (
    "cardiology respiratory gastroenterology neurology endocrinology nephrology haematology rheumatology "
    "general_practice"
)
SURGICAL = "general_surgery orthopaedics urology neurosurgery cardiothoracic_surgery"

DEPARTMENT_MENTIONS = [
    ("我想挂明天上午的心内科", "cardiology"),
    ("心血管内科在几楼", "cardiology"),
    ("想找个看心脏的大夫", "cardiology"),
    ("呼吸科今天有号吗", "respiratory"),
    ("消化内科怎么走", "gastroenterology"),
    ("看胃的是哪个科", "gastroenterology"),
    ("神经内科", "neurology"),
    ("神经外科", "neurosurgery"),
    ("神经科", "neurology neurosurgery"),
    ("神经内科和神经外科有什么区别", "neurology neurosurgery"),
    ("脑外科专家", "neurosurgery"),
    ("脑外伤后头晕", ""),
    ("甲状腺外科", "general_surgery"),
    ("挂甲状腺科", "endocrinology general_surgery"),
    ("肛肠科在哪里", "general_surgery"),
    ("乳腺外科", "general_surgery"),
    ("心脏外科", "cardiothoracic_surgery"),
    ("普外", "general_surgery"),
    ("骨科周六上班吗", "orthopaedics"),
    ("小儿骨科", "orthopaedics paediatrics"),
    ("妇产科", "gynaecology obstetrics"),
    ("妇科和产科", "gynaecology obstetrics"),
    ("小儿科", "paediatrics"),
    ("男科", "urology reproductive_medicine"),
    ("做试管婴儿", "reproductive_medicine"),
    ("五官科", "ophthalmology ent"),
    ("看牙", "stomatology"),
    ("我要拔牙", "stomatology"),
    ("心理医生", "psychiatry"),
    ("针灸科", "tcm rehabilitation"),
    ("疼痛科", "orthopaedics rehabilitation"),
    ("医美", "plastic_surgery"),
    ("急诊室", "emergency"),
    ("老年科", "general_practice"),
    ("内科", INTERNAL),
    ("外科", SURGICAL),
    ("肝病科", "infectious_diseases"),
    ("心 内 科", "cardiology"),
    ("挂ENT科", "ent"),
    ("ＥＮＴ", "ent"),
    ("这儿科室多不多", ""),
    ("你们是中医院吗", ""),
    ("另外科室之间怎么转诊", ""),
    ("安全科普", ""),
    ("我要缴费", ""),
    ("I'd like to see a heart doctor tomorrow", "cardiology"),
    ("Is there a GI doctor?", "gastroenterology"),
    ("GASTROENTEROLOGY please", "gastroenterology"),
    ("My appointment is different", ""),
    ("I need an ENT appointment", "ent"),
    ("Where is ear, nose and throat?", "ent"),
    ("a dentist", "stomatology"),
    ("two dentists", "stomatology"),
    ("eye doctor", "ophthalmology"),
    ("ob-gyn", "gynaecology obstetrics"),
    ("OB/GYN", "gynaecology obstetrics"),
    ("I need a shrink", "psychiatry"),
    ("will the lump shrink?", ""),
    ("brain surgeon", "neurosurgery"),
    ("brain doctor", "neurology neurosurgery"),
    ("a surgeon", SURGICAL),
    ("hematology or haematology", "haematology haematology"),
    ("women’s doctor", "gynaecology"),
    ("children's   clinic", "paediatrics"),
    ("where is the ER", "emergency"),
    ("er, I want to pay", ""),
    ("emergency contact", ""),
    ("TCM", "tcm"),
    ("GP", "general_practice"),
    ("the gps in my car", "general_practice"),
    ("intensive", ""),
    ("orthopedics", "orthopaedics"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), DEPARTMENT_MENTIONS)
def test_departments_in_what_patients_say(directory: Directory, text: str, expected: str) -> None:
    assert [match.department for match in directory.match_departments(text)] == expected.split()


def test_a_match_tells_where_it_stands(directory: Directory) -> None:
    text = "不要神经内科，要 Eye  Doctor"
    first, second = directory.match_departments(text)
    assert (text[slice(*first.span)], first.alias) == ("神经内科", "神经内科")
    assert (text[slice(*second.span)], second.alias) == ("Eye  Doctor", "eye doctor")


def test_every_name_and_alias_finds_its_department(directory: Directory) -> None:
    for department in directory.departments.values():
        names = (department.zh, department.en, department.official_en)
        for alias in (*names, *department.aliases_zh, *department.aliases_en):
            matches = directory.match_departments(alias)
            assert department.id in [match.department for match in matches], (department.id, alias)
            assert {match.span for match in matches} == {(0, len(alias))}, (department.id, alias)


DOCTOR_MENTIONS = [
    ("挂张伟的号", "张伟"),
    ("章伟医生今天出诊吗", "章伟"),
    ("张医生", "张伟"),
    ("章大夫", "章伟"),
    ("李主任", "李静 李婧"),
    ("我要找李婧主任医师", "李婧"),
    ("单志远", "单志远"),
    ("单医生", "单志远"),
    ("曾大夫在吗", "曾庆梅"),
    ("解医生", "解琳"),
    ("解主任医生", "解琳"),
    ("欧阳医生", "欧阳静"),
    ("欧阳静教授", "欧阳静"),
    ("张 伟", "张伟"),
    ("小周医生", "周慧文"),
    ("下周医生上班吗", ""),
    ("下周专家号", ""),
    ("谢谢医生", ""),
    ("谢医生", "谢文静"),
    ("主任医生的号", ""),
    ("任主任", "任思齐"),
    ("等了十分钟医生还没来", ""),
    ("我想了解医生的情况", ""),
    ("任何医生都行", ""),
    ("医生", ""),
    ("主任医师", ""),
    ("王五医生", ""),
    ("Dr Zhang", "张伟 章伟"),
    ("Dr. Zhang Wei please", "张伟 章伟"),
    ("dr.zhang", "张伟 章伟"),
    ("Doctor Li Jing", "李静 李婧"),
    ("jing li", "李静 李婧"),
    ("LI JING", "李静 李婧"),
    ("Ruolan Shen", "沈若兰"),
    ("Professor Shan", "单志远"),
    ("Dr Ouyang", "欧阳静"),
    ("Dr Xie", "谢文静 解琳"),
    ("Doctor, he said so", ""),
    ("Dr Zhangwei", ""),
    ("a doctor", ""),
    ("zhang", ""),
    ("I like jingling", ""),
]


@pytest.mark.parametrize(("text", "expected"), DOCTOR_MENTIONS)
def test_doctors_in_what_patients_say(directory: Directory, text: str, expected: str) -> None:
    assert [directory.doctor_name(match.doctor, "zh") for match in directory.match_doctors(text)] == expected.split()


def test_doctors_of_one_department_only(directory: Directory) -> None:
    (match,) = directory.match_doctors("Dr Zhang", department="general_surgery")
    assert directory.doctor_name(match.doctor, "zh") == "章伟"
    assert directory.match_doctors("Dr Zhang", department="tcm") == []


def test_a_surname_is_told_from_a_full_name(directory: Directory) -> None:
    assert [match.full_name for match in directory.match_doctors("张伟医生，张医生")] == [True, False]
    assert [match.full_name for match in directory.match_doctors("Dr Shen Ruolan or Dr Shen")] == [True, False]


def test_every_doctor_is_found_by_name(directory: Directory) -> None:
    for doctor in directory.doctors.values():
        surname, given = doctor.en.split()
        for text in (doctor.zh, f"我要挂{doctor.zh}主任的号", f"Dr. {doctor.en}", f"{given} {surname}"):
            assert doctor.id in [match.doctor for match in directory.match_doctors(text)], text


WORDS = st.sampled_from(
    [
        "神经",
        "内科",
        "外科",
        "妇产科",
        "心",
        " ",
        "ENT",
        "ent",
        "s",
        "eye",
        "doctor",
        "Dr.",
        "张",
        "伟",
        "医生",
        "Ω",
        "İ",
    ]
)


@given(st.lists(WORDS | st.text(max_size=3), max_size=20).map("".join))
def test_matches_never_overlap_and_lie_in_the_text(text: str) -> None:
    for matches in (SHARED.match_departments(text), SHARED.match_doctors(text)):
        spans = sorted({match.span for match in matches})
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(left[1] <= right[0] for left, right in pairwise(spans))
    for match in SHARED.match_departments(text):
        said = fold(text[slice(*match.span)]).replace(" ", "")
        assert said.removesuffix("s") == fold(match.alias).replace(" ", "").removesuffix("s")


# Hypothesis calls a test many times, so it cannot take the fixture of a module's scope.
SHARED = load_directory(HOSPITAL)


@pytest.mark.parametrize("what", ["match_departments", "match_doctors"])
def test_a_hundred_characters_take_under_a_millisecond(directory: Directory, what: str) -> None:
    text = ("我想挂心内科张医生的号，不行就神经外科 or the eye doctor, Dr Zhang Wei, " * 3)[:100]
    # The best of five rounds: other work on the machine can only add to a round.
    seconds = min(timeit.repeat(lambda: getattr(directory, what)(text), number=20, repeat=5)) / 20
    assert seconds < 0.001
