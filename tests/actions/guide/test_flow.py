"""The guide as a conversation, without Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from actions.guide.answers import Answer
from actions.guide.flow import GuideFlow
from actions.guide.triage import load_guide
from actions.turns import Outcome, Turn
from knowledge.directory import load_directory

HOSPITAL = Path(__file__).parents[3] / "knowledge" / "hospital"
GUIDE = load_guide(HOSPITAL)
FLOW = GuideFlow(GUIDE, load_directory(HOSPITAL))


@dataclass
class Visitor:
    """Keeps the slots as Rasa would."""

    language: str = "zh"
    state: dict[str, Any] = field(default_factory=dict)
    last: Outcome = field(default_factory=lambda: Outcome({}, (), None))

    def say(self, text: str, intent: str = "", confidence: float = 0.9, choice: Any = None) -> list[str]:
        turn = Turn("c1", "kiosk", self.language, text, intent, confidence, choice)
        self.last = FLOW.advance(self.state, turn)
        self.state |= {"misses": 0, **self.last.updates, "requested_slot": self.last.asked}
        return [str(payload.get("say") or next(iter(payload))) for payload in self.last.says]

    def reach(self, text: str) -> str:
        """Tell a complaint, have nothing to add to any question, and hear the result."""
        said = self.say(text, "complaint")
        for _ in range(GUIDE.table.thresholds.most_questions):
            if self.state["requested_slot"] == "guide_choice":
                break
            said = self.say("不知道" if self.language == "zh" else "I don't know")
        return said[-1]

    def choices(self) -> list[Any]:
        return [(option.get("choice") or {}).get("value") for option in self.last.says[-1].get("options", ())]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_a_complaint_leads_to_a_department_and_on_to_booking(visitor: Visitor) -> None:
    assert visitor.reach("膝盖疼了半个月，上下楼更厉害") == "guide.result"
    assert visitor.choices()[0] == "orthopaedics"
    visitor.say("好的", "affirm")
    assert visitor.last.follow == "booking_form"
    assert visitor.state["department"] == "orthopaedics"
    assert visitor.state["complaint"] == ["膝盖疼了半个月，上下楼更厉害"]


@pytest.mark.parametrize(("intent", "confidence"), [("complaint", 1.0), ("complaint", 0.9)])
def test_not_knowing_is_no_complaint(visitor: Visitor, intent: str, confidence: float) -> None:
    assert visitor.say("我不知道该挂什么科", intent, confidence) == ["guide.ask_complaint"]


def test_words_it_does_not_know_are_no_guess(visitor: Visitor) -> None:
    visitor.say("不知道看哪科", "complaint", 1.0)
    assert visitor.reach("就是浑身不对劲") == "guide.unsure"
    assert visitor.choices() == ["general_practice", None]
    visitor.say("好的", "affirm")
    assert visitor.state["department"] == "general_practice"


def test_the_day_of_the_answer_goes_along(visitor: Visitor) -> None:
    visitor.reach("膝盖疼了半个月")
    visitor.say("明天上午", "inform_when")
    assert visitor.last.follow == "booking_form"


def test_other_business_is_no_complaint(visitor: Visitor) -> None:
    visitor.say("不知道看哪科", "complaint", 1.0)
    visitor.say("我想挂号", "book")
    assert visitor.last.follow == "booking_form"
    assert visitor.state["complaint"] is None


def test_another_department_than_advised(visitor: Visitor) -> None:
    visitor.reach("咳嗽，有痰，两个星期了")
    visitor.say("我想挂中医科", "book")
    assert (visitor.state["department"], visitor.last.follow) == ("tcm", "booking_form")


def test_no_injury_is_heard(visitor: Visitor) -> None:
    visitor.reach("膝盖疼")
    assert "injury" in visitor.state["guide_answers"]
    assert visitor.say("没有受伤", "danger_clear")[-1] == "guide.result_again"


def test_advice_is_enough(visitor: Visitor) -> None:
    visitor.reach("膝盖疼了半个月")
    assert visitor.say("不用了", "deny") == ["guide.done"]
    assert visitor.last.says[0]["menu"] is True


def test_where_it_is_asked_in_passing(visitor: Visitor) -> None:
    visitor.reach("膝盖疼了半个月")
    says = visitor.say("皮肤科在哪里", "ask_department_location")
    assert says[0] == "guide.place"
    assert visitor.state["requested_slot"] == "guide_choice"


def test_back_from_the_result_to_the_complaint(visitor: Visitor) -> None:
    visitor.say("膝盖疼了半个月，上下楼更厉害", "complaint")
    assert visitor.say("上一步", "go_back")[0] == "control.back"


@pytest.mark.parametrize(
    ("language", "words", "quoted"),
    [
        ("zh", "脖子上长了个包", "脖子上长了个包"),
        ("zh", "腰疼腿麻，两个月了", "腰疼腿麻"),
        ("zh", "頭痛兩天，还恶心", "頭痛、恶心"),
        ("en", "My Head aches and I can't sleep", "Head aches, can't sleep"),
        ("en", "there is a lump in my breast", "lump in my breast"),
    ],
)
def test_the_reason_is_what_the_patient_said(language: str, words: str, quoted: str) -> None:
    visitor = Visitor(language)
    visitor.reach(words)
    said = visitor.last.says[-1]["params"]["reason"]
    assert set(said.split("、" if language == "zh" else ", ")) <= set(quoted.replace("、", ", ").split(", "))
    assert said


@pytest.mark.parametrize("words", ["两个月了", "几天", "大概一个星期了", "for two months", "a few days"])
def test_how_long_it_lasts_is_no_yes(visitor: Visitor, words: str) -> None:
    visitor.reach("膝盖疼了半个月")
    assert visitor.say(words, "inform_when") == ["guide.result_again"]
    assert visitor.last.follow is None


@pytest.mark.parametrize(
    ("words", "department"),
    [
        ("I have to pee all the time, get up 5 times a night", "urology"),
        ("my period is late", "gynaecology"),
        ("my tummy hurts", "gastroenterology"),
        ("my heart is pounding", "cardiology"),
        ("my hair is falling out", "dermatology"),
        ("everything is blurry", "ophthalmology"),
        ("my ears feel full", "ent"),
        ("hole in my tooth", "stomatology"),
    ],
)
def test_everyday_english(words: str, department: str) -> None:
    assert GUIDE.assess([words]).departments[0].department == department


@pytest.mark.parametrize("words", ["I broke my phone", "I need to pee"])
def test_everyday_english_that_is_no_complaint(words: str) -> None:
    assert not GUIDE.assess([words]).symptoms


def test_why_it_asks(visitor: Visitor) -> None:
    visitor.say("膝盖疼", "complaint")
    assert visitor.state["requested_slot"] == "guide_answers"
    assert visitor.say("为什么问这个")[0].startswith("guide.why_")
    assert visitor.state["requested_slot"] == "guide_answers"


def test_each_question_can_be_tapped(visitor: Visitor) -> None:
    visitor.say("膝盖疼", "complaint")
    assert visitor.choices() == [{"more": "nothing"}]
    assert visitor.say("没有别的了", choice={"slot": "guide_answers", "value": {"more": "nothing"}})
    assert visitor.state["guide_answers"]["more"]["value"] == "nothing"


def test_a_feverish_child_hears_where_to_go_first(visitor: Visitor) -> None:
    visitor.reach("孩子五岁，发烧两天了，还咳嗽，嗓子疼，吃不下饭，晚上睡不好，白天没精神")
    assert "guide.note_child_fever" in [payload["say"] for payload in visitor.last.says]
    assert visitor.choices()[0] == "paediatrics"


BAD_INPUT = [
    "",
    "？？？",
    "不知道",
    "三个月零两天",
    "38度5",
    "我妈头疼我爸腿疼我没事",
    "哈哈哈逗你玩",
    "你个傻子",
    "有又没有",
    "0 0 0",
]


@pytest.mark.parametrize("words", BAD_INPUT)
def test_bad_input_ends_in_a_result_or_at_the_desk(visitor: Visitor, words: str) -> None:
    visitor.say("膝盖疼", "complaint")
    asked: list[str] = []
    for _ in range(12):
        if visitor.state["requested_slot"] != "guide_answers":
            break
        asked.append(visitor.last.says[-1]["say"])
        visitor.say(words)
    assert visitor.state["requested_slot"] in {"guide_choice", None}
    assert len(set(asked)) <= GUIDE.table.thresholds.most_questions


def test_the_later_of_two_contradictory_answers_counts() -> None:
    assert "fever" not in GUIDE.assess(["发烧，嗓子疼", Answer("more", text="没有发烧，刚才说错了")]).symptoms
