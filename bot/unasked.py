"""What the assistant says without a turn of the patient: the open question in another language, that staff have handed
the patient back, that a colleague goes on. The caller keeps the order with the turns."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence

from bot.house import House
from bot.language import language_of
from bot.messages import Message, Reply
from bot.privacy import normalise
from bot.speaker import Offered, Voice
from bot.store import Memory, Opened
from knowledge.errors import KnowledgeError

LEFT_OPEN = 3
"""Lines to which nobody replied that the library is asked about, the last ones."""


async def in_language(house: House, conversation: str, language: str) -> Reply:
    """Go on in `language`: the open question again, with its answers. No messages where nothing is open.

    While a human holds the conversation only an emergency is said again. Raises `UnknownConversation`.
    """
    opened = await asyncio.to_thread(house.store.load, conversation)
    memory = opened.memory
    messages: list[Message] = []
    if memory.asked and (opened.status != "human" or memory.asked.get("level") == "emergency"):
        offered = Offered()
        messages.append(house.speaker.again(memory.asked, Voice(conversation, language, opened.channel), offered))
        _keep(memory, offered)
        memory.last = [*memory.last[:-1], messages[0].to_json()]
    return await _commit(house, opened, messages, language)


async def handed_back(house: House, conversation: str) -> None:
    """Say who answers now, answer what the library can of what nobody replied to, and ask the open question again.

    Nothing of what was said to a person is taken as an answer to the assistant: a "yes" to a nurse books nothing.
    """
    opened = await asyncio.to_thread(house.store.load, conversation)
    if opened.status != "bot":
        return
    memory, voice, last = opened.memory, Voice(conversation, opened.language, opened.channel), opened.memory.last
    if memory.danger is not None:  # staff have seen to it: nothing of the alarm is asked again
        memory.danger, memory.danger_say, memory.asked = None, "", None
    unanswered = await _unanswered(house, conversation)
    answers = await _answers(house, memory, unanswered[-LEFT_OPEN:], voice)
    asked = memory.asked if memory.expects else None
    payload = {
        "say": "handoff.returned" if len(answers) == len(unanswered) else "handoff.returned_open",
        "menu": asked is None,
    }
    offered = Offered()
    messages = [house.speaker.message(payload, voice, offered), *answers]
    if asked:
        messages.append(house.speaker.again(asked, voice, offered))
    _keep(memory, offered)
    now = (await asyncio.to_thread(house.store.load, conversation)).memory
    if now.danger is not None and now.last != last:  # an alarm came in meanwhile: it stands
        return
    memory.last = [message.to_json() for message in messages][-LEFT_OPEN:]
    await _commit(house, opened, messages, opened.language)
    _tell(house, conversation, messages)


async def passed_on(house: House, conversation: str) -> None:
    """Say that a colleague will go on, and that the assistant answers meanwhile."""
    opened = await asyncio.to_thread(house.store.load, conversation)
    if opened.status != "waiting":
        return
    messages = [house.speaker.plain("handoff.passed_on", Voice(conversation, opened.language, opened.channel))]
    await _commit(house, opened, messages, opened.language)
    _tell(house, conversation, messages)


async def _unanswered(house: House, conversation: str) -> list[str]:
    """What the patient said after anybody's last word, with tokens."""
    found: list[str] = []
    for line in await asyncio.to_thread(house.store.transcript, conversation):
        found = [*found, normalise(line.text)] if line.role == "patient" else []
    return found


async def _answers(house: House, memory: Memory, questions: Sequence[str], voice: Voice) -> list[Message]:
    messages = []
    for question in questions:
        if house.rescue.medication.asks_pharmacist(question):
            messages.append(house.speaker.plain("later.medication", voice))
            continue
        try:
            answer = await house.chain.answer(question, language_of(question) or voice.language, memory.queries)
        except KnowledgeError:
            continue  # counted as not answered: the patient is asked to say it again
        if not answer.refused:
            messages.append(house.speaker.answer(answer, voice, Offered()))
            memory.queries = [*memory.queries, question][-LEFT_OPEN:]
    return messages


def _keep(memory: Memory, offered: Offered) -> None:
    memory.options, memory.expects = offered.options, offered.expects
    memory.question, memory.asked = offered.question, offered.asked


async def _commit(house: House, opened: Opened, messages: Sequence[Message], language: str) -> Reply:
    reply = Reply(0, language, opened.status, messages=tuple(messages))
    message_id = f"unasked-{secrets.token_hex(8)}"
    return await asyncio.to_thread(house.store.commit, opened.id, message_id, None, reply, opened.memory)


def _tell(house: House, conversation: str, messages: Sequence[Message]) -> None:
    """To the patient's page, and to who follows the talk at the console."""
    for message in messages:
        house.hub.publish(conversation, "message", message.to_json())
        house.hub.publish(f"staff:{conversation}", "line", {"role": "assistant", "text": message.text})


async def said_unasked(house: House, conversation: str, speak: Callable[[Voice], Message]) -> None:
    """Say one thing more; the open question stands. Nothing where the patient has left. Raises `RecordsUnavailable`."""
    opened = await asyncio.to_thread(house.store.load, conversation)
    if opened.status == "closed":
        return
    messages = [speak(Voice(conversation, opened.language, opened.channel))]
    reply = Reply(0, opened.language, opened.status, messages=tuple(messages))
    await asyncio.to_thread(house.store.commit, conversation, f"unasked-{secrets.token_hex(8)}", None, reply, None)
    _tell(house, conversation, messages)
