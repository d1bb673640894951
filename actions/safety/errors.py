"""What can go wrong before the gate stands.

YidaoError
└── SafetyError         safety.error
    └── RulesInvalid    safety.rules_invalid    a rule or concept file is missing or breaks its schema
"""

from actions.errors import YidaoError


class SafetyError(YidaoError):
    """The emergency gate could not do what was asked."""

    code = "safety.error"


class RulesInvalid(SafetyError):
    """A file of rules, concepts or symptoms cannot be used; the sentence names the file and the entry."""

    code = "safety.rules_invalid"
