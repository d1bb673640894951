import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.secrets import BadSecret, derive_token, key_file, load_secret
from bot.settings import Settings


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "var")
    first = load_secret(settings)
    assert len(first) == 32
    assert load_secret(settings) == first
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert [path.name for path in key_file(settings).parent.iterdir()] == ["secret.key"]


def test_processes_that_race_get_the_same_key(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "var")
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_secret(settings), range(64)))
    assert len(keys) == 1


def test_the_settings_secret_wins(tmp_path: Path) -> None:
    key = bytes(range(32))
    settings = Settings(state=tmp_path, secret=SecretStr(base64.b64encode(key).decode()))
    assert load_secret(settings) == key
    assert not key_file(settings).exists()


@pytest.mark.parametrize("text", ["", "not base64 !", base64.b64encode(b"short").decode()])
def test_a_bad_secret_is_refused_without_telling_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSecret) as caught:
        load_secret(Settings(state=tmp_path, secret=SecretStr(text)))
    assert "32 bytes" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_tokens_differ_by_purpose_and_by_secret() -> None:
    one, two = b"1" * 32, b"2" * 32
    tokens = {derive_token(one, "a"), derive_token(one, "b"), derive_token(two, "a")}
    assert len(tokens) == 3
    assert derive_token(one, "a") == derive_token(one, "a")
    assert all(len(token) == 43 for token in tokens)
