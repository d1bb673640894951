"""Why a suite cannot be measured, each as one sentence an operator can act on.

EvaluationFault      evaluation.failed
├── UnknownSuite       evaluation.unknown_suite
├── SuiteNotBuilt      evaluation.not_built
├── UnreadableCases    evaluation.unreadable
└── ParserFailed       evaluation.parser
"""

from actions.errors import YidaoError


class EvaluationFault(YidaoError):
    """A suite cannot be measured."""

    code = "evaluation.failed"


class UnknownSuite(EvaluationFault):
    """No suite has this name."""

    code = "evaluation.unknown_suite"


class SuiteNotBuilt(EvaluationFault):
    """The suite is defined, but what it measures does not exist yet."""

    code = "evaluation.not_built"


class UnreadableCases(EvaluationFault):
    """A file is missing or empty, or a row of it does not fit; the sentence names the line."""

    code = "evaluation.unreadable"


class ParserFailed(EvaluationFault):
    """Rasa did not load the model or did not answer every row."""

    code = "evaluation.parser"
