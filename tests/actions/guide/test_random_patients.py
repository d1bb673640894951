"""A thousand random patients: no rule of the house is broken, no talk goes on without an end."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from actions.guide.answers import Answer, Said
from actions.guide.triage import MOST, load_guide
from knowledge.directory import load_directory

HOSPITAL = Path(__file__).parents[3] / "knowledge" / "hospital"
DIRECTORY = load_directory(HOSPITAL)
LIMIT = DIRECTORY.hospital.paediatric_under_age
GUIDE = load_guide(HOSPITAL, DIRECTORY.departments, LIMIT)
NAMED = {
    one.id: next((word for word in one.zh if not set(word) & set("{…}")), "")
    for one in GUIDE.table.symptoms.values()
    if not one.pregnancy  # who speaks of a pregnancy speaks of the mother, whatever was said of the patient
}
WORDS = sorted(word for word in NAMED.values() if word)
FREE = [
    "不知道",
    "没有",
    "有一点",
    "两天了，晚上厉害",
    "没有，就是恶心",
    "",
    "38度5",
    "三个月零两天",
    "滚",
    "我爸也这样",
]
OF_CHILDREN = {"paediatrics", "ophthalmology", "stomatology", "orthopaedics", "emergency"}


@settings(max_examples=1000, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    age=st.none() | st.floats(0, 100),
    sex=st.sampled_from([None, "male", "female"]),
    pregnant=st.booleans(),
    taps=st.lists(st.integers(0, 9), min_size=4, max_size=4),
)
def test_no_patient_breaks_a_rule(
    words: list[str], age: float | None, sex: str | None, pregnant: bool, taps: list[int]
) -> None:
    expecting = pregnant and sex == "female" and age is not None and 14 <= age < 55
    told: list[Said] = ["，".join(words)]
    asked: list[str] = []
    while True:
        found = GUIDE.assess(told, age=age, sex=sex, pregnant=expecting, asked=("complaint", *asked))
        names = [one.department for one in found.departments]
        assert found == GUIDE.assess(told, age=age, sex=sex, pregnant=expecting, asked=("complaint", *asked))
        assert len(set(names)) == len(names) <= MOST
        if age is not None and age >= LIMIT:
            assert "paediatrics" not in names
        if age is not None and 1 <= age < LIMIT:
            assert not names or names[0] in OF_CHILDREN
            assert "general_practice" not in names
        if sex == "male" and (age is None or age >= 1):
            assert not {"gynaecology", "obstetrics"} & set(names)
        if expecting:
            assert not {"paediatrics", "reproductive_medicine"} & set(names)
        if found.question is None:
            break
        assert found.question not in asked
        asked.append(found.question)
        assert len(asked) <= 4
        told.append(_answer(found.question, taps[len(asked) - 1]))


def _answer(name: str, tap: int) -> Answer:
    options = [one.id for one in GUIDE.table.questions[name].options] or ["yes", "no"]
    values = [*options, "no", "unknown"]
    return Answer(name, values[tap % len(values)]) if tap % 3 else Answer(name, "unknown", FREE[tap])
