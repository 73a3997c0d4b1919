"""The caller, its detector and its region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal
from guardduty_eks_audit_logs.messages.wording import DROP_THE_RECORD, REPLACED

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("detector-missing", key="detector")
def no_detector(region: str, caller: str) -> Sentence:
    return (
        f"detector: existing, but account {caller} has no GuardDuty detector in {region}.",
        (
            "Use credentials of the account that is to keep GuardDuty; enable GuardDuty there, "
            "or set detector: create."
        ),
    )


@refusal("detector-needs-delegated-administrator", key="detector")
def not_delegated(caller: str, reason: str | None) -> Sentence:
    asked = f" ({reason.rstrip('.')})" if reason else ""
    return (
        (
            f"detector: create, but AWS Organizations does not list account {caller} as a "
            "delegated "
            f"administrator of GuardDuty{asked}."
        ),
        (
            "Use the administrator's credentials, with the permission "
            "organizations:ListDelegatedAdministrators."
        ),
    )


@refusal("credentials-of-another-account")
def other_account(region: str, caller: str, account: str) -> Sentence:
    return (
        (
            f"this stack in {region} is account {account}'s, but the credentials are of account "
            f"{caller}."
        ),
        (
            f"Use credentials of {account}. If another account has replaced {account}, "
            f"{REPLACED}; if {account} can't act any more, {DROP_THE_RECORD}."
        ),
    )


@refusal("provider-of-another-account")
def provider_of_another_account(region: str, provider: str, account: str) -> Sentence:
    return (
        (
            f"the aws provider in {region} is account {provider}'s, but the plan is of account "
            f"{account}."
        ),
        "Make the provider with the same identity, by guardduty_eks_audit_logs.aws_provider.",
    )


@refusal("detector-not-of-this-stack", key="detector")
def detector_there_already(
    region: str, caller: str, detector_id: str, arn: str, tag: str
) -> Sentence:
    return (
        (
            f"detector: create, but account {caller} has detector {detector_id} in {region} "
            "already, which this stack did not make."
        ),
        (
            "Set detector: existing; or, for this stack to import it, run `aws guardduty "
            f"tag-resource --resource-arn {arn} --tags {tag}` and `pulumi up`."
        ),
    )


@refusal("detector-suspended")
def detector_suspended(region: str, caller: str, detector_id: str) -> Sentence:
    return (
        (
            f"GuardDuty is suspended in {region} for account {caller} (detector {detector_id}), "
            "so no feature of it works."
        ),
        "Resume it in GuardDuty's settings.",
    )


@refusal("caller-is-member")
def caller_is_member(region: str, caller: str, administrator: str) -> Sentence:
    return (
        (
            f"account {caller} is a GuardDuty member in {region}, and only its administrator "
            f"{administrator} may set EKS audit log monitoring."
        ),
        f"Use credentials of {administrator}.",
    )


@refusal("caller-not-administrator")
def caller_not_administrator(region: str, caller: str, reason: str) -> Sentence:
    return (
        (f"account {caller} is not the delegated GuardDuty administrator in {region} ({reason})."),
        "Use the administrator's credentials, or designate this account first.",
    )


@refusal("administrator-replaced")
def administrator_replaced(region: str, account: str) -> Sentence:
    """Says what the two refusals before leave out if the stack's account was the administrator."""
    return (
        f"the record of this stack is of account {account} in {region}.",
        f"If another account has replaced it as administrator, {REPLACED}.",
    )


@refusal("permission-missing")
def permission_missing(caller: str, operation: str, reason: str) -> Sentence:
    return (
        f"account {caller} may not call {operation} ({reason}).",
        f"Give the caller the permission guardduty:{operation}.",
    )


@refusal("feature-not-offered", key="aws:region")
def feature_not_offered(region: str) -> Sentence:
    return (
        f"aws:region: GuardDuty does not offer EKS_AUDIT_LOGS in {region}.",
        (
            "Keep no stack for it: `pulumi destroy`, which is safe for one that was never up, "
            "and `pulumi stack rm`."
        ),
    )
