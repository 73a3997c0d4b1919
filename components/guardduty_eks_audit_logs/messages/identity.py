"""The identity in the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import notice, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("region-missing", key="aws:region")
def no_region() -> Sentence:
    return (
        "aws:region is not set.",
        "Run `pulumi config set aws:region <region>`.",
    )


def perhaps_no_region(region: str) -> str:
    return f"Or correct the region, if {region} is none of AWS's."


@refusal("aws-setting-not-followed")
def aws_setting_not_followed(key: str, instead: str) -> Sentence:
    return (
        f"aws:{key} would make pulumi-aws act as another account than the member settings.",
        f"{instead}.",
    )


@refusal("several-credentials-files", key_from="key")
def one_file_only(key: str) -> Sentence:
    return (
        f"{key} names several files, but only one can be followed.",
        "Keep one.",
    )


@refusal("keys-belong-together", key="aws:secretKey")
def keys_belong_together() -> Sentence:
    return (
        "aws:accessKey and aws:secretKey belong together, aws:token to both of them.",
        "Set them all, or none and use aws:profile or the environment.",
    )


@refusal("credentials-in-clear", key_from="key")
def credentials_in_clear(key: str) -> Sentence:
    return (
        f"{key} is in the stack's configuration in clear, and would be in its state.",
        (
            "Make a new access key in AWS and delete this one, which others may have read. Then "
            "take the keys out and use aws:profile or the environment; or write the new "
            f"aws:accessKey, and {key} by `pulumi config set --secret {key}`."
        ),
    )


@refusal("identity-with-secrets")
def identity_with_secrets(keys: Sequence[str]) -> Sentence:
    named = ", ".join(f"identity.{key}" for key in keys)
    return (
        f"{named} can't be given, since an identity is kept in the stack's state in clear.",
        "Use profile or assumeRoles, or keys in the environment.",
    )


@notice(
    "credentials-of-the-stack-used", key="aws:profile", way_out="Nothing, or remove one of them."
)
def identity_used(used: str, unused: Sequence[str]) -> str:
    ignored = " and ".join(unused)
    are = "is" if len(unused) == 1 else "are"
    return f"Credentials: {used} of this stack is used; {ignored} of the environment {are} not."


@refusal("aws-address-malformed", key="aws:region")
def address_malformed(reason: str) -> Sentence:
    return (
        f"AWS has no such address ({reason.rstrip('.')}).",
        (
            "Correct aws:region, or aws:endpoints or AWS_ENDPOINT_URL if one is set; an "
            "endpoint begins with http:// or https://."
        ),
    )


@refusal("role-duration-malformed", key="aws:assumeRoles")
def duration_malformed(duration: str) -> Sentence:
    return (
        f"aws:assumeRoles: duration {duration} is malformed.",
        "Write it like 1h or 30m.",
    )


@refusal("account-excluded", key_from="key")
def account_excluded(caller: str, key: str, allowed: Sequence[str]) -> Sentence:
    """Says which setting excludes the caller; `allowed` is empty if it is listed as forbidden."""
    of_stack = " of this stack" if key.startswith("aws:") else ""
    if allowed:
        return (
            (
                f"the credentials are of account {caller}, but {key}{of_stack} lists only "
                f"{', '.join(allowed)}."
            ),
            "Use credentials of that account.",
        )
    return (
        f"the credentials are of account {caller}, which {key}{of_stack} lists.",
        "Use credentials of another account.",
    )


@refusal("credentials-of-the-last-up")
def acts_as_the_state_says(fault: str) -> Sentence:
    """Adds the way out where the credentials are those of the last `pulumi up`."""
    return (
        (f"{fault} A refresh and a destroy act as the state says, so as the last `pulumi up` did."),
        (
            "If other credentials are configured since then, run `pulumi up --refresh=false` "
            "once, also before a destroy; `pulumi preview --refresh=false` shows it."
        ),
    )
