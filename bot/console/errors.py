"""What the console refuses (a branch of `bot.errors`).

ConsoleError                   code                     status
├── BadRequest                 console.bad_request      400, 413, 415
├── SignInRefused              auth.refused, .locked    401, 429
├── NotSignedIn                auth.not_signed_in       401
├── CsrfRefused                auth.csrf                403
├── NotYourRole                auth.role                403
├── BadAccount                 account.*                400, 404, 409
└── Conflict                   ticket.*                 409, 410
"""

from typing import ClassVar

from bot.errors import FrontDoorError


class ConsoleError(FrontDoorError):
    """A request of the console that cannot be served."""

    code: ClassVar[str] = "console.error"


class BadRequest(ConsoleError):
    """The body does not fit."""

    code = "console.bad_request"


class SignInRefused(ConsoleError):
    """Wrong name or password, or too many wrong ones; which of the first two is not said."""

    code = "auth.refused"
    status = 401


class NotSignedIn(ConsoleError):
    """No session, or one that has ended."""

    code = "auth.not_signed_in"
    status = 401


class CsrfRefused(ConsoleError):
    """A change without the session's own token."""

    code = "auth.csrf"
    status = 403


class NotYourRole(ConsoleError):
    """The role does not cover this."""

    code = "auth.role"
    status = 403


class BadAccount(ConsoleError):
    """An account cannot be made or changed like this."""

    code = "account.bad"


class Conflict(ConsoleError):
    """The ticket is not in a state for this."""

    code = "ticket.conflict"
    status = 409
