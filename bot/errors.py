"""What the front door refuses, each with a stable code and one sentence.

FrontDoorError                 code                     status
├── BadTurn                    turn.*                   400, 413
├── TooMany                    turn.too_many            429
├── NotAllowed                 auth.*                   401, 403
├── UnknownConversation        conversation.unknown     404
├── UnknownKiosk               kiosk.unknown            404
├── ConversationClosed         conversation.closed      410
├── DeviceFault                device.*                 409
└── PartnerDown                partner.*                503   (inside a turn: becomes an apology, never an error)
"""

from typing import ClassVar

from actions.errors import YidaoError


class FrontDoorError(YidaoError):
    """A request that cannot be served as it is."""

    code: ClassVar[str] = "front.error"
    status: ClassVar[int] = 400

    def __init__(self, sentence: str = "", code: str | None = None, status: int | None = None) -> None:
        super().__init__(sentence)
        self.exact_code = code or self.code
        self.exact_status = status or self.status


class BadTurn(FrontDoorError):
    """The body or the text does not fit."""

    code = "turn.bad"


class TooMany(FrontDoorError):
    """Too many turns or conversations in a minute."""

    code = "turn.too_many"
    status = 429

    def __init__(self, sentence: str = "", code: str | None = None, *, retry_after_s: int = 1) -> None:
        super().__init__(sentence, code)
        self.retry_after_s = retry_after_s


class NotAllowed(FrontDoorError):
    """No token, a wrong one, or somebody else's."""

    code = "auth.denied"
    status = 401


class UnknownConversation(FrontDoorError):
    """There is no such conversation."""

    code = "conversation.unknown"
    status = 404


class UnknownKiosk(FrontDoorError):
    """No kiosk of the hospital has this name."""

    code = "kiosk.unknown"
    status = 404


class ConversationClosed(FrontDoorError):
    """The conversation has ended and was wiped."""

    code = "conversation.closed"
    status = 410


class DeviceFault(FrontDoorError):
    """A card reader, scanner or printer could not do it."""

    code = "device.unavailable"
    status = 409


class PartnerDown(FrontDoorError):
    """Rasa, the action server or Chroma did not answer in time."""

    code = "partner.down"
    status = 503
