"""IAM, as far as a caller asks it about its own rights; all of it read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.aws.answers import aws_errors
from guardduty_eks_audit_logs.aws.paging import read_pages
from guardduty_eks_audit_logs.errors import ACCESS_DENIED, ServiceError
from guardduty_eks_audit_logs.foreign_words import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_iam import IAMClient

_SESSION = re.compile(r"(arn:[\w-]+):sts:(:\d{12}):assumed-role/([^/]+)/.+")
_USER = re.compile(r"arn:[\w-]+:iam::\d{12}:user/.+")

ALLOWED = "allowed"
"""What a simulation decides for an action that is allowed (API: PolicyEvaluationDecisionType)."""


class IamApi:
    """IAM in the caller's account."""

    def __init__(self, client: IAMClient) -> None:
        """Takes a client of the service."""
        self._client = client

    def identity(self, caller_arn: str) -> str | None:
        """Finds whose policies decide what the caller may do.

        The ARN of a role's session leaves out the role's path: GetRole tells it.

        Args:
            caller_arn: what GetCallerIdentity returns.

        Returns:
            the ARN of the role or the user; None for a caller that IAM can't simulate, such as the
            root user or a federated one.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        if _USER.fullmatch(caller_arn):
            return caller_arn
        session = _SESSION.fullmatch(caller_arn)
        if session is None:
            return None
        partition, account, name = session.groups()
        try:
            with aws_errors("GetRole"):
                return printable(self._client.get_role(RoleName=name)["Role"]["Arn"])
        except ServiceError as error:
            if error.code not in ACCESS_DENIED:
                raise
        return f"{partition}:iam:{account}:role/{name}"  # most roles have no path

    def decisions(
        self,
        identity: str,
        actions: Sequence[str],
        resource: str,
        context: Mapping[str, str],
    ) -> dict[str, str]:
        """Simulates what the policies of a role or a user allow (SimulatePrincipalPolicy).

        Args:
            identity: its ARN.
            actions: such as `guardduty:UpdateDetector`.
            resource: the ARN that they are about; `*` for none.
            context: values of condition keys, such as `iam:AWSServiceName`.

        Returns:
            AWS's decision by action: `allowed`, `implicitDeny`, `explicitDeny`.

        Raises:
            UserError: see `aws.answers.aws_errors`.
        """
        operation = "SimulatePrincipalPolicy"
        with aws_errors(operation):
            pages = self._client.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=identity,
                ActionNames=list(actions),
                ResourceArns=[resource],
                ContextEntries=[
                    {
                        "ContextKeyName": key,
                        "ContextKeyValues": [value],
                        "ContextKeyType": "string",
                    }
                    for key, value in context.items()
                ],
            )
            return {
                str(result["EvalActionName"]): str(result["EvalDecision"])
                for page in read_pages(operation, pages)
                for result in page["EvaluationResults"]
            }
