"""Ages, pregnancies and the people of a conversation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.safety.gate import Gate
from actions.safety.persons import Person, Persons, age_in, read_person, weeks_in
from actions.safety.text import normalise


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("我妈72岁", 72),
        ("七十二岁的老人", 72),
        ("三个月零两天的宝宝", 0.25 + 2 / 365),
        ("宝宝十个月了", 10 / 12),
        ("孩子一岁半", 1.5),
        ("出生5天", 5 / 365),
        ("my 5-year-old son", 5),
        ("a 2 week old baby", 14 / 365),
        ("three month old infant", 0.25),
        ("76 y/o man", 76),
        ("26 year female", 26),
        ("he is 76", 76),
        ("糖尿病10年了", None),
        ("我吃了三天药", None),
        ("diabetic for 10 years", None),
        ("一天大便三次", None),
        ("300岁", None),
    ],
)
def test_ages(text: str, years: float | None) -> None:
    found = age_in(normalise(text))
    assert found == (pytest.approx(years, abs=0.01) if years is not None else None)


@pytest.mark.parametrize(
    ("text", "weeks"), [("孕8周", 8), ("怀孕三个月", 13), ("30 weeks pregnant", 30), ("怀孕了", None)]
)
def test_weeks(text: str, weeks: float | None) -> None:
    found = weeks_in(normalise(text))
    assert found == (pytest.approx(weeks, abs=0.1) if weeks is not None else None)


def test_one_person_from_texts() -> None:
    person = read_person(["我女儿发烧", "她三岁了"])
    assert (person.age, person.sex) == (3, "female")


def test_the_later_word_wins() -> None:
    persons = Persons().update("self", Person(concepts=frozenset({"fever"})))
    persons = persons.update("self", Person(denied=frozenset({"fever"}), age=40))
    assert persons.of("self") == Person(age=40, denied=frozenset({"fever"}))


def test_update_leaves_the_old_state_alone() -> None:
    before = Persons()
    before.update("mother", Person(age=70))
    assert before.of("mother") == Person()


def test_ages_go_to_their_owners(gate: Gate) -> None:
    persons = gate.screen(["我今年30岁，我妈72岁，我家三个月大的宝宝发烧"]).persons
    assert persons.of("self").age == 30
    assert persons.of("mother").age == 72
    assert persons.of("child").age == pytest.approx(0.25)


@given(
    st.dictionaries(
        st.sampled_from(["self", "mother", "child"]),
        st.builds(
            Person,
            age=st.none() | st.floats(0, 120),
            sex=st.sampled_from([None, "male", "female"]),
            pregnant=st.sampled_from([None, True, False]),
            concepts=st.frozensets(st.sampled_from(["fever", "cough"])),
        ),
    )
)
def test_json_round_trip(people: dict[str, Person]) -> None:
    persons = Persons()
    for subject, person in people.items():
        persons = persons.update(subject, person)
    assert Persons.from_json(json.loads(json.dumps(persons.to_json()))) == persons


def test_nobody_from_nothing() -> None:
    assert Persons.from_json(None) == Persons() == Persons.from_json({})
