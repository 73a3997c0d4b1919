"""Profiles that act as roles with the policies of docs/iam."""

from __future__ import annotations

import json
from configparser import ConfigParser
from typing import TYPE_CHECKING, Any

from aws_sandbox.credentials import account_of
from tests.support.vocabulary import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.engine.organization import Organization

ROLE = "eks-audit-logs"


def policy(name: str) -> dict[str, Any]:
    """A policy of docs/iam, by the name of its file."""
    file = PROJECT_FOLDER / "docs" / "iam" / f"{name}.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def policies_of(configuration: Mapping[str, Any], purpose: str) -> list[str]:
    """What docs/iam/README.md says that a stack needs.

    Args:
        configuration: the stack's, with its namespaces.
        purpose: `preview` or `deploy`.
    """
    own = {key.partition(":")[2]: value for key, value in configuration.items()}
    if own.get("mode") == "delegation":
        return ["delegation-preview" if purpose == "preview" else "delegation"]
    rules = own.get("members", [])
    selectors = {"organizationalUnits": "units", "tags": "tags"}
    variants = [name for key, name in selectors.items() if any(key in rule for rule in rules)]
    create = [f"create-{purpose}"] if own.get("detector") == "create" else []
    return [purpose, *variants, *create]


class Roles:
    """Profiles of an organization, each of which acts as a role of its account.

    Args:
        aws: the organization.
        folder: for the files of the profiles.
    """

    def __init__(self, aws: Organization, folder: Path) -> None:
        self._aws = aws
        given, keys, config = (ConfigParser() for _ in range(3))
        given.read(aws.environment["AWS_SHARED_CREDENTIALS_FILE"])
        self._accounts = {
            name: account_of(given[name]["aws_access_key_id"]) for name in given.sections()
        }
        for name, account in self._accounts.items():
            keys[f"{name}-keys"] = given[name]
            config[f"profile {name}"] = {
                "role_arn": f"arn:aws:iam::{account}:role/{ROLE}",
                "source_profile": f"{name}-keys",
                "role_session_name": "somebody@example.com",
            }
            config[f"profile {name}-keys"] = {}
        files = {"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": keys}
        for variable, content in files.items():
            with (folder / variable).open("w") as file:
                content.write(file)
        self.environment = {variable: str(folder / variable) for variable in files}

    def allow(self, *policies: str) -> None:
        """Give all of these roles these policies of docs/iam, and no other one."""
        documents = [policy(name) for name in policies]
        for account in self._accounts.values():
            assert account
            self._aws.control.make_role(account, ROLE, trusts=[account], policies=documents)
