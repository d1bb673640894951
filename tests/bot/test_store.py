"""What conversations remember, on real SQLite and (slow) real PostgreSQL."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from actions.clock import ManualClock
from actions.records import audit
from actions.records.cipher import Cipher
from actions.records.database import Database, migrate
from actions.records.tables import AuditRow, ConversationRow, MessageRow, OutboxRow, TurnRow, VaultRow
from actions.records.vault import Vault
from bot.errors import ConversationClosed, NotAllowed, UnknownConversation
from bot.forgetting import Forgetting
from bot.messages import Button, Message, Reply, Safety
from bot.store import ConversationStore, Memory
from tests.bot.house import SECRET, START, ZONE, Tables

SAID = Message("好的。", "好的。", (Button("一", "一"),), {"kind": "ticket"})
REPLY = Reply(0, "zh", "bot", Safety("urgent", "r"), (SAID,))


@dataclass(frozen=True)
class Kept:
    database: Database
    vault: Vault
    store: ConversationStore
    forgetting: Forgetting

    def open(self) -> str:
        return self.store.open("kiosk", "zh", "K01")[0]

    def audited(self) -> list[tuple[str, str]]:
        with self.database.read() as session:
            return [(row.actor, row.action) for row in session.scalars(select(AuditRow).order_by(AuditRow.seq))]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def kept(request: pytest.FixtureRequest, tmp_path: Path, tables: Tables) -> Iterator[Kept]:
    if request.param == "sqlite":
        shutil.copy(tables.migrated, tmp_path / "records.sqlite3")
        url = f"sqlite:///{tmp_path}/records.sqlite3"
    else:
        url = request.getfixturevalue("postgres_url")
        migrate(url)
    database, clock = Database(url), ManualClock(START, ZONE)
    vault = Vault(database, Cipher(SECRET), clock, random.Random(7))
    yield Kept(database, vault, ConversationStore(database, vault, clock), Forgetting(database, vault, clock))
    assert audit.verify(database).ok
    database.close()


def test_only_the_right_token_opens_a_conversation(kept: Kept) -> None:
    conversation, token = kept.store.open("kiosk", "en", "K02")
    opened = kept.store.check(conversation, token)
    assert (opened.channel, opened.language, opened.kiosk, opened.status) == ("kiosk", "en", "K02", "bot")
    other, other_token = kept.store.open("kiosk", "zh", None)
    for wrong in (None, "", "x", token + "x", other_token, token.swapcase()):
        with pytest.raises(NotAllowed) as caught:
            kept.store.check(conversation, wrong)
        assert (caught.value.exact_code, caught.value.exact_status) == ("auth.wrong_token", 403)
    assert kept.store.check(other, other_token).id == other
    with kept.database.read() as session:
        row = session.get(ConversationRow, conversation)
        assert row is not None
        assert token not in repr(vars(row))


@pytest.mark.parametrize("name", ["", "nobody", "a" * 65, "x\x00y", "../x", "' OR 1=1 --", "心"])
def test_a_strange_name_is_no_conversation(kept: Kept, name: str) -> None:
    for ask in (kept.store.load, lambda conversation: kept.store.check(conversation, "t")):
        with pytest.raises(UnknownConversation):
            ask(name)


def test_a_turn_is_stored_whole_and_once(kept: Kept) -> None:
    conversation = kept.open()
    memory = Memory(options=[{"title": "一", "choice": None, "command": None}], expects="when", question="k")
    first = kept.store.commit(conversation, "m1", "你好", REPLY, memory)
    again = kept.store.commit(conversation, "m1", "你好", Reply(0, "zh", "human"), Memory())
    second = kept.store.commit(conversation, "m2", "再见", REPLY, Memory())
    assert (first.turn, again, second.turn) == (1, first, 2)
    assert kept.store.answered(conversation, "m1") == first
    assert kept.store.answered(conversation, "m3") is None
    lines = kept.store.transcript(conversation)
    assert [(line.role, line.text) for line in lines] == [
        ("patient", "你好"), ("assistant", "好的。"), ("patient", "再见"), ("assistant", "好的。"),
    ]  # fmt: skip
    assert kept.store.transcript(conversation, lines[1].id) == lines[2:]


def test_memory_survives(kept: Kept) -> None:
    conversation = kept.open()
    memory = Memory([{"title": "一"}], "when", "k", {"people": {}}, ["停车"], [SAID.to_json()], "rule")
    kept.store.commit(conversation, "m1", "你好", Reply(0, "en", "bot"), memory)
    opened = kept.store.load(conversation)
    assert vars(opened.memory) == vars(memory)
    assert opened.language == "en"


def test_a_hundred_parallel_commits_get_a_hundred_numbers(kept: Kept) -> None:
    conversation = kept.open()

    def commit(number: int) -> int:
        return kept.store.commit(conversation, f"m{number % 60}", "x", REPLY, Memory()).turn

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(commit, range(100)))
    assert set(numbers) == set(range(1, 61))
    with kept.database.read() as session:
        assert len(session.scalars(select(TurnRow)).all()) == 60


@pytest.mark.parametrize(
    ("before", "after"), [("bot", "waiting"), ("waiting", "waiting"), ("human", "human"), ("closed", "closed")]
)
def test_asking_for_staff_waits_only_where_nobody_is(kept: Kept, before: str, after: str) -> None:
    conversation = kept.open()
    if before == "closed":
        kept.forgetting.wipe(conversation)
    else:
        kept.store.set_status(conversation, before, "staff:wang.min")
    assert kept.store.ask_for_staff(conversation) == after
    assert kept.store.load(conversation).status == after
    moved = [actor for actor, action in kept.audited() if action == "conversation.status"]
    assert moved == {"bot": ["patient"], "waiting": ["staff:wang.min"], "human": ["staff:wang.min"]}.get(before, [])


def test_a_closed_conversation_stays_closed(kept: Kept) -> None:
    conversation = kept.open()
    kept.forgetting.wipe(conversation)
    kept.store.set_status(conversation, "bot")
    kept.store.remember(conversation, Memory(question="k"))
    assert kept.store.commit(conversation, "m1", "你好", REPLY, Memory()) == REPLY
    assert kept.store.load(conversation).status == "closed"
    assert kept.store.load(conversation).memory == Memory()
    assert kept.store.answered(conversation, "m1") is None
    assert list(kept.store.transcript(conversation)) == []


def test_staff_lines_come_back_in_the_clear_and_in_order(kept: Kept) -> None:
    conversation = kept.open()
    token = kept.vault.keep(conversation, "PHONE", "13800131234")
    first = kept.store.add_staff_line(
        conversation, "s1", Message(f"打 {token}", f"打 {token}", sender="staff", ai=False)
    )
    kept.store.commit(conversation, "m1", "好", REPLY, Memory())
    second = kept.store.add_staff_line(conversation, "s2", Message("再见", "再见", sender="staff", ai=False))
    lines = kept.store.staff_lines(conversation)
    assert [number for number, _ in lines] == [first, second]
    assert [(line.text, line.speech, line.sender, line.ai) for _, line in lines] == [
        ("打 13800131234", "打 13800131234", "staff", False), ("再见", "再见", "staff", False),
    ]  # fmt: skip
    assert [line.text for _, line in kept.store.staff_lines(conversation, first)] == ["再见"]
    assert kept.store.staff_lines(conversation, second) == []
    assert ("staff", "conversation.staff_line") in kept.audited()
    with kept.database.read() as session:
        stored = [row.text for row in session.scalars(select(MessageRow).where(MessageRow.role == "staff"))]
    assert stored == [f"打 {token}", "再见"]


def test_a_staff_line_is_refused_twice_and_after_the_end(kept: Kept) -> None:
    conversation = kept.open()
    line = Message("你好", "你好", sender="staff")
    kept.store.add_staff_line(conversation, "s1", line, "staff:wang.min")
    with pytest.raises(IntegrityError):
        kept.store.add_staff_line(conversation, "s1", line, "staff:wang.min")
    kept.forgetting.wipe(conversation)
    with pytest.raises(ConversationClosed):
        kept.store.add_staff_line(conversation, "s2", line)
    with pytest.raises(UnknownConversation):
        kept.store.add_staff_line("nobody", "s2", line)
    with kept.database.read() as session:
        assert session.scalars(select(MessageRow)).all() == []


def test_a_wipe_leaves_a_shell_an_audit_and_a_note_for_rasa(kept: Kept) -> None:
    conversation, token = kept.store.open("kiosk", "zh", "K01")
    other = kept.open()
    for each in (conversation, other):
        kept.vault.keep(each, "NAME", "王小明")
        kept.store.commit(each, "m1", "[NAME_x]", REPLY, Memory(question="k"))
    kept.forgetting.wipe(conversation)
    kept.forgetting.wipe(conversation)
    with pytest.raises(ConversationClosed):
        kept.store.check(conversation, token)
    with kept.database.read() as session:
        for table in (MessageRow, TurnRow, VaultRow):
            assert {row.conversation for row in session.scalars(select(table))} == {other}, table
        row = session.get(ConversationRow, conversation)
        assert row is not None
        assert (row.status, row.state) == ("closed", {})
    assert kept.forgetting.pending() == [conversation]
    assert [action for _, action in kept.audited()].count("conversation.wipe") == 1
    kept.forgetting.done(conversation)
    kept.forgetting.done(conversation)
    assert kept.forgetting.pending() == []
    assert [action for _, action in kept.audited()].count("conversation.forgotten") == 1
    with kept.database.read() as session:
        (note,) = session.scalars(select(OutboxRow)).all()
        assert (note.state, note.payload) == ("sent", {})


def test_wiping_nobody_is_harmless(kept: Kept) -> None:
    kept.forgetting.wipe("nobody")
    assert kept.forgetting.pending() == []
