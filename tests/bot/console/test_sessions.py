from __future__ import annotations

import pytest

from bot.console.errors import CsrfRefused, NotSignedIn
from bot.console.policy import SessionRules
from bot.console.sessions import Sessions, SignedIn
from tests.bot.console.conftest import SECRET, House


def opened(house: House) -> SignedIn:
    account = house.accounts.find("wang.min")
    assert account is not None
    return house.console.sessions.open(account)


def test_a_session_is_found_by_its_cookie(house: House) -> None:
    signed_in = opened(house)
    found, account = house.console.sessions.find(house.console.sessions.cookie(signed_in))
    assert (found.id, account.name, account.role) == (signed_in.id, "wang.min", "nurse")


def test_a_cookie_that_was_changed_or_made_by_hand_finds_nothing(house: House) -> None:
    sessions = house.console.sessions
    signed_in = opened(house)
    cookie = sessions.cookie(signed_in)
    number, signature = cookie.split(".")
    other = opened(house)
    flipped = ("0" if signature[0] != "0" else "1") + signature[1:]
    wrong = [
        None, "", ".", number, f"{number}.", f"{number}.{flipped}", f"{other.id}.{signature}", f"{cookie}x",
        f"{number}.{sessions.csrf(signed_in)}", "no.такой", "\ud800.x", "a" * 10_000,
    ]  # fmt: skip
    for value in wrong:
        with pytest.raises(NotSignedIn):
            sessions.find(value)
    assert sessions.find(cookie)[0].id == signed_in.id


def test_another_key_signs_otherwise(house: House) -> None:
    elsewhere = Sessions(b"x" * 32, house.accounts, house.clock, SessionRules(idle_minutes=30, longest_hours=12))
    again = Sessions(SECRET, house.accounts, house.clock, SessionRules(idle_minutes=30, longest_hours=12))
    signed_in = opened(house)
    assert elsewhere.cookie(signed_in) != house.console.sessions.cookie(signed_in)
    assert again.cookie(signed_in) == house.console.sessions.cookie(signed_in)
    with pytest.raises(NotSignedIn):
        again.find(house.console.sessions.cookie(signed_in))  # the number is known to the process that opened it only


def test_thirty_idle_minutes_end_it_and_work_keeps_it(house: House) -> None:
    sessions = house.console.sessions
    cookie = sessions.cookie(opened(house))
    for _ in range(3):
        house.clock.advance(minutes=29)
        sessions.find(cookie)
    house.clock.advance(minutes=29)
    sessions.find(cookie, touch=False)
    house.clock.advance(minutes=1)
    with pytest.raises(NotSignedIn):
        sessions.find(cookie)


def test_after_twelve_hours_one_signs_in_again_in_any_case(house: House) -> None:
    sessions = house.console.sessions
    cookie = sessions.cookie(opened(house))
    for _ in range(35):
        house.clock.advance(minutes=20)
        sessions.find(cookie)
    house.clock.advance(minutes=20)
    with pytest.raises(NotSignedIn):
        sessions.find(cookie)


def test_signing_out_blocking_and_a_new_password_end_it(house: House) -> None:
    sessions = house.console.sessions
    first, second, third = opened(house), opened(house), opened(house)
    sessions.close(first)
    with pytest.raises(NotSignedIn):
        sessions.find(sessions.cookie(first))
    house.accounts.set_password("wang.min", "another grey heron", "staff:admin")
    with pytest.raises(NotSignedIn):
        sessions.find(sessions.cookie(second))
    renewed = sessions.cookie(opened(house))
    house.accounts.set_active("wang.min", False, "staff:admin")
    for cookie in (sessions.cookie(third), renewed):
        with pytest.raises(NotSignedIn):
            sessions.find(cookie)


def test_the_csrf_token_belongs_to_one_session(house: House) -> None:
    sessions = house.console.sessions
    first, second = opened(house), opened(house)
    sessions.check_csrf(first, sessions.csrf(first))
    for token in (None, "", "x", sessions.csrf(second), sessions.cookie(first), "\ud800"):
        with pytest.raises(CsrfRefused):
            sessions.check_csrf(first, token)
