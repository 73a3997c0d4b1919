"""How AWS answers, or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal
from guardduty_eks_audit_logs.messages.wording import counted

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("aws-no-answer")
def no_answer(operation: str, reason: str, *, proxy: bool = False) -> Sentence:
    check = (
        "the proxy that HTTPS_PROXY or HTTP_PROXY names, which may ask for a sign-in"
        if proxy
        else "the network, and aws:endpoints or AWS_ENDPOINT_URL if one is set"
    )
    return (
        f"no answer from AWS ({operation}: {reason.rstrip('.')}).",
        f"Check {check}.",
    )


def no_answer_within(seconds: int) -> str:
    return f"none within {seconds} s"


@refusal("aws-reading-too-slow")
def reading_too_long(region: str, operation: str, seconds: int, answers: int) -> Sentence:
    return (
        (
            f"reading {region} has come to no end within {seconds} s "
            f"({counted(answers, 'answer')}; {operation} was asked last)."
        ),
        "Check the network; where AWS is slow, run again later.",
    )


def waiting_for(region: str, operation: str, answers: int, seconds: int) -> str:
    so_far = f", {counted(answers, 'answer')} so far" if answers else ""
    return f"{region}: waiting for {operation}{so_far}, {seconds} s"


@refusal("aws-call-failed")
def call_failed(operation: str, code: str, reason: str, *, denied: bool) -> Sentence:
    way_out = f"Give the caller the permission for {operation}." if denied else ""
    return f"{operation} failed: {code}: {reason.rstrip('.')}.", way_out


def unknown_value(value: str) -> str:
    return f"the answer has {value}, which this release does not know. Use a newer release."


def malformed_answer() -> str:
    return "the answer is not what this operation answers. Check aws:endpoints and the proxy."


def token_again() -> str:
    return "a page leads back to one that was read before, so the list has no end. Try again later."


def page_again(times: int) -> str:
    return f"{times} pages say the same, so the list seems to have no end. Try again later."


def status_not_returned() -> str:
    return "GuardDuty does not return the status of EKS_AUDIT_LOGS for this account."
