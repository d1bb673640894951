"""The one settings tree: environment over `yidao.toml` over defaults.

A setting `bot.port` is `[bot] port = …` in `yidao.toml` and `YIDAO_BOT__PORT` in the environment. Secrets are
`SecretStr`, so no print, log or traceback shows them.
"""

import os
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from actions.settings import ActionServerSettings, ClockSettings, GuideSettings, RecordsSettings
from knowledge.settings import KnowledgeSettings

ROOT = Path(__file__).resolve().parent.parent
"""The root of the checkout: every relative path in the settings starts here."""


class BotSettings(BaseModel, extra="forbid"):
    """The HTTP front door."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 serves the kiosks of the house."""
    port: int = Field(8000, ge=1, le=65535)
    """Port of the kiosk page, the console and the API."""
    tls_certificate: Path | None = None
    """PEM certificate: with it and the key, https is served."""
    tls_key: Path | None = None
    """PEM key of the certificate."""
    device_secret: SecretStr | None = None
    """With it each kiosk has a token of its own, without which nobody can open a conversation at it or use its devices;
    `yidao kiosks` prints the addresses. Empty lets every page on the network be any kiosk (demo)."""
    service_token: SecretStr | None = None
    """Token of trusted services (phone, WeChat) that open conversations; empty refuses those channels."""
    turn_deadline_s: float = Field(8.0, gt=0)
    """Seconds a turn may take before the patient gets an apology and a human's ticket."""
    max_text_chars: int = Field(1000, ge=10)
    """Longest text a patient may send in one turn, in characters; the safety screen reads it whole all the same."""
    max_body_bytes: int = Field(65536, ge=1024)
    """Largest HTTP body that is read, in bytes."""
    turns_per_minute: int = Field(120, ge=1)
    """Turns one conversation may take in a minute: two a second, more than a person types or taps, and room for a
    client that sends what it kept while it was cut off."""
    conversations_per_minute: int = Field(600, ge=1)
    """Conversations that may be opened in a minute from one address."""
    simulated_devices: bool = True
    """Whether card reader, scanner and printer of every kiosk are simulated (`<state>/simulated_devices.yml` says what
    lies on them); false until a hospital connects its own: the devices then say that they are out of order."""
    idle_warning_s: float = Field(60.0, gt=0)
    """Seconds without a touch after which the kiosk warns."""
    idle_wipe_s: float = Field(20.0, gt=0)
    """Seconds after that warning until the kiosk forgets the patient."""
    abandoned_after_s: float = Field(1800.0, ge=60)
    """Seconds without a turn after which the server itself forgets a kiosk's patient, should the page have died."""
    page_again_after_s: float = Field(30.0, gt=0)
    """Seconds after which an alarm that nobody of the first circle has taken is paged to a wider one."""
    silent_after_s: float = Field(60.0, gt=0)
    """Seconds without a turn after an alarm until the patient counts as silent."""
    line_grace_s: float = Field(5.0, ge=0)
    """Seconds in which a page or a line that broke off after an alarm may come back."""


class RasaSettings(BaseModel, extra="forbid"):
    """The dialogue engine."""

    host: str = "127.0.0.1"
    """Address of the Rasa server (or of the balancer that hashes senders)."""
    port: int = Field(5005, ge=1, le=65535)
    """Its port."""
    tracker_url: SecretStr = SecretStr("sqlite:///var/rasa-tracker.sqlite3")
    """Where session state survives a restart."""


class ProcessSettings(BaseModel, extra="forbid"):
    """The supervisor and what it runs."""

    stop_grace_s: float = Field(5.0, gt=0, le=60)
    """Seconds a process gets to end by itself before it is killed."""
    start_deadline_s: float = Field(180.0, gt=0)
    """Seconds until `yidao up` says which process is still not ready; it goes on trying."""
    log_bytes: int = Field(10_000_000, ge=10_000)
    """Size at which a process's log is rotated, in bytes."""
    log_backups: int = Field(5, ge=0)
    """Rotated logs that are kept of each process."""


class Settings(BaseSettings):
    """Everything an operator can set, by process."""

    model_config = SettingsConfigDict(
        env_prefix="YIDAO_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    bot: BotSettings = BotSettings()
    rasa: RasaSettings = RasaSettings()
    actions: ActionServerSettings = ActionServerSettings()
    guide: GuideSettings = GuideSettings()
    records: RecordsSettings = RecordsSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    clock: ClockSettings = ClockSettings()
    processes: ProcessSettings = ProcessSettings()
    state: Path = Path("var")
    """Folder of everything the system writes while it runs: databases, keys, logs, sockets."""
    secret: SecretStr | None = None
    """Master key (32 bytes, base64) of encryption and internal tokens; empty uses `<state>/secret.key`, made at first
    start."""
    log_level: str = "INFO"
    """Lowest level that is logged."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Constructor arguments, then the environment, then `yidao.toml` (or the file YIDAO_CONFIG names)."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get("YIDAO_CONFIG", ROOT / "yidao.toml"))
        return init_settings, env_settings, toml

    def path(self, relative: Path) -> Path:
        """The absolute path of a path in the settings."""
        return relative if relative.is_absolute() else ROOT / relative

    @cached_property
    def records_url(self) -> str:
        """The database URL with a relative SQLite path made absolute."""
        return absolute_sqlite(self.records.url.get_secret_value())


def absolute_sqlite(url: str) -> str:
    """`sqlite:///var/x` → `sqlite:////…/var/x`; every other URL is returned unchanged."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url.startswith(prefix + "/"):
        return url
    return prefix + str(ROOT / url.removeprefix(prefix))
