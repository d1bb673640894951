"""The root of every error that the services raise on purpose.

    YidaoError                          code
    ├── RecordsError                    records.error
    │   ├── RecordsUnavailable          records.unavailable   database locked, full or away
    │   ├── CipherError                 records.cipher        a stored value cannot be opened
    │   └── VaultMiss                   records.vault_miss    no value behind a token
    └── RegistrationError               registration.error    (see actions/registration/errors.py)

`code` is stable: callers branch on the class, logs and the API carry the code. The sentence is for an operator;
what a patient hears is in `data/wording/`.
"""

from typing import ClassVar

__all__ = ["CipherError", "RecordsError", "RecordsUnavailable", "VaultMiss", "YidaoError"]


class YidaoError(Exception):
    """Something the services could not do, with a stable code and one sentence."""

    code: ClassVar[str] = "yidao.error"

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.code)
        self.sentence = sentence or self.code


class RecordsError(YidaoError):
    """The hospital's records could not do what was asked."""

    code = "records.error"


class RecordsUnavailable(RecordsError):
    """The database is locked, full or away; nothing was written."""

    code = "records.unavailable"


class CipherError(RecordsError):
    """A stored value cannot be opened with this key: wrong key, or the value was changed."""

    code = "records.cipher"


class VaultMiss(RecordsError):
    """No value is kept behind this token in this conversation."""

    code = "records.vault_miss"
