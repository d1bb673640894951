import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.errors import CipherError
from actions.records.cipher import Cipher

CIPHER = Cipher(b"k" * 32)


@given(st.text(max_size=200).filter(lambda text: text.isprintable()), st.text(max_size=20).filter(str.isprintable))
def test_what_is_sealed_opens_with_the_same_context(text: str, context: str) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(text, context), context) == text


def test_sealing_twice_gives_different_ascii() -> None:
    first, second = CIPHER.encrypt("张小芳"), CIPHER.encrypt("张小芳")
    assert first != second
    assert first.isascii()
    assert "张" not in first


@pytest.mark.parametrize(
    "sealed",
    [
        CIPHER.encrypt("x", "elsewhere"),
        Cipher(b"other key, 32 bytes long, truly.").encrypt("x", "here"),
        CIPHER.encrypt("x", "here")[:-6] + "AAAAA=",
        "",
        "v1.",
        "no base64 at all!",
        "v1.AAAA",
    ],
    ids=["elsewhere", "other key", "cut", "empty", "bare", "no base64", "short"],
)
def test_wrong_context_key_or_bytes_are_refused(sealed: str) -> None:
    with pytest.raises(CipherError):
        CIPHER.decrypt(sealed, "here")


def test_keyed_hash_is_the_same_only_for_same_value_purpose_and_key() -> None:
    one = CIPHER.keyed_hash("13800138000", "identity:phone")
    assert one == Cipher(b"k" * 32).keyed_hash("13800138000", "identity:phone")
    others = {
        CIPHER.keyed_hash("13800138001", "identity:phone"),
        CIPHER.keyed_hash("13800138000", "vault:phone"),
        Cipher(b"z" * 32).keyed_hash("13800138000", "identity:phone"),
    }
    assert len(one) == 64
    assert one not in others


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(CipherError, match="16 bytes"):
        Cipher(b"short")
