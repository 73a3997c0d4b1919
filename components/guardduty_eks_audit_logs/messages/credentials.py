"""Where credentials come from, and why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardduty_eks_audit_logs.messages.catalogue import Sentence

_EXPIRED = ("ExpiredToken", "ExpiredTokenException")
_OTHER_SOURCE = (
    "the AWS environment variables and files",
    "Correct them, or set aws:profile in the stack",
)
_SOURCES = {
    "assume-role": (
        "the role of profile {profile}",
        (
            "Correct role_arn, and source_profile or credential_source, of profile {profile}; the "
            "role's trust policy has to name the caller, and the caller's own policies have to "
            "allow sts:AssumeRole"
        ),
    ),
    "assume-role-with-web-identity": (
        "the web identity token of profile {profile}",
        (
            "Let a new token be written into the file that web_identity_token_file of profile "
            "{profile} names, and set role_arn there"
        ),
    ),
    "environment-web-identity": (
        "the web identity token",
        (
            "Let the job write a new token into the file that AWS_WEB_IDENTITY_TOKEN_FILE names, "
            "and set AWS_ROLE_ARN"
        ),
    ),
    "config-file": (
        "the keys of profile {profile}",
        "Write new ones, for instance by `aws configure --profile {profile}`",
    ),
    "container-role": (
        "the container's role",
        (
            "Correct AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, "
            "and the role of the task or pod"
        ),
    ),
    "custom-process": (
        "credential_process of profile {profile}",
        (
            "Run that program by itself: without asking anybody, it has to print JSON with "
            "Version 1, AccessKeyId and SecretAccessKey"
        ),
    ),
    "env": (
        "the keys in the environment",
        (
            "Set new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for keys that expire, "
            "AWS_SESSION_TOKEN"
        ),
    ),
    "explicit": (
        "aws:accessKey of the stack",
        (
            "Set new ones: aws:accessKey and, by `pulumi config set --secret`, aws:secretKey and, "
            "for keys that expire, aws:token"
        ),
    ),
    "iam-role": (
        "the role of this machine",
        "Attach a role to it, or set aws:profile in the stack or AWS_PROFILE in the environment",
    ),
    "login": (
        "profile {profile}, which signs in by `aws login`",
        "Run `aws login --profile {profile}`",
    ),
    "sso-assignment": (
        "profile {profile}, which signs in by SSO",
        (
            "Correct sso_account_id and sso_role_name of profile {profile}, or let IAM Identity "
            "Center assign that account and role to you"
        ),
    ),
    "sso": (
        "profile {profile}, which signs in by SSO",
        "Run `aws sso login --profile {profile}`",
    ),
}
_SOURCES["shared-credentials-file"] = _SOURCES["config-file"]


@refusal("credentials-missing", key="aws:profile")
def no_credentials(reason: str) -> Sentence:
    return (
        f"no AWS credentials: {reason.rstrip('.')}.",
        (
            "Set aws:profile in the stack; or AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, in the environment."
        ),
    )


@refusal("profile-missing", key="aws:profile")
def no_profile(profile: str, named_by: str) -> Sentence:
    return (
        (
            f"no AWS credentials: profile {profile}, which {named_by} names, is in neither of "
            "AWS's files."
        ),
        f"Correct {named_by}, or add the profile to them.",
    )


@refusal("credentials-source-failed", key="aws:profile")
def no_credentials_from(source: str, reason: str, way_out: str) -> Sentence:
    return (
        f"no AWS credentials from {source}: {reason.rstrip('.')}.",
        f"{way_out}.",
    )


@refusal("credentials-rejected", key="aws:profile")
def credentials_rejected(
    operation: str,
    code: str,
    reason: str,
    source: str = "the credentials",
    way_out: str = "Renew them",
) -> Sentence:
    region = (
        ""
        if code in _EXPIRED
        else "; or enable the region for this account if it is one to opt in to"
    )
    return (
        f"AWS does not accept {source} ({operation}: {reason.rstrip('.')}).",
        f"{way_out}{region}.",
    )


def credentials_source(method: str, profile: str) -> tuple[str, str]:
    """Names a source of credentials, and what to do if it gives none.

    Args:
        method: botocore's name of the source, for instance `sso`.
        profile: the profile that is used.
    """
    name, way_out = _SOURCES.get(method, _OTHER_SOURCE)
    return name.format(profile=profile), way_out.format(profile=profile)


def files_source(files: Sequence[str]) -> tuple[str, str]:
    named = " and ".join(files)
    return (
        f"AWS's files ({named})",
        "Correct them, or name others by AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
    )


def file_unreadable(file: str) -> str:
    return f"{file} can't be read"


@refusal("ca-bundle-missing", key="aws:customCaBundle")
def no_ca_bundle(file: str) -> Sentence:
    return (
        f"the file of certificates {file} is not there.",
        "Correct aws:customCaBundle, or AWS_CA_BUNDLE or ca_bundle of the profile.",
    )


def web_identity_denied(role: str, claims: Mapping[str, str]) -> tuple[str, str]:
    """Names a web identity token that a role does not accept, with what its policy looks at."""
    named = " and ".join(f"{name} {value}" for name, value in claims.items())
    return (
        f"the web identity token with {named}" if named else "the web identity token",
        (
            f"Let the trust policy of {role or 'the role'} accept the token's provider, aud and "
            "sub, and let the role's account have that identity provider; or name another role"
        ),
    )


def role_way_out(prefix: str, *, has_external_id: bool) -> str:
    external = (
        f"with the externalId of {prefix}assumeRoles"
        if has_external_id
        else f"and, if it asks for an external id, set externalId in {prefix}assumeRoles"
    )
    return (
        f"Let the role's trust policy name the caller, {external}; and let the caller's own "
        "policies allow sts:AssumeRole"
    )


@refusal("profile-asks-for-mfa", key="aws:profile")
def asks_for_mfa(profile: str) -> Sentence:
    return (
        f"profile {profile} asks for an MFA code (mfa_serial), and a run can't ask for one.",
        (
            'Put keys into the environment by `eval "$(aws configure export-credentials '
            f'--profile {profile} --format env)"`, where aws:profile is not set; or use a '
            "profile without mfa_serial."
        ),
    )


def keys_incomplete() -> str:
    return "the access key or the secret key is missing"


def keys_malformed() -> str:
    return "a key or the session token has a line break or another character that keys never have"


def no_json() -> str:
    return "what it gave is no JSON"


@refusal("awscrt-missing", key="aws:profile")
def dependency_missing(profile: str) -> Sentence:
    return (
        (
            f"profile {profile} signs in by `aws login`, for which the Python package awscrt is "
            "missing."
        ),
        "Install requirements.txt again.",
    )


def unexpected_answer() -> str:
    return "it is empty, or gave something else than it should, such as a proxy's page"


def no_role() -> str:
    return "no role is named"


def correct_profile() -> str:
    return "Correct the profile in AWS's files, for instance in ~/.aws/config"


@refusal("profile-without-credentials", key="aws:profile")
def profile_without_credentials(profile: str) -> Sentence:
    return (
        f"no AWS credentials: profile {profile} has none.",
        "Add keys, a role, SSO or a credential_process to it, or name another profile.",
    )
