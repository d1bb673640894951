"""The order in which a flow judges a turn, with questions that need no services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from actions.flow import Flow
from actions.turns import Outcome, Reading, State, Turn, say


class Colour:
    """Understands red and blue; "crimson" is an answer with a remark."""

    slot = "colour"

    def open(self, state: State) -> bool:
        return not state.get("colour")

    def ask(self, state: State, turn: Turn) -> Reading:
        return Reading(says=(say("ask.colour", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        if turn.choice is not None:
            return Reading({"colour": turn.chose("colour")}) if turn.chose("colour") else None
        for name in ("red", "blue"):
            if name in turn.text:
                return Reading({"colour": name}, covered=len(name) / len(turn.text))
        if "which red" in turn.text or "colourful" in turn.text:
            return Reading(says=(say("which.colour", expects=self.slot),))
        return None


class Size:
    """Understands big and small."""

    slot = "size"

    def open(self, state: State) -> bool:
        return not state.get("size")

    def ask(self, state: State, turn: Turn) -> Reading:
        return Reading(says=(say("ask.size", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        for name in ("big", "small"):
            if name in turn.text:
                return Reading({"size": name}, (say("noted.size"),), covered=len(name) / len(turn.text))
        return None


class Confirmed:
    """Understands yes."""

    slot = "confirmed"

    def open(self, state: State) -> bool:
        return not state.get("confirmed")

    def ask(self, state: State, turn: Turn) -> Reading:
        return Reading(says=(say("ask.confirmed", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        if asked and turn.text.startswith("yes"):
            return Reading({"confirmed": "yes"}, covered=0.3)
        return Reading(says=(say("what.is.wrong", expects=self.slot),), covered=0.0) if "no" in turn.text else None


class Paint(Flow):
    """A colour and a size, confirmed."""

    name = "paint_form"

    def __init__(self) -> None:
        super().__init__((Colour(), Size(), Confirmed()))

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        moved = any(state.get(slot) and updates.get(slot, state[slot]) != state[slot] for slot in ("colour", "size"))
        return {"confirmed": None} if moved else {}

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        return {"colour": None, "size": None, "confirmed": None, "trail": None, "misses": None}


class Painter:
    """Somebody who talks to the flow; keeps the slots as Rasa would."""

    def __init__(self) -> None:
        self.flow = Paint()
        self.state: dict[str, Any] = {}
        self.last: Outcome | None = None

    def say(self, text: str, intent: str = "", confidence: float = 0.9, choice: Any = None) -> list[str]:
        turn = Turn("c1", "kiosk", "en", text, intent, confidence if intent else 0.0, choice)
        self.last = self.flow.advance(self.state, turn)
        self.state |= {"misses": 0, **self.last.updates, "requested_slot": self.last.asked}
        return [str(payload.get("say") or next(iter(payload))) for payload in self.last.says]


@pytest.fixture
def painter() -> Painter:
    return Painter()


def test_asks_in_order_and_ends(painter: Painter) -> None:
    assert painter.say("paint", "book") == ["ask.colour"]
    assert painter.say("red") == ["ask.size"]
    assert painter.say("big") == ["noted.size", "ask.confirmed"]
    assert painter.say("yes") == []
    assert painter.last is not None
    assert painter.last.asked is None
    assert painter.state["colour"] is None


def test_several_answers_in_one_sentence(painter: Painter) -> None:
    assert painter.say("big red") == ["noted.size", "ask.confirmed"]
    assert (painter.state["colour"], painter.state["size"]) == ("red", "big")


def test_a_remark_never_stands_behind_the_question(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("colourful and small") == ["noted.size", "which.colour"]
    assert painter.state["requested_slot"] == "colour"


def test_a_correction_outweighs_the_yes_beside_it(painter: Painter) -> None:
    painter.say("big red")
    assert painter.say("yes but blue") == ["ask.confirmed"]
    assert painter.state["confirmed"] is None
    assert painter.state["colour"] == "blue"


def test_a_no_with_the_correction_is_not_asked_what_is_wrong(painter: Painter) -> None:
    painter.say("big red")
    assert painter.say("no, blue") == ["ask.confirmed"]
    assert painter.say("no") == ["what.is.wrong"]


def test_a_taken_option_counts_before_words(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("stop", "stop", choice={"slot": "colour", "value": "red"}) == ["ask.size"]


def test_a_question_in_passing_is_answered_and_the_form_stays(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("is there parking for red cars?", "ask_hospital") == [
        "answer",
        "control.back_to_it",
        "ask.colour",
    ]
    assert painter.state["requested_slot"] == "colour"
    assert painter.state.get("colour") is None


def test_a_short_answer_is_no_question_even_when_the_intent_says_so(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("red?", "ask_hospital") == ["ask.size"]


@pytest.mark.parametrize("intent", ["stop", "goodbye"])
def test_stop_ends_with_the_menu(painter: Painter, intent: str) -> None:
    painter.say("big red")
    assert painter.say("enough", intent) == ["control.stopped"]
    assert painter.last is not None
    assert painter.last.says[0]["menu"] is True
    assert painter.last.asked is None


def test_stop_gives_way_to_a_new_wish(painter: Painter) -> None:
    painter.say("big red")
    assert painter.say("stop, rather blue", "stop") == ["ask.confirmed"]
    assert painter.say("那就 red 吧", "stop") == ["ask.confirmed"]


def test_stop_with_an_old_wish_beside_it_is_a_stop(painter: Painter) -> None:
    painter.say("big red")
    assert painter.say("那就算了，red 不要了", "stop") == ["control.stopped"]


def test_an_unsure_control_is_none(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("hm", "stop", confidence=0.3) == ["control.not_understood", "ask.colour"]


@pytest.mark.parametrize("text", ["0", " 0 ", "0。"])
def test_zero_calls_a_human_and_keeps_the_form(painter: Painter, text: str) -> None:
    painter.say("red")
    assert painter.say(text) == ["handoff", "ask.size"]
    assert painter.last is not None
    assert painter.last.says[0]["handoff"]["flow"] == "paint_form"


@pytest.mark.parametrize("text", ["hold on", "等一下", "稍等", "just a second", "let me think", "等一下，我找找眼镜"])
@pytest.mark.parametrize("intent", ["stop", "goodbye", "out_of_scope", "complaint", ""])
def test_a_pause_ends_nothing_and_leaves_the_question_standing(painter: Painter, text: str, intent: str) -> None:
    painter.say("red")
    assert painter.say(text, intent) == ["control.no_hurry"]
    assert painter.last is not None
    assert painter.last.says[0]["stands"] is True
    assert painter.last.asked == "size"
    assert painter.state["colour"] == "red"


@pytest.mark.parametrize(
    ("text", "intent", "says"),
    [
        ("wait, red", "stop", "ask.size"),
        ("wait, go back", "go_back", "control.at_start"),
        ("等一下再说", "stop", "control.stopped"),
        ("等等，算了", "stop", "control.stopped"),
        ("wait, forget it", "stop", "control.stopped"),
        ("hold on, I have something to do", "stop", "control.no_hurry"),
    ],
)
def test_what_follows_a_pause_counts(painter: Painter, text: str, intent: str, says: str) -> None:
    painter.say("paint")
    assert painter.say(text, intent)[0] == says


def test_a_name_is_no_small_talk(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("[NAME_ab12]", "abuse") == ["control.not_understood", "ask.colour"]


def test_what_was_told_out_of_turn_is_acknowledged(painter: Painter) -> None:
    painter.flow.notes = {"size": "noted.it"}
    painter.say("paint")
    assert painter.say("big") == ["noted.it", "noted.size", "ask.colour"]
    assert painter.say("red") == ["ask.confirmed"]


def test_a_token_is_never_a_control(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("[NAME_ab12]", "stop") == ["control.not_understood", "ask.colour"]


def test_a_human_is_offered_at_the_second_miss_beside_the_question(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("hm") == ["control.not_understood", "ask.colour"]
    assert painter.last is not None
    assert "options" not in painter.last.says[-1]
    assert painter.say("hm") == ["control.not_understood_again", "ask.colour"]
    assert [option["command"] for option in painter.last.says[-1]["options"]] == ["/handoff"]
    painter.say("red")
    assert painter.state["misses"] == 0


def test_other_business_leaves_for_its_own_form(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("cancel my visit", "cancel_appointment") == []
    assert painter.last is not None
    assert painter.last.follow == "cancel_form"


def test_small_talk_is_answered_and_the_form_stays(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("cheers", "thanks") == ["small_talk.thanks", "ask.colour"]


def test_out_of_scope_counts_as_a_miss(painter: Painter) -> None:
    painter.say("paint")
    assert painter.say("iphone", "out_of_scope") == ["control.not_ours", "ask.colour"]
    assert painter.state["misses"] == 1


def test_back_goes_to_the_last_answer_and_stops_at_the_first(painter: Painter) -> None:
    painter.say("big red")
    assert painter.say("back", "go_back") == ["control.back", "ask.size"]
    assert painter.say("back", "go_back") == ["control.back", "ask.colour"]
    assert painter.say("back", "go_back") == ["control.at_start", "ask.colour"]


def test_repeat_leaves_the_question_as_it_was(painter: Painter) -> None:
    painter.say("paint")
    painter.say("colourful")
    assert painter.say("again", "repeat") == ["repeat"]
    assert painter.state["requested_slot"] == "colour"


def test_start_over_follows_to_the_menu(painter: Painter) -> None:
    painter.say("big red")
    assert painter.say("from the start", "start_over") == ["control.restarted"]
    assert painter.last is not None
    assert painter.last.follow == "action_restart_menu"
