"""Which question tells most about the department: expected information gain over the answers that a patient may give.

Facts that a hard rule depends on (a child's age, pregnancy) come first; then the question with the largest gain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import log

from actions.guide.case import Case
from actions.guide.evidence import Shares, yes_share
from actions.guide.symptoms import AskWhenEntry, QuestionEntry, SymptomTable


def next_question(table: SymptomTable, case: Case, shares: Shares, asked: Collection[str]) -> str | None:
    """Id of the question to ask next; None when the best department is sure enough or no question tells anything.

    `shares`: probabilities of the departments that may be offered; `asked`: ids of questions asked before.
    """
    most = table.thresholds.most_questions
    if sum(not table.questions[one].when.none for one in asked if one in table.questions) >= most:
        return None
    open_ = [one for one in table.questions.values() if one.id not in asked and _may_ask(table, one, case, shares)]
    facts = [one for one in open_ if one.kind == "fact" and not one.when.unsure and _is_due(table, one, shares)]
    if facts:
        return facts[0].id
    if not shares or max(shares.values()) >= table.thresholds.sure_from:
        return None
    gains = {one.id: gain(table, one, shares) for one in open_ if one.kind != "fact"}
    best = max(gains, key=lambda name: gains[name], default=None)
    if best is not None and gains[best] >= table.thresholds.least_gain:
        return best
    # Nothing particular is worth asking: what the patient says freely may still settle it.
    asked_freely = any(table.questions[one].when.unsure for one in asked if one in table.questions)
    freely = [one.id for one in open_ if one.when.unsure and not asked_freely]
    return freely[0] if freely and max(shares.values()) < table.thresholds.unsure_below else None


def gain(table: SymptomTable, question: QuestionEntry, shares: Shares) -> float:
    """Nats that the answer is expected to tell about the department (mutual information of answer and department)."""
    answers = _answers(table, question, shares)
    told = 0.0
    for likelihood in answers:
        whole = sum(shares[name] * likelihood[name] for name in shares)
        if whole <= 0:
            continue
        for name, share in shares.items():
            joint = share * likelihood[name]
            if joint > 0:
                told += joint * log(likelihood[name] / whole)
    return told


def _answers(table: SymptomTable, question: QuestionEntry, shares: Shares) -> list[Mapping[str, float]]:
    """Likelihood of each possible answer in each department."""
    if question.kind == "yes_no":
        yes = {name: yes_share(table, question.about, name) for name in shares}
        return [yes, {name: 1.0 - value for name, value in yes.items()}]
    likely = [{name: yes_share(table, option.about, name) for name in shares} for option in question.options]
    whole = {name: sum(one[name] for one in likely) for name in shares}
    return [{name: one[name] / whole[name] for name in shares} for one in likely]


def _is_due(table: SymptomTable, question: QuestionEntry, shares: Shares) -> bool:
    """Whether a fact is worth asking: what else there is, only while that may change the department."""
    return not question.when.brief or max(shares.values(), default=0.0) < table.thresholds.brief_sure_from


def _may_ask(table: SymptomTable, question: QuestionEntry, case: Case, shares: Shares) -> bool:
    known = {
        "age": case.age is not None or case.child,
        "pregnant": case.pregnant is not None or case.sex == "male" or case.child,
        "injury": "trauma_fall" in case.symptoms or case.injury_denied,
        "duration": case.duration_said,
        "more": case.length >= table.thresholds.brief_below,
        "also": False,
        "patient": (case.age is not None or case.child) and (case.sex is not None or case.child),
    }
    if question.unknown is not None and known[question.unknown]:
        return False
    if question.when.none:
        return not case.symptoms and not shares
    if question.when.decides and not _decides(table, case, shares):
        return False
    told = question.kind != "fact" and any(one in case.symptoms or one in case.denied for one in question.all_about)
    something = bool(case.symptoms) or bool(shares) or (question.when.brief and case.length > 0)
    return not told and something and _when_holds(table, question, question.when, case)


def _decides(table: SymptomTable, case: Case, shares: Shares) -> bool:
    """Whether a department that may be meant is barred, by a rule of age or sex, for some patients."""
    adult, man = case.age is None and not case.child, case.sex is None
    barred = {
        name
        for rule in table.rules
        for name in rule.bar
        if (man and rule.when.sex is not None) or (adult and rule.kind == "age" and rule.when.child is None)
    }
    return any(shares.get(name, 0.0) >= table.thresholds.rule_gain for name in barred)


def _when_holds(table: SymptomTable, question: QuestionEntry, when: AskWhenEntry, case: Case) -> bool:
    fits_sex = all(case.sex is None or table.symptoms[one].sex in {None, case.sex} for one in (question.about or ()))
    return fits_sex and all(
        (
            not when.asks or any(table.symptoms[one].question == question.id for one in case.symptoms),
            not when.maybe_child or case.maybe_child,
            when.child is None or when.child == case.child,
            when.pregnant is None or when.pregnant == bool(case.pregnant),
            when.sex is None or case.sex in {None, when.sex},
            when.age is None or case.age is None or when.age.holds(case.age),
            not when.any or any(one in case.symptoms for one in when.any),
            not any(one in case.symptoms for one in when.unless),
        )
    )
