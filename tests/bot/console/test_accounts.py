from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from actions.records import audit
from actions.records.tables import AuditRow, UserRow
from bot.console.accounts import Accounts, create_user
from bot.console.errors import BadAccount, SignInRefused
from tests.bot.console.conftest import PASSWORD, House


def actions_on(house: House, name: str) -> list[tuple[str, str]]:
    with house.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.subject == f"user:{name}").order_by(AuditRow.seq)).all()
        return [(row.actor, row.action) for row in rows]


def refused(house: House, name: str, password: str) -> str:
    with pytest.raises(SignInRefused) as caught:
        house.accounts.sign_in(name, password)
    return caught.value.exact_code


def test_the_command_line_makes_an_account_with_argon2id_and_signs_in(house: House) -> None:
    made = create_user(house.database, house.clock, " Chen.Jie ", "eleven blue herons", "nurse")
    assert (made.name, made.role, made.active) == ("chen.jie", "nurse", True)
    with house.database.read() as session:
        row = session.get_one(UserRow, "chen.jie")
    assert row.password_hash.startswith("$argon2id$v=19$m=65536,t=3,")
    assert Accounts(house.database, house.clock).sign_in("CHEN.JIE", "eleven blue herons").name == "chen.jie"


@pytest.mark.parametrize(
    ("name", "password", "role", "code"),
    [
        ("a", PASSWORD, "nurse", "account.name"),
        ("", PASSWORD, "nurse", "account.name"),
        ("x" * 33, PASSWORD, "nurse", "account.name"),
        ("two words", PASSWORD, "nurse", "account.name"),
        ("<b>bold</b>", PASSWORD, "nurse", "account.name"),
        ("nul\x00", PASSWORD, "nurse", "account.name"),
        ("_hidden", PASSWORD, "nurse", "account.name"),
        ("WANG.min", PASSWORD, "nurse", "account.taken"),
        ("sun.li", "ninechars", "nurse", "account.password_length"),
        ("sun.li", "p" * 201, "nurse", "account.password_length"),
        ("sun.li", "Password12345", "nurse", "account.password_weak"),
        ("sun.li", "aaaaaaaaaaaa", "nurse", "account.password_weak"),
        ("sun.li", "my-sun.li-2026", "nurse", "account.password_weak"),
        ("sun.li", "line\nbreak here", "nurse", "account.password_weak"),
        ("sun.li", PASSWORD, "doctor", "account.role"),
        ("sun.li", PASSWORD, "", "account.role"),
    ],
)
def test_what_makes_no_account(house: House, name: str, password: str, role: str, code: str) -> None:
    before = [account.name for account in house.accounts.everyone()]
    with pytest.raises(BadAccount) as caught:
        house.accounts.create(name, password, role)
    assert caught.value.exact_code == code
    assert [account.name for account in house.accounts.everyone()] == before


def test_a_chinese_name_is_a_name(house: House) -> None:
    house.accounts.create("王敏", PASSWORD, "nurse")
    assert house.accounts.sign_in("王敏", PASSWORD).name == "王敏"


def test_five_wrong_passwords_lock_for_five_minutes_even_against_the_right_one(house: House) -> None:
    for _ in range(4):
        assert refused(house, "wang.min", "wrong password") == "auth.refused"
    assert refused(house, "wang.min", "wrong password") == "auth.locked"
    assert refused(house, "wang.min", PASSWORD) == "auth.locked"
    house.clock.advance(minutes=4, seconds=59)
    assert refused(house, "wang.min", PASSWORD) == "auth.locked"
    house.clock.advance(seconds=2)
    assert house.accounts.sign_in("wang.min", PASSWORD).name == "wang.min"
    actions = [action for _, action in actions_on(house, "wang.min")]
    assert actions == [
        "user.create",
        *["user.sign_in_failed"] * 4,
        "user.locked",
        *["user.sign_in_while_locked"] * 2,
        "user.sign_in",
    ]


def test_after_a_lock_has_run_out_there_are_five_attempts_again(house: House) -> None:
    for _ in range(5):
        refused(house, "wang.min", "wrong password")
    house.clock.advance(minutes=6)
    assert [refused(house, "wang.min", "wrong password") for _ in range(5)] == ["auth.refused"] * 4 + ["auth.locked"]


def test_a_right_password_starts_the_count_again(house: House) -> None:
    for _ in range(4):
        refused(house, "wang.min", "wrong password")
    house.accounts.sign_in("wang.min", PASSWORD)
    assert [refused(house, "wang.min", "wrong password") for _ in range(4)] == ["auth.refused"] * 4


def test_wrong_passwords_at_the_same_time_are_all_counted(house: House) -> None:
    with ThreadPoolExecutor(5) as pool:
        codes = list(pool.map(lambda _: refused(house, "wang.min", "wrong password"), range(5)))
    assert sorted(codes) == ["auth.locked", *["auth.refused"] * 4]


def test_an_unknown_name_is_answered_like_a_known_one(house: House) -> None:
    known = [refused(house, "wang.min", "wrong password") for _ in range(6)]
    assert [refused(house, "nobody", "wrong password") for _ in range(6)] == known
    assert refused(house, "../../etc", "wrong password") == "auth.refused"


def test_an_unknown_name_costs_a_password_check_too(house: House) -> None:
    checked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            checked.append(str(hash))
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    accounts = Accounts(house.database, house.clock, hasher=hasher)
    for name in ("nobody", "wang.min", "\x00"):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong password")
    assert len(checked) == 3


def test_what_an_unknown_name_was_is_not_kept(house: House) -> None:
    refused(house, "my secret password", "oops")
    with house.database.read() as session:
        rows = session.scalars(select(AuditRow)).all()
    assert not [row for row in rows if "secret" in row.subject or "secret" in row.actor]
    assert actions_on(house, "unknown") == [("system", "user.sign_in_failed")]


def test_a_blocked_account_cannot_sign_in_and_one_let_in_again_can(house: House) -> None:
    house.accounts.set_active("wang.min", False, "staff:admin")
    assert refused(house, "wang.min", PASSWORD) == "auth.refused"
    house.accounts.set_active("wang.min", True, "staff:admin")
    assert house.accounts.sign_in("wang.min", PASSWORD).active


def test_unlocking_lets_in_at_once(house: House) -> None:
    for _ in range(5):
        refused(house, "wang.min", "wrong password")
    assert house.accounts.find("wang.min").locked_until is not None  # type: ignore[union-attr]
    assert house.accounts.unlock("wang.min", "staff:admin").locked_until is None
    assert house.accounts.sign_in("wang.min", PASSWORD).name == "wang.min"
    assert ("staff:admin", "user.unlock") in actions_on(house, "wang.min")


def test_nobody_blocks_themselves_or_the_last_administrator(house: House) -> None:
    with pytest.raises(BadAccount) as own:
        house.accounts.set_active("admin", False, "staff:admin")
    with pytest.raises(BadAccount) as last:
        house.accounts.set_active("admin", False, "system")
    assert (own.value.exact_code, last.value.exact_code) == ("account.own", "account.last_manager")
    house.accounts.create("second", PASSWORD, "admin")
    assert not house.accounts.set_active("admin", False, "staff:second").active


def test_a_new_password_replaces_the_old_one(house: House) -> None:
    before = house.accounts.find("wang.min")
    after = house.accounts.set_password("wang.min", "another grey heron", "staff:admin")
    assert before is not None
    assert after.fingerprint != before.fingerprint
    assert refused(house, "wang.min", PASSWORD) == "auth.refused"
    assert house.accounts.sign_in("wang.min", "another grey heron").name == "wang.min"


def test_the_audit_chain_holds_after_all_of_it(house: House) -> None:
    refused(house, "wang.min", "wrong password")
    house.accounts.sign_in("wang.min", PASSWORD)
    house.accounts.set_active("wang.min", False, "staff:admin")
    report = audit.verify(house.database)
    assert report.ok
    assert report.length >= 7  # four accounts made, and the three above
