"""From complaints to departments."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.guide.evaluation import evaluate_triage
from actions.guide.symptoms import load_symptoms
from actions.guide.triage import MOST, load_guide
from actions.safety.errors import RulesInvalid

ROOT = Path(__file__).resolve().parents[3]
HOSPITAL = ROOT / "knowledge" / "hospital"
DEPARTMENTS = {
    one["id"]: one["zh"] for one in yaml.safe_load((HOSPITAL / "departments.yml").read_text("utf-8"))["departments"]
}
GUIDE = load_guide(HOSPITAL, set(DEPARTMENTS))


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("膝盖疼了半个月，上下楼更厉害", "orthopaedics"),
        ("老是反酸烧心，胃胀", "gastroenterology"),
        ("我妈72岁，手抖", "neurology"),
        ("胸痛挂什么科", "cardiology"),
        ("尿频尿急，小便有点疼", "urology"),
        ("甲亢复查", "endocrinology"),
        ("耳朵嗡嗡响，听不清", "ent"),
        ("牙疼得睡不着", "stomatology"),
        ("浑身起疹子很痒", "dermatology"),
        ("月经推迟，痛经", "gynaecology"),
        ("咳嗽一个月，痰多", "respiratory"),
        ("乙肝小三阳", "infectious_diseases"),
        ("乳腺结节", "general_surgery"),
        ("最近情绪低落，睡不着，紧张", "psychiatry"),
        ("备孕一年怀不上", "reproductive_medicine"),
        ("my ears are ringing", "ent"),
        ("blurry vision for two weeks", "ophthalmology"),
        ("lower back pain when I sit", "orthopaedics"),
        ("I have diabetes and need my insulin", "endocrinology"),
        ("acne on my face", "dermatology"),
    ],
)
def test_the_right_department_comes_first(text: str, department: str) -> None:
    found = GUIDE.assess([text])
    assert found.departments[0].department == department
    assert found.departments[0].because
    assert not found.abstained


@pytest.mark.parametrize(
    ("texts", "known", "first"),
    [
        (["孩子发烧咳嗽"], {}, "paediatrics"),
        (["咳嗽"], {"age": 6}, "paediatrics"),
        (["孩子三岁牙疼"], {}, "stomatology"),
        (["小孩摔了一跤胳膊骨折"], {}, "orthopaedics"),
        (["孕8周肚子疼"], {}, "emergency"),
        (["怀孕6周，有点出血"], {}, "emergency"),
        (["I'm 7 weeks pregnant and bleeding"], {}, "emergency"),
        (["怀孕20周出血"], {}, "gynaecology"),
        (["怀孕36周肚子疼"], {}, "obstetrics"),
        (["想建档产检"], {}, "obstetrics"),
        (["怀孕三个月牙疼"], {}, "stomatology"),
        (["发烧咳嗽", "我妈70岁"], {}, "respiratory"),
    ],
)
def test_rules_of_the_house(texts: list[str], known: dict[str, float], first: str) -> None:
    assert GUIDE.assess(texts, age=known.get("age")).departments[0].department == first


def test_denied_symptoms_do_not_count() -> None:
    assert GUIDE.assess(["没有咳嗽，就是耳朵疼"]).symptoms == ("earache",)


def test_what_was_denied_later_is_dropped() -> None:
    assert "fever" not in GUIDE.assess(["发烧，嗓子疼", "没有发烧"]).symptoms


def test_a_longer_name_stands_for_the_shorter_within() -> None:
    assert GUIDE.assess(["乳腺癌"]).symptoms == ("breast_cancer",)


def test_without_a_complaint_it_abstains_and_asks() -> None:
    found = GUIDE.assess(["我想看病"])
    assert (found.departments, found.abstained, found.question) == ((), True, "complaint")


@pytest.mark.parametrize(
    ("text", "age", "sex", "question"),
    [
        ("儿子肚子疼", None, None, "age_group"),
        ("小肚子疼", 30, "female", "pregnancy"),
        ("小肚子疼", 30, "male", None),
        ("膝盖疼", 40, None, "injury"),
    ],
)
def test_the_next_question(text: str, age: int | None, sex: str | None, question: str | None) -> None:
    found = GUIDE.assess([text], age=age, sex=sex, asked=("more",)).question
    assert found == question if question else found != "pregnancy"


SYMPTOMS = sorted(GUIDE.table.symptoms)


@settings(max_examples=200, deadline=None)
@given(
    symptoms=st.lists(st.sampled_from(SYMPTOMS), min_size=1, max_size=4),
    age=st.none() | st.integers(0, 100),
    sex=st.sampled_from([None, "male", "female"]),
    pregnant=st.sampled_from([None, False]),
)
def test_hard_rules_hold_for_anyone(
    symptoms: list[str], age: int | None, sex: str | None, pregnant: bool | None
) -> None:
    words = [
        "，".join(GUIDE.table.symptoms[one].zh[0] for one in symptoms if "{" not in GUIDE.table.symptoms[one].zh[0])
    ]
    # Who speaks of a pregnancy speaks of the mother, whatever was said about the patient before.
    of_pregnancy = any(GUIDE.table.symptoms[one].pregnancy for one in symptoms)
    found = GUIDE.assess(words, age=age, sex=sex, pregnant=pregnant)
    names = [one.department for one in found.departments]
    assert len(names) == len(set(names)) <= MOST
    assert all(0 < one.probability <= 1 for one in found.departments)
    if age is not None and age >= 14:
        assert "paediatrics" not in names
    if age is not None and age < 14 and names and names[0] not in {"stomatology", "ophthalmology", "orthopaedics"}:
        assert names[0] == "paediatrics" or of_pregnancy
    if sex == "male" and age != 0:
        assert not {"gynaecology", "obstetrics"} & set(names) or of_pregnancy


def test_the_table_is_large_and_names_known_departments_only() -> None:
    assert len(GUIDE.table.symptoms) >= 250
    assert set(GUIDE.table.departments) <= set(DEPARTMENTS)
    spoken_for = {name for entry in GUIDE.table.symptoms.values() for name in entry.departments}
    assert spoken_for == set(DEPARTMENTS)
    for entry in GUIDE.table.symptoms.values():
        assert entry.zh, entry.id
        assert entry.en, entry.id


def test_unknown_departments_are_an_error() -> None:
    with pytest.raises(RulesInvalid, match="cardiology"):
        load_symptoms(HOSPITAL, {"neurology"})


def test_figures() -> None:
    rows = [
        {"id": 1, "text": "膝盖疼", "acceptable": ["骨科"], "lang": "zh"},
        {"id": 2, "text": "牙疼", "acceptable": ["眼科"], "lang": "zh"},
        {"id": 3, "text": "hello", "acceptable": ["眼科"], "lang": "en"},
    ]
    found = evaluate_triage(rows, GUIDE, DEPARTMENTS)
    assert found["n"] == 3
    assert found["metrics"]["acceptable_at_1"] == pytest.approx(1 / 3, abs=1e-3)
    english = found["metrics"]["by_lang"]["en"]
    assert (english["acceptable_at_1"], english["acceptable_at_3"], english["abstained"]) == (0.0, 0.0, 1.0)
    # Clopper–Pearson for 1 of 3 at 95 %.
    assert found["metrics"]["bounds"]["acceptable_at_1"] == pytest.approx([0.0084, 0.9057], abs=1e-4)
    json.dumps(found)


def test_it_is_safe_with_anything() -> None:
    for text in ("", "\x00", "😀" * 30, "\ud800", "？？？", "a" * 5000):
        assert GUIDE.assess([text]).abstained


def test_early_pregnancy_names_the_gynaecologist_too() -> None:
    """NICE NG126: pain or bleeding in early pregnancy is seen at once."""
    found = GUIDE.assess(["怀孕8周出血"])
    assert [one.department for one in found.departments][:2] == ["emergency", "gynaecology"]
    assert found.rule == "early_pregnancy_emergency"


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("胃镜", "gastroenterology"),
        ("我想做个胃镜", "gastroenterology"),
        ("中医", "tcm"),
        ("体检", "general_practice"),
        ("拆线", "general_surgery"),
        ("换药", "general_surgery"),
        ("流感疫苗", "general_practice"),
        ("flu jab", "general_practice"),
        ("I'd like a gastroscopy please", "gastroenterology"),
        ("trying for a baby", "reproductive_medicine"),
        ("生完娃两个月肚子疼", "obstetrics"),
        ("I have a cold sore", "dermatology"),
    ],
)
def test_what_is_wanted_and_who_is_meant(text: str, department: str) -> None:
    assert GUIDE.assess([text]).departments[0].department == department


@pytest.mark.parametrize("text", ["胃镜室在哪", "体检报告什么时候出", "I can't hold a cup"])
def test_a_word_within_other_words_is_not_wanted(text: str) -> None:
    assert not {"endoscopy", "checkup", "tcm_wish"} & set(GUIDE.symptoms_in(text))
