"""The event stream: what a page hears, and that it ends with the session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from bot.console.events import Following, staff_events
from bot.hub import Hub
from tests.bot.console.conftest import House


async def next_event(stream: AsyncIterator[str]) -> tuple[str, Any]:
    while True:
        text = await asyncio.wait_for(anext(stream), 2)
        if text.startswith("event: "):
            name, data = text.removesuffix("\n\n").split("\n")
            return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def stream_of(hub: Hub, following: Following, alive: list[bool], beat_s: float = 5.0) -> AsyncIterator[str]:
    async def signed_in() -> bool:
        return alive[0]

    return staff_events(hub, following, lambda conversation, text: text.replace("[T]", conversation), signed_in, beat_s)


async def test_queue_changes_and_lines_arrive_and_only_the_open_ticket_is_read() -> None:
    hub = Hub()
    stream = stream_of(hub, Following({"c1": "t1", "c2": "t2"}, "t1"), [True])
    assert await next_event(stream) == ("ready", {})
    hub.publish("staff", "queue", {"ticket": "t9", "priority": "red"})
    assert await next_event(stream) == ("queue", {"ticket": "t9", "priority": "red"})
    hub.publish("staff:c1", "line", {"role": "patient", "text": "电话[T]\n\n第二行"})
    assert await next_event(stream) == ("line", {"ticket": "t1", "role": "patient", "text": "电话c1\n\n第二行"})
    hub.publish("staff:c2", "line", {"role": "patient", "text": "电话[T]"})
    assert await next_event(stream) == ("line", {"ticket": "t2", "role": "patient"})
    await stream.aclose()  # type: ignore[attr-defined]


async def test_an_ended_session_ends_the_stream_before_anything_more_is_told() -> None:
    hub, alive = Hub(), [True]
    stream = stream_of(hub, Following({"c1": "t1"}, "t1"), alive)
    assert await next_event(stream) == ("ready", {})
    alive[0] = False
    hub.publish("staff:c1", "line", {"role": "patient", "text": "secret"})
    assert await next_event(stream) == ("signed_out", {})
    assert [text async for text in stream] == []


async def test_an_ended_session_is_noticed_in_a_quiet_hour_too() -> None:
    hub, alive = Hub(), [True]
    stream = stream_of(hub, Following({}, None), alive, beat_s=0.05)
    assert await next_event(stream) == ("ready", {})
    assert (await anext(stream)).startswith(":")
    alive[0] = False
    assert await next_event(stream) == ("signed_out", {})


async def test_a_page_that_is_closed_is_forgotten_by_the_hub() -> None:
    hub = Hub()
    stream = stream_of(hub, Following({"c1": "t1"}, "t1"), [True])
    await next_event(stream)
    assert set(hub._listeners) == {"staff", "staff:c1"}
    await stream.aclose()  # type: ignore[attr-defined]
    assert set(hub._listeners) == set()


def test_who_is_followed(house: House) -> None:
    account = house.accounts.find("wang.min")
    assert account is not None
    mine, open_one, theirs = (house.patient("你好") for _ in range(3))
    tickets = [house.ticket(conversation) for conversation in (mine, open_one, theirs)]
    house.tickets.claim(tickets[0].id, "wang.min")
    house.tickets.claim(tickets[2].id, "li.na")
    assert house.console.desk.follow(None, account) == {mine: tickets[0].id}
    assert house.console.desk.follow(tickets[1].id, account) == {mine: tickets[0].id, open_one: tickets[1].id}


async def test_a_page_is_heard_by_the_roles_that_are_called() -> None:
    hub = Hub()
    nurse = stream_of(hub, Following({}, None, "nurse"), [True])
    clerk = stream_of(hub, Following({}, None, "clerk"), [True])
    assert (await next_event(nurse))[0] == (await next_event(clerk))[0] == "ready"
    hub.publish("staff", "page", {"ticket": "t1", "roles": ["nurse"]})
    hub.publish("staff", "page", {"ticket": "t2", "roles": ["nurse", "clerk"]})
    assert (await next_event(nurse))[1]["ticket"] == "t1"
    assert (await next_event(clerk))[1]["ticket"] == "t2"
