"""What the configuration says in `members`, before AWS is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal
from guardduty_eks_audit_logs.messages.wording import counted, rule_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("account-id-length", key="members")
def account_id_digits(digits: str) -> Sentence:
    return (
        f"{digits} has {counted(len(digits), 'digit')}; an account id has 12.",
        "If it begins with zeros, put it in quotes.",
    )


@refusal("account-id-malformed", key="members")
def account_id_malformed(value: str) -> Sentence:
    return (
        f"{value} is not an account id.",
        "Write its 12 digits, in quotes.",
    )


@refusal("members-not-a-list", key="members")
def not_a_list(value: str) -> Sentence:
    return (
        f"{value} is not a list.",
        "Write a list of rules, as in stacks/Pulumi.template.yaml.",
    )


@refusal("members-text-not-a-list", key="members")
def text_of_a_list(value: str) -> Sentence:
    return (
        f"{value} is text and no list.",
        (
            "In the stack's file, write the list without quotes and without a |, as in "
            "stacks/Pulumi.template.yaml; by `pulumi config set`, write it as JSON."
        ),
    )


@refusal("rule-without-selector", key="members")
def no_selector(selectors: Sequence[str]) -> Sentence:
    return (
        "the rule selects no account.",
        f"Add one of {', '.join(selectors)}.",
    )


@refusal("rule-with-several-selectors", key="members")
def one_selector(selectors: Sequence[str]) -> Sentence:
    return (
        f"a rule selects by exactly one of {' and '.join(selectors)}.",
        "Keep one of them.",
    )


@refusal("rule-with-empty-selector", key="members")
def empty_selector(selector: str) -> Sentence:
    return (
        f"{selector} is empty, so the rule selects no account.",
        "Fill it or remove the rule.",
    )


@refusal("unit-id-malformed", key="members")
def unit_id_malformed(value: str) -> Sentence:
    return (
        f"{value} is not the id of an organizational unit.",
        "Write it like ou-ab12-cdef3456.",
    )


@refusal("unit-path-malformed", key="members")
def unit_path_malformed(value: str) -> Sentence:
    return (
        f"{value} is not a path of organizational units.",
        "Write it like Root/Prod/EU.",
    )


@refusal("rule-not-by-invitation", key="members")
def not_by_invitation(index: int, selector: str) -> Sentence:
    return (
        (
            f"{rule_at(index, f'.{selector}')}: members by invitation need not be in the same "
            "organization, so their units and tags can't be read with mode: invitation."
        ),
        "Use accounts or all.",
    )


@refusal("more-wrong-entries", key="members")
def more_of_the_same(place: str, number: int, total: int) -> Sentence:
    return (
        f"{place}: {number} more of {total} wrong entries.",
        "Each is to be corrected.",
    )
