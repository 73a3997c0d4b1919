"""AWS Organizations and IAM of the sandbox: moto's, with the accounts that were described.

moto makes up account ids; here they are chosen. What an account needs in IAM is made when its key
is first used there, since most accounts never call IAM or STS.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.iam.models import SERVICE_NAME_CONVERSION, AccessKey, iam_backends
from moto.moto_api._internal import mock_random
from moto.organizations.models import FakeAccount, organizations_backends
from moto.utilities.utils import get_partition

from aws_sandbox import malware_protection
from aws_sandbox.credentials import access_key_id, account_of, secret_access_key
from aws_sandbox.organizations.tree import Tree
from aws_sandbox.sts.keys import Principal
from aws_sandbox.sts.trust import trust_of_accounts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aws_sandbox.clock import VirtualClock

ACCESS_ROLE = "OrganizationAccountAccessRole"
USER = "sandbox"
GUARDDUTY_PRINCIPAL = "guardduty.amazonaws.com"
GUARDDUTY_ROLE = "AWSServiceRoleForAmazonGuardDuty"

# moto makes the name of a service-linked role from the principal's, unless it is told another.
SERVICE_NAME_CONVERSION["guardduty"] = "AmazonGuardDuty"


@dataclass(frozen=True)
class KnownAccount:
    """An account of the organization, as the control interface lists it."""

    account_id: str
    name: str
    ou: str
    tags: Mapping[str, str]


# moto has no types, and what is skipped is Any.
class _ChosenAccount(FakeAccount):  # type: ignore[misc]
    """An account of moto's Organizations whose id is chosen."""

    def __init__(
        self,
        organization: Any,  # noqa: ANN401 -- moto has no types
        account: KnownAccount,
        parent_id: str,
        joined_at: datetime,
    ) -> None:
        # Not moto's own constructor: it makes an IAM role in an account of a random id.
        self.type = "ACCOUNT"
        self.region = organization.region
        self.organization_id = organization.id
        self.master_account_id = organization.master_account_id
        self.create_account_status_id = f"car-{account.account_id}"
        self.id = account.account_id
        self.name = account.name
        self.email = f"{account.name}@example.com"
        self.create_time = joined_at.replace(tzinfo=None)
        self.status = self.state = "ACTIVE"
        self.joined_method = "CREATED"
        self.parent_id = parent_id
        self.attached_policies: list[Any] = []
        self.tags = dict(account.tags)


class Accounts:
    """The organization's accounts and who may call: the sandbox's view of moto.

    It is what GuardDuty's rules ask as their directory.

    Args:
        management_account: the account that owns the organization.
        clock: tells when an account joins.
        region: any region of the partition that the organization is in.
    """

    def __init__(
        self, management_account: str, clock: VirtualClock, region: str = "us-east-1"
    ) -> None:
        # moto keeps its state in the process; a sandbox begins with none of an earlier one's.
        for backends in (organizations_backends, iam_backends):
            backends.clear()
        organizations_backends.master_accounts.clear()
        malware_protection.make_known()
        # Ids of units and of the organization are then the same at every start.
        mock_random.seed(0)
        self.management_account = management_account
        self.partition: str = get_partition(region)
        self._region = region
        self._clock = clock
        self._lock = threading.Lock()
        self._joined: dict[str, datetime] = {}
        self._with_credentials: set[str] = {management_account}
        self._prepared: set[str] = set()
        self._outside: dict[str, str] = {}
        self._tree: Tree | None = None
        self._backend = organizations_backends[management_account][self.partition]
        self._backend.create_organization(region, FeatureSet="ALL")
        self._backend.accounts[0].name = "management"
        self._backend.accounts[0].create_time -= timedelta(days=365)
        self._joined[management_account] = clock.now() - timedelta(days=365)
        self._units: dict[str, str] = {"Root": self._backend.org.root_id}
        for principal in (GUARDDUTY_PRINCIPAL, "account.amazonaws.com"):
            self._backend.enable_aws_service_access(ServicePrincipal=principal)

    def add(self, account: KnownAccount, joined_at: datetime, *, method: str = "CREATED") -> None:
        """Put an account into the organization, and make its unit if there is none.

        Raises:
            ValueError: the account belongs to it already.
        """
        account_id = account.account_id
        with self._lock:
            if account_id in self._joined:
                raise ValueError(f"{account_id} is in the organization already")
            parent = self._unit(account.ou)
            added = _ChosenAccount(self._backend.org, account, parent, joined_at)
            added.joined_method = method
            self._backend.accounts.append(added)
            organizations_backends.master_accounts[account_id] = (
                self.management_account,
                self.partition,
            )
            self._joined[account_id] = joined_at
            self._outside.pop(account_id, None)
            self._with_credentials.add(account_id)
            self._tree = None

    def add_standalone(self, account_id: str, name: str) -> None:
        """Make an account that is in no organization; it can be invited into this one."""
        with self._lock:
            self._outside[account_id] = name
            self._with_credentials.add(account_id)

    @property
    def outside(self) -> dict[str, str]:
        """The names of the accounts in no organization, by id; those that left are among them."""
        return dict(self._outside)

    @property
    def backend(self) -> Any:  # noqa: ANN401 -- moto has no types
        """What moto keeps of the organization; whoever changes it calls `synchronize`."""
        return self._backend

    def tree(self) -> Tree:
        """Units and accounts in the order in which they are listed, indexed once a change."""
        with self._lock:
            if self._tree is None:
                self._tree = Tree(self._backend)
            return self._tree

    def remove(self, account_id: str) -> None:
        """Take an account out of the organization; its credentials stay valid.

        Raises:
            ValueError: it does not belong to the organization, or owns it.
        """
        with self._lock:
            if account_id not in self._joined or account_id == self.management_account:
                raise ValueError(f"{account_id} is no account that can leave the organization")
            self._outside[account_id] = self._backend.get_account_by_id(account_id).name
            self._backend.admins = [
                admin for admin in self._backend.admins if admin.account.id != account_id
            ]
            self._backend.remove_account_from_organization(AccountId=account_id)
            del self._joined[account_id]
            self._tree = None

    def move(self, account_id: str, ou: str) -> None:
        """Move an account into another unit, which is made if there is none.

        Raises:
            ValueError: it does not belong to the organization.
        """
        with self._lock:
            if account_id not in self._joined:
                raise ValueError(f"{account_id} is not in the organization")
            self._backend.get_account_by_id(account_id).parent_id = self._unit(ou)
            self._tree = None

    def set_tags(self, account_id: str, tags: Mapping[str, str]) -> None:
        """Give an account these tags in place of those it has.

        Raises:
            ValueError: it does not belong to the organization.
        """
        with self._lock:
            if account_id not in self._joined:
                raise ValueError(f"{account_id} is not in the organization")
            self._backend.get_account_by_id(account_id).tags = dict(tags)

    def known(self) -> list[KnownAccount]:
        """All accounts of the organization with their places in it, the management account too."""
        with self._lock:
            paths = self._paths()
            return [
                KnownAccount(account.id, account.name, paths[account.parent_id], account.tags)
                for account in self._backend.accounts
            ]

    def joined_at(self, account_id: str) -> datetime | None:
        """Since when an account belongs to the organization; None for a stranger."""
        return self._joined.get(account_id)

    def account_ids(self) -> list[str]:
        """All accounts of the organization, the management account included."""
        return list(self._joined)

    def designate(self, account_id: str) -> None:
        """Register an account as delegated administrator for GuardDuty.

        The same account may be designated in several regions; Organizations knows it once.
        """
        if account_id == self.management_account or account_id in self._delegated():
            return
        self._backend.register_delegated_administrator(
            AccountId=account_id, ServicePrincipal=GUARDDUTY_PRINCIPAL
        )

    def is_delegated_administrator(self, account_id: str) -> bool:
        """Whether an account is registered with Organizations as delegated administrator."""
        return account_id in self._delegated()

    def synchronize(self) -> None:
        """Take note of what was done by the Organizations API: who came, who went."""
        with self._lock:
            self._tree = None
            present = {account.id for account in self._backend.accounts}
            came = present - set(self._joined)
            went = set(self._joined) - present
            now = self._clock.now()
            for account_id in came:
                self._joined[account_id] = now
                self._outside.pop(account_id, None)
                self._with_credentials.add(account_id)
            for account_id in went:
                self._outside[account_id] = f"account-{account_id}"
                del self._joined[account_id]

    def caller(self, key_id: str) -> str | None:
        """The account of an access key; None for a key that nobody was given."""
        account_id = account_of(key_id)
        if account_id is None or account_id not in self._with_credentials:
            return None
        if key_id == access_key_id(account_id):
            return account_id
        if key_id in self._iam(account_id).access_keys:
            return account_id
        return None

    def principal(self, account_id: str, key_id: str) -> Principal:
        """The IAM user of a long-lived access key; the account itself if there is none."""
        self.prepare(account_id)
        user = self._iam(account_id).get_user_from_access_key_id(key_id)
        if user is None:
            # Somebody has deleted the user, and its key still says whose it was.
            return Principal(account_id, f"arn:{self.partition}:iam::{account_id}:root", account_id)
        return Principal(account_id, str(user.arn), str(user.id))

    def role(self, arn: str) -> Any:  # noqa: ANN401 -- moto has no types
        """The role of an ARN as moto keeps it; None if there is none."""
        account_id = arn.split(":")[4]
        if account_id not in self._with_credentials:
            return None
        self.prepare(account_id)
        # A copy, in one step: a role may be made meanwhile.
        roles = list(self._iam(account_id).get_roles())
        return next((role for role in roles if role.arn == arn), None)

    def identity_provider(self, account_id: str, name: str) -> Any:  # noqa: ANN401 -- moto has no types
        """The OpenID Connect provider of an account, by its URL without the scheme, or None."""
        arn = f"arn:{self.partition}:iam::{account_id}:oidc-provider/{name}"
        return self._iam(account_id).open_id_providers.get(arn)

    def has_guardduty_role(self, account_id: str) -> bool:
        """Whether an account has GuardDuty's service-linked role."""
        return any(role.name == GUARDDUTY_ROLE for role in self._iam(account_id).get_roles())

    def link_guardduty(self, account_id: str) -> None:
        """Make GuardDuty's service-linked role in an account, as enabling GuardDuty does."""
        if self.has_guardduty_role(account_id):
            return
        purpose = "A service-linked role required for Amazon GuardDuty to access your resources."
        self._iam(account_id).create_service_linked_role(GUARDDUTY_PRINCIPAL, purpose, "")

    def make_role(
        self, account_id: str, name: str, trust: Mapping[str, Any], max_session_seconds: int
    ) -> str:
        """Make a role, or give the one of that name this trust policy; its ARN.

        Raises:
            ValueError: there is no such account.
        """
        policy = json.dumps(trust)
        self._check_account(account_id)
        self.prepare(account_id)
        iam = self._iam(account_id)
        found = next((role for role in iam.get_roles() if role.name == name), None)
        if found is None:
            seconds = str(max_session_seconds)
            found = iam.create_role(name, policy, "/", None, "", [], seconds)
        found.assume_role_policy_document = policy
        found.max_session_duration = str(max_session_seconds)
        return str(found.arn)

    def make_identity_provider(self, account_id: str, url: str, audience: str) -> str:
        """Let an account take the tokens of an issuer for an audience; the provider's ARN.

        Raises:
            ValueError: there is no such account.
        """
        self._check_account(account_id)
        provider = self.identity_provider(account_id, url.partition("://")[2])
        if provider is None:
            iam = self._iam(account_id)
            provider = iam.create_open_id_connect_provider(url, [], [audience], [])
        elif audience not in provider.client_id_list:
            provider.client_id_list.append(audience)
        return str(provider.arn)

    def prepare(self, account_id: str) -> None:
        """Give an account its IAM user with its key, and the role that other accounts assume."""
        with self._lock:
            if account_id in self._prepared:
                return
            self._prepared.add(account_id)
            iam = self._iam(account_id)
            user = iam.create_user(self._region, USER)
            key = AccessKey(USER, "AKIA", account_id)
            key.access_key_id = access_key_id(account_id)
            key.secret_access_key = secret_access_key(account_id)
            user.access_keys.append(key)
            iam.access_keys[key.access_key_id] = key
            if account_id != self.management_account:
                self._create_access_role(iam)

    def _create_access_role(self, iam: Any) -> None:  # noqa: ANN401 -- moto has no types
        if any(role.name == ACCESS_ROLE for role in iam.get_roles()):
            return
        trust = trust_of_accounts((f"arn:{self.partition}:iam::{self.management_account}:root",))
        iam.create_role(ACCESS_ROLE, json.dumps(trust), "/", None, "", [], "3600")

    def _iam(self, account_id: str) -> Any:  # noqa: ANN401 -- moto has no types
        return iam_backends[account_id][self.partition]

    def _check_account(self, account_id: str) -> None:
        if account_id not in self._with_credentials:
            raise ValueError(f"there is no account {account_id}")

    def _delegated(self) -> set[str]:
        return {
            admin.account.id
            for admin in self._backend.admins
            if GUARDDUTY_PRINCIPAL in admin.services
        }

    def _unit(self, path: str) -> str:
        """The id of an organizational unit; the unit is made with all above it if missing."""
        if path not in self._units:
            above, _, name = path.rpartition("/")
            made = self._backend.create_organizational_unit(Name=name, ParentId=self._unit(above))
            self._units[path] = str(made["OrganizationalUnit"]["Id"])
        return self._units[path]

    def _paths(self) -> dict[str, str]:
        """The paths of all units by id, those made through the API included."""
        units = {unit.id: unit for unit in self._backend.ou}

        def path(unit: Any) -> str:  # noqa: ANN401 -- moto has no types
            above = units.get(unit.parent_id)
            return f"{path(above)}/{unit.name}" if above is not None else str(unit.name)

        return {str(unit_id): path(unit) for unit_id, unit in units.items()}
