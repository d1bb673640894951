"""What survives a death of Rasa and a restart of the whole house. Slow: Rasa needs a while to come up; runs last."""

from __future__ import annotations

import pytest

from tests.e2e.patients import PEOPLE, book, choose_place, read_back
from tests.system import System, until

pytestmark = pytest.mark.slow


def test_sessions_and_wipes_survive_the_death_of_rasa_and_bot(system: System) -> None:
    """One patient stands in the middle of a form, another leaves while Rasa is dead; then `bot` dies too."""
    system.wait_ready()
    staying, leaving = system.talk(), system.talk()
    read_back(staying, next(PEOPLE))
    choose_place(leaving)
    leaving.say(next(PEOPLE).name)
    assert system.tracker(leaving.id)
    system.kill("rasa")
    assert leaving.wipe() == 204
    assert system.tracker(leaving.id)  # nobody can delete them now
    waiting = system.rows("SELECT state FROM outbox WHERE target = :id", id=leaving.id)
    assert [row["state"] for row in waiting] == ["waiting"]
    system.kill("bot")  # with it goes everything that was only in memory
    system.wait_ready()
    until(lambda: system.tracker(leaving.id) == [], "Rasa has forgotten", 60)
    until(
        lambda: system.rows("SELECT state FROM outbox WHERE target = :id", id=leaving.id) == [{"state": "sent"}],
        "the note is done",
    )
    staying.client = system.client()
    reply = staying.say("确认预约")
    assert [card["kind"] for card in reply.cards] == ["appointment"], "\n".join(staying.trace)
    booked = system.rows("SELECT status FROM appointments WHERE conversation = :id", id=staying.id)
    assert [row["status"] for row in booked] == ["booked"]


def test_everything_survives_a_restart_of_the_house(system: System) -> None:
    system.wait_ready()
    booked, choosing = system.talk(), system.talk()
    slip = book(booked, next(PEOPLE))
    choose_place(choosing)
    repeated = booked.say("停车场在哪里", message_id="park-1").body
    system.stop()
    system.start()
    booked.client, choosing.client = system.client(), system.client()
    assert booked.say("停车场在哪里", message_id="park-1").body == repeated
    number = slip.cards[0]["number"]
    rows = system.rows("SELECT number, status FROM appointments WHERE conversation = :id", id=booked.id)
    assert rows == [{"number": number, "status": "booked"}]
    person = next(PEOPLE)
    assert "身份证" in choosing.say(person.name).text, "\n".join(choosing.trace)
