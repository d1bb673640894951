import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from actions.errors import CipherError, VaultMiss
from actions.records import audit
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.masking import mask_value
from actions.records.tables import VaultRow
from actions.records.vault import Vault


@pytest.fixture
def vault(database: Database, cipher: Cipher) -> Vault:
    return Vault(database, cipher)


def test_a_value_gets_a_token_and_comes_back(vault: Vault) -> None:
    token = vault.keep("c1", "NAME", "张小芳")
    assert re.fullmatch(r"\[NAME_[a-z2-9]{4}\]", token)
    assert vault.reveal("c1", token) == "张小芳"


def test_the_same_value_has_one_token_in_a_conversation_and_another_elsewhere(vault: Vault) -> None:
    first = vault.keep("c1", "phone", "13800138000")
    assert vault.keep("c1", "PHONE", "13800138000") == first
    assert vault.keep("c1", "PHONE", "13900139000") != first
    with pytest.raises(VaultMiss):
        vault.reveal("c2", first)


def test_threads_that_keep_the_same_value_get_one_token(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: vault.keep("c1", "NAME", "王一"), range(16)))
    assert len(tokens) == 1


def test_two_values_whose_tokens_would_be_the_same_get_different_ones(database: Database, cipher: Cipher) -> None:
    first = Vault(database, cipher, rng=random.Random(7)).keep("c1", "NAME", "王一")
    second_vault = Vault(database, cipher, rng=random.Random(7))
    second = second_vault.keep("c1", "NAME", "李二")
    assert first != second
    assert [second_vault.reveal("c1", token) for token in (first, second)] == ["王一", "李二"]


def test_reveal_all_fills_a_text_and_leaves_strange_tokens(vault: Vault) -> None:
    name, phone = vault.keep("c1", "NAME", "John Smith"), vault.keep("c1", "PHONE", "13800138000")
    text = f"我叫{name}，电话{phone}，[NAME_zzzz] [1]"
    assert vault.reveal_all("c1", text) == "我叫John Smith，电话13800138000，[NAME_zzzz] [1]"
    assert vault.reveal_all("c2", text) == text
    assert vault.reveal_all("c1", "没有") == "没有"


def test_forget_removes_the_values_of_one_conversation(vault: Vault, database: Database) -> None:
    gone, stays = vault.keep("c1", "NAME", "王一"), vault.keep("c2", "NAME", "王一")
    assert vault.forget("c1") == 1
    assert vault.forget("c1") == 0
    with pytest.raises(VaultMiss):
        vault.reveal("c1", gone)
    assert vault.reveal("c2", stays) == "王一"
    assert audit.verify(database).length == 1


def test_a_value_moved_to_another_row_does_not_open(vault: Vault, database: Database) -> None:
    mine, other = vault.keep("c1", "NAME", "王一"), vault.keep("c1", "NAME", "李二")
    with database.write() as session:
        rows = {row.token: row for row in session.scalars(select(VaultRow))}
        rows[mine].value_sealed = rows[other].value_sealed
    with pytest.raises(CipherError):
        vault.reveal("c1", mine)


def test_mask_reads_back_with_the_middle_hidden(vault: Vault) -> None:
    assert vault.mask("c1", vault.keep("c1", "NAME", "张小芳")) == "张*芳"
    assert vault.mask("c1", vault.keep("c1", "PHONE", "13800135678")) == "138****5678"
    with pytest.raises(VaultMiss):
        vault.mask("c1", "13800135678")


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("name", "张芳", "张*"),
        ("name", "张小芳", "张*芳"),
        ("name", "欧阳小芳", "欧**芳"),
        ("name", "张", "张*"),
        ("name", "John Smith", "John S***"),
        ("name", "Madonna", "M***"),
        ("name", "Ana María de la Cruz", "Ana M***"),
        ("name", "", ""),
        ("phone", "13800135678", "138****5678"),
        ("phone", "010061230000", "010****0000"),
        ("phone", "6123000", "*****00"),
        ("id", "000000199001010014", "000*************14"),
        ("ID", "E12345678", "E12****78"),
        ("id_card", "A123", "**23"),
    ],
)
def test_masks(kind: str, value: str, masked: str) -> None:
    assert mask_value(kind, value) == masked
