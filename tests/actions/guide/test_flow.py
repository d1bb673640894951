"""The guide as a conversation, without Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from actions.guide.flow import GuideFlow
from actions.guide.triage import load_guide
from actions.turns import Outcome, Turn
from knowledge.directory import load_directory

HOSPITAL = Path(__file__).parents[3] / "knowledge" / "hospital"
FLOW = GuideFlow(load_guide(HOSPITAL), load_directory(HOSPITAL))


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

    def choices(self) -> list[Any]:
        return [(option.get("choice") or {}).get("value") for option in self.last.says[-1].get("options", ())]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_a_complaint_leads_to_a_department_and_on_to_booking(visitor: Visitor) -> None:
    assert visitor.say("膝盖疼了半个月，上下楼更厉害", "complaint")[-1] == "guide.result"
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
    assert visitor.say("就是浑身不对劲", "complaint") == ["guide.unsure"]
    assert visitor.choices() == ["general_practice", None]
    visitor.say("好的", "affirm")
    assert visitor.state["department"] == "general_practice"


def test_the_day_of_the_answer_goes_along(visitor: Visitor) -> None:
    visitor.say("膝盖疼了半个月", "complaint")
    visitor.say("明天上午", "inform_when")
    assert visitor.last.follow == "booking_form"


def test_other_business_is_no_complaint(visitor: Visitor) -> None:
    visitor.say("不知道看哪科", "complaint", 1.0)
    visitor.say("我想挂号", "book")
    assert visitor.last.follow == "booking_form"
    assert visitor.state["complaint"] is None


def test_another_department_than_advised(visitor: Visitor) -> None:
    visitor.say("咳嗽，有痰，两个星期了", "complaint")
    visitor.say("我想挂中医科", "book")
    assert (visitor.state["department"], visitor.last.follow) == ("tcm", "booking_form")


def test_no_injury_is_heard(visitor: Visitor) -> None:
    visitor.say("膝盖疼", "complaint")
    assert visitor.say("没有受伤", "danger_clear")[-1] == "guide.result"
    assert visitor.last.says[0]["say"] == "guide.result"


def test_advice_is_enough(visitor: Visitor) -> None:
    visitor.say("膝盖疼了半个月", "complaint")
    assert visitor.say("不用了", "deny") == ["guide.done"]
    assert visitor.last.says[0]["menu"] is True


def test_where_it_is_asked_in_passing(visitor: Visitor) -> None:
    visitor.say("膝盖疼了半个月", "complaint")
    says = visitor.say("皮肤科在哪里", "ask_department_location")
    assert says[0] == "guide.place"
    assert visitor.state["requested_slot"] == "guide_choice"


def test_back_from_the_result_to_the_complaint(visitor: Visitor) -> None:
    visitor.say("膝盖疼了半个月，上下楼更厉害", "complaint")
    assert visitor.say("上一步", "go_back")[0] == "control.back"
