import asyncio

import pytest

from bot.answering import Answering
from bot.errors import ConversationClosed
from bot.messages import Message, Reply

ONE, TWO = Message("一", "一"), Message("二", "二")


async def test_every_reader_gets_every_message_whenever_it_comes() -> None:
    answering = Answering()
    answering.add(ONE)
    early = asyncio.create_task(collect(answering))
    await asyncio.sleep(0)
    answering.add(TWO)
    late = asyncio.create_task(collect(answering))
    await asyncio.sleep(0)
    reply = Reply(1, "zh", "bot", messages=(ONE, TWO))
    answering.finish(reply)
    assert await early == await late == await collect(answering) == [ONE, TWO]
    assert await answering.reply() is reply


async def test_a_reader_who_goes_away_stops_nothing() -> None:
    answering = Answering()
    gone = asyncio.create_task(collect(answering))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    answering.finish(Reply(1, "zh", "bot", messages=(ONE,)))
    assert await collect(answering) == [ONE]


async def test_an_error_reaches_every_reader_after_what_was_said() -> None:
    answering = Answering()
    answering.add(ONE)
    waiting = asyncio.create_task(answering.reply())
    await asyncio.sleep(0)
    answering.fail(ConversationClosed("gone"))
    with pytest.raises(ConversationClosed):
        await waiting
    stream = aiter(answering)
    assert await anext(stream) == ONE
    with pytest.raises(ConversationClosed):
        await anext(stream)


async def test_a_known_reply_is_there_at_once() -> None:
    reply = Reply(7, "en", "bot", messages=(ONE,))
    assert await Answering.finished(reply).reply() is reply


async def collect(answering: Answering) -> list[Message]:
    return [message async for message in answering]
