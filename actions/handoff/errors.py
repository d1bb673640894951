"""What can go wrong with tickets (a branch of `actions.errors`)."""

from actions.errors import YidaoError


class HandoffError(YidaoError):
    """A ticket could not be worked on."""

    code = "handoff.error"


class UnknownTicket(HandoffError):
    """There is no such ticket."""

    code = "handoff.unknown"


class TicketTaken(HandoffError):
    """Another member of staff has it."""

    code = "handoff.taken"


class TicketClosed(HandoffError):
    """It is closed already."""

    code = "handoff.closed"
