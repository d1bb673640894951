import asyncio

from bot.hub import QUEUE_EVENTS, Hub


async def test_only_the_listeners_of_a_conversation_hear_it() -> None:
    hub = Hub()
    with hub.listening("a") as one, hub.listening("a") as two, hub.listening("b") as other:
        hub.publish("a", "status", {"status": "human"})
        assert one.get_nowait() == two.get_nowait() == {"event": "status", "data": {"status": "human"}}
        assert other.empty()
    hub.publish("a", "status", {"status": "bot"})
    assert one.empty()


async def test_a_slow_listener_loses_the_oldest() -> None:
    hub = Hub()
    with hub.listening("a") as heard:
        for number in range(QUEUE_EVENTS + 3):
            hub.publish("a", "line", number)
        assert heard.qsize() == QUEUE_EVENTS
        assert heard.get_nowait()["data"] == 3


async def test_listening_beats_while_nothing_happens() -> None:
    hub = Hub()
    heard = hub.listen("a", beat_s=0.01)
    assert await anext(heard) == {}
    waiting = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    hub.publish("a", "message", {"text": "好"})
    assert await waiting in ({}, {"event": "message", "data": {"text": "好"}})
    await heard.aclose()
