"""The caller's identity: from a stack's `aws:*` configuration, or from a program's argument.

The AWS environment variables and files fill whatever neither says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake

from guardduty_eks_audit_logs import messages
from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.account_id import account_id
from guardduty_eks_audit_logs.settings.faults import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ModelWrapValidatorHandler

    from guardduty_eks_audit_logs.messages.catalogue import Refusal


SECRETS = ("accessKey", "secretKey", "token")
"""What an `Identity` never has, since it is kept in the state in clear."""


_AccountId = Annotated[str, BeforeValidator(account_id)]


class AssumeRole(BaseModel):
    """A role to act as, with what STS AssumeRole takes, in the names of pulumi-aws.

    Attributes:
        role_arn: the role.
        duration: of the role's session, for instance `1h30m`.
        external_id: what the role's trust policy may ask for.
        policy: an IAM policy as JSON that narrows what the role may do.
        policy_arns: the same as managed policies.
        session_name: names the session in CloudTrail.
        source_identity: the source identity that CloudTrail shows.
        tags: of the session.
        transitive_tag_keys: those of the tags that a role assumed from this one keeps.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    role_arn: str
    duration: str | None = None
    external_id: str | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    session_name: str = "guardduty-eks-audit-logs"
    source_identity: str | None = None
    tags: dict[str, str] = {}
    transitive_tag_keys: tuple[str, ...] = ()


class ProviderSettings(BaseModel):
    """The settings of pulumi-aws's provider that decide who acts, without keys and region.

    The stack's `aws:*` configuration has more of them (`AwsSettings`), a program's `Identity` just
    these.

    Attributes:
        prefix: put before each key where a user writes it.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    prefix: ClassVar[str]

    allowed_account_ids: tuple[_AccountId, ...] = ()
    assume_roles: tuple[AssumeRole, ...] = ()
    custom_ca_bundle: str | None = None
    endpoints: tuple[dict[str, str], ...] = ()
    forbidden_account_ids: tuple[_AccountId, ...] = ()
    insecure: bool = False
    profile: str | None = None
    shared_config_files: tuple[str, ...] = ()
    shared_credentials_files: tuple[str, ...] = ()
    sts_region: str | None = None
    use_dualstack_endpoint: bool | None = None
    use_fips_endpoint: bool | None = None

    def endpoint(self, service: str) -> str | None:
        """Gives the URL by which a service is asked; None where AWS has it."""
        return next((urls[service] for urls in self.endpoints if urls.get(service)), None)

    @property
    def keys(self) -> tuple[str, str, str | None] | None:
        """Access key, secret key and token in clear; None if there are none."""
        return None

    @property
    def default_region(self) -> str | None:
        """The region of what does not say its own; None if there is none."""
        return None

    def faults(self) -> Iterator[Refusal]:
        """Says what boto3 could not follow."""
        for key, files in (
            ("sharedConfigFiles", self.shared_config_files),
            ("sharedCredentialsFiles", self.shared_credentials_files),
        ):
            if len(files) > 1:
                yield messages.one_file_only(f"{self.prefix}{key}")

    def properties(self) -> dict[str, Any]:
        """Writes them as plain JSON for the state, in pulumi-aws's names, without what is left out.

        `Identity(**properties)` reads it again.

        Raises:
            SettingsError: they have a secret, which the state would have in clear.
        """
        if secrets := [key for key in SECRETS if getattr(self, to_snake(key), None)]:
            raise SettingsError((messages.identity_with_secrets(secrets),))
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class AwsSettings(ProviderSettings):
    """Who acts and where, by the stack's `aws:*` configuration (`settings.stack_identity`).

    Attributes:
        access_key: with `secret_key`, comes before all other credentials.
        secret_key: is shown by nothing, and is not kept in the state.
        token: of keys that expire; as secret.
        region: where, if a resource does not say it.
    """

    prefix: ClassVar[str] = "aws:"

    access_key: str | None = None
    region: str | None = None
    secret_key: SecretStr | None = None
    token: SecretStr | None = None

    @property
    def keys(self) -> tuple[str, str, str | None] | None:
        """Access key, secret key and token in clear; None if there are none."""
        if not (self.access_key and self.secret_key):
            return None
        token = self.token.get_secret_value() if self.token else None
        return self.access_key, self.secret_key.get_secret_value(), token

    @property
    def default_region(self) -> str | None:
        """The region of what does not say its own; None if there is none."""
        return self.region


class Identity(ProviderSettings):
    """The credentials to use, for a program that gives them in place of `aws:*` configuration.

    `Identity()` uses the AWS environment variables and files. The stack's `aws:*`
    configuration is not looked at, whatever is left out here. An identity is kept in the state, so
    that a destroy, which does not run the program, acts as the same account; it therefore has no
    keys and no token.

    Attributes:
        allowed_account_ids: any other account is refused.
        assume_roles: roles to assume, each from the one before.
        custom_ca_bundle: a file of certificates to trust.
        endpoints: URLs by service, `({"guardduty": "https://…"},)`.
        forbidden_account_ids: these accounts are refused.
        insecure: does not verify certificates.
        profile: of the AWS config and credentials files.
        shared_config_files: one path, in place of AWS_CONFIG_FILE.
        shared_credentials_files: one path, in place of AWS_SHARED_CREDENTIALS_FILE.
        sts_region: where STS is asked.
        use_dualstack_endpoint: asks AWS by IPv6, too.
        use_fips_endpoint: asks AWS's FIPS endpoints.
    """

    model_config = ConfigDict(extra="forbid")

    prefix: ClassVar[str] = "identity."

    @model_validator(mode="wrap")
    @classmethod
    def _with_plain_faults(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 - what a program wrote
        secret = _secrets_in(values)
        if secret:
            raise SettingsError((messages.identity_with_secrets(secret),))
        try:
            identity = validate(values)
        except ValidationError as error:
            raise SettingsError(faults_of(error, prefix=cls.prefix)) from None
        if faults := tuple(identity.faults()):
            raise SettingsError(faults)
        return identity


def _secrets_in(values: Any) -> list[str]:  # noqa: ANN401 - what a program wrote
    named = {to_camel(key) for key in values} if isinstance(values, dict) else set()
    return [key for key in SECRETS if key in named]
