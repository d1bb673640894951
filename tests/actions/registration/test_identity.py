from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.registration.errors import InvalidIdCard, InvalidPassport, InvalidPhone
from actions.registration.identity import (
    check_character,
    check_id_card,
    check_id_number,
    check_passport,
    check_phone,
    normal_name,
)

TODAY = date(2026, 11, 24)


def made(seventeen: str) -> str:
    """An invented number, area code 000000, with its right check character."""
    return seventeen + check_character(seventeen)


WOMAN = made("00000019900101002")
MAN = made("00000019561231001")
WITH_X = next(number for last in range(1000) if (number := made(f"00000019900101{last:03}")).endswith("X"))


def test_check_character_follows_the_example_of_the_standard() -> None:
    assert check_character("11010519491231002") == "X"  # the example printed in GB 11643-1999


def test_sex_and_birth_are_read() -> None:
    woman, man = check_id_card(WOMAN, TODAY), check_id_card(MAN, TODAY)
    assert (woman.birth_date, woman.sex) == (date(1990, 1, 1), "female")
    assert (man.birth_date, man.sex) == (date(1956, 12, 31), "male")


@pytest.mark.parametrize(
    "written",
    [
        WITH_X,
        WITH_X.lower(),
        f"  {WITH_X[:6]} {WITH_X[6:14]} {WITH_X[14:]}  ",
        f"{WITH_X[:6]}-{WITH_X[6:]}",
        "".join(chr(ord(each) + 0xFEE0) for each in WITH_X),
    ],
)
def test_one_number_in_many_writings(written: str) -> None:
    assert check_id_card(written, TODAY).number == WITH_X


def test_fifteen_digits_are_written_out() -> None:
    assert check_id_card("000000900101002", TODAY).number == WOMAN


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "format"),
        ("12345", "format"),
        ("not a number", "format"),
        (WOMAN + "1", "format"),
        (WOMAN[:17], "format"),
        ("X" + WOMAN[1:], "format"),
        ("00000019900101二〇02", "format"),
        (made("00000019900231002"), "date"),
        (made("00000019901301002"), "date"),
        (made("00000018900101002"), "date"),
        (made("00000020270101002"), "date"),
        ("000000901301002", "date"),
        (WOMAN[:17] + ("0" if WOMAN[17] != "0" else "1"), "checksum"),
    ],
)
def test_what_cannot_be_an_id_card(value: str, fault: str) -> None:
    with pytest.raises(InvalidIdCard) as caught:
        check_id_card(value, TODAY)
    assert caught.value.fault == fault


@given(st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_shows(place: int, change: int) -> None:
    digit = str((int(WOMAN[place]) + change) % 10)
    with pytest.raises(InvalidIdCard):
        check_id_card(WOMAN[:place] + digit + WOMAN[place + 1 :], TODAY)


@given(st.integers(0, 15))
def test_two_neighbours_swapped_show(place: int) -> None:
    swapped = WOMAN[:place] + WOMAN[place + 1] + WOMAN[place] + WOMAN[place + 2 :]
    if swapped == WOMAN:
        assert check_id_card(swapped, TODAY).number == WOMAN
        return
    with pytest.raises(InvalidIdCard):
        check_id_card(swapped, TODAY)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("19900139000", "19900139000"),
        ("0100-6123-0000", "010061230000"),
        ("(010) 6123 0000", "01061230000"),
        ("0512-6123000", "05126123000"),
    ],
)
def test_phones(written: str, number: str) -> None:
    assert check_phone(written) == number


@pytest.mark.parametrize(
    "value", ["", "12345", "12800138000", "1380013800", "138001380001", "+1 202 555 0100", "phone", "6123000"]
)
def test_what_cannot_be_a_phone(value: str) -> None:
    with pytest.raises(InvalidPhone):
        check_phone(value)


@pytest.mark.parametrize(
    ("written", "number"), [("E12345678", "E12345678"), ("e 1234 5678", "E12345678"), ("K0123456", "K0123456")]
)
def test_passports(written: str, number: str) -> None:
    assert check_passport(written) == number


@pytest.mark.parametrize("value", ["", "ABCDEF", "E1234", "E123456789", "E1234567!"])
def test_what_cannot_be_a_passport(value: str) -> None:
    with pytest.raises(InvalidPassport):
        check_passport(value)


def test_a_number_says_what_it_is() -> None:
    assert check_id_number(WOMAN, TODAY).kind == "id_card"
    assert check_id_number("E12345678", TODAY).kind == "passport"


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("张小芳", " 张 小芳 "),
        ("John Smith", "john  SMITH"),
        ("阿依·古丽", "阿依古丽"),
        ("Ｊｏｈｎ Smith", "John Smith"),
    ],
)
def test_names_that_are_the_same(one: str, same: str) -> None:
    assert normal_name(one) == normal_name(same)


def test_names_that_are_not() -> None:
    assert normal_name("John Smith") != normal_name("Johns Mith")
