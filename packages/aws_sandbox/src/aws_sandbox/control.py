"""The control interface under `/sandbox/`: what AWS has no operation for, and a look behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from aws_sandbox import control_models as models
from aws_sandbox import outside_changes
from aws_sandbox.accounts import KnownAccount
from aws_sandbox.actual_state import actual_state, settings
from aws_sandbox.guardduty import members, organization_events
from aws_sandbox.guardduty.policy import EVERY_REGION
from aws_sandbox.iam.identities import put_policies
from aws_sandbox.organizations.errors import OrganizationsError
from aws_sandbox.outside_changes import ControlError
from aws_sandbox.sts import web_identity
from aws_sandbox.sts.service import role_session
from aws_sandbox.sts.trust import trust_of_accounts, trust_of_web_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aws_sandbox.aws import Aws
    from aws_sandbox.guardduty.state import Region


@dataclass(frozen=True)
class _Route:
    method: str
    path: str
    act: Callable[..., models.Answer]


class Control:
    """Answers the requests under `/sandbox/`, in JSON.

    Args:
        aws: the AWS to look into and to change.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._world = aws.world
        routes = (
            _Route("GET", "/sandbox/health", self._health),
            _Route("GET", "/sandbox/organization", self._organization),
            _Route("GET", "/sandbox/actual-state", self._actual_state),
            _Route("GET", "/sandbox/calls", self._calls),
            _Route("DELETE", "/sandbox/calls", self._clear_calls),
            _Route("GET", "/sandbox/clock", self._clock),
            _Route("POST", "/sandbox/clock", self._advance),
            _Route("GET", "/sandbox/faults", self._faults),
            _Route("POST", "/sandbox/faults", self._add_fault),
            _Route("DELETE", "/sandbox/faults", self._clear_faults),
            _Route("POST", "/sandbox/accounts", self._join),
            _Route("DELETE", "/sandbox/accounts/<account_id>", self._leave),
            _Route("POST", "/sandbox/accounts/<account_id>/relationship", self._relationship),
            _Route("POST", "/sandbox/accounts/<account_id>/regions", self._enable_region),
            _Route("POST", "/sandbox/policies", self._assign_policy),
            _Route("DELETE", "/sandbox/policies", self._clear_policies),
            _Route("POST", "/sandbox/accounts/<account_id>/feature", self._feature),
            _Route("POST", "/sandbox/accounts/<account_id>/detector", self._detector),
            _Route("DELETE", "/sandbox/accounts/<account_id>/detector", self._delete_detector),
            _Route("POST", "/sandbox/accounts/<account_id>/unit", self._move),
            _Route("POST", "/sandbox/accounts/<account_id>/tags", self._tags),
            _Route("DELETE", "/sandbox/designation", self._end_designation),
            _Route("GET", "/sandbox/settings", self._settings),
            _Route("POST", "/sandbox/settings", self._set_auto_enable),
            _Route("POST", "/sandbox/accounts/<account_id>/roles", self._make_role),
            _Route("GET", "/sandbox/accounts/<account_id>/credentials", self._credentials),
            _Route("POST", "/sandbox/web-identity", self._web_identity),
            _Route("POST", "/sandbox/keys", self._set_lifetime),
            _Route("DELETE", "/sandbox/keys", self._expire_keys),
            _Route("POST", "/sandbox/sso", self._sign_in),
            _Route("DELETE", "/sandbox/sso", self._sign_out),
        )
        self._routes = Map(
            [Rule(route.path, methods=[route.method], endpoint=route.act) for route in routes]
        )

    def answer(self, request: Request) -> Response:
        """Answer one request; errors are JSON, too: `{"error": …}`."""
        reason = _from_a_web_page(request)
        if reason is not None:
            return _json(HTTPStatus.FORBIDDEN, {"error": reason})
        try:
            act, parameters = self._routes.bind_to_environ(request.environ).match()
            return _json(HTTPStatus.OK, act(request, **parameters))
        except HTTPException as error:
            return _json(HTTPStatus(error.code or 500), {"error": f"{request.path}: {error.name}"})
        except (ValidationError, ControlError, ValueError) as error:
            return _json(HTTPStatus.BAD_REQUEST, {"error": str(error)})

    def _health(self, _request: Request) -> models.Answer:
        return models.Health(regions=tuple(self._world.regions))

    def _organization(self, _request: Request) -> models.Answer:
        accounts = self._aws.accounts
        return models.Organization(
            management_account=accounts.management_account,
            administrators={
                name: region.delegated_administrator for name, region in self._world.regions.items()
            },
            regions=tuple(self._world.regions),
            standalone_accounts=tuple(sorted(accounts.outside)),
            accounts=tuple(
                models.Account(
                    account_id=account.account_id,
                    name=account.name,
                    ou=account.ou,
                    tags=dict(account.tags),
                )
                for account in accounts.known()
            ),
        )

    def _actual_state(self, _request: Request) -> models.Answer:
        return actual_state(self._world)

    def _calls(self, request: Request) -> models.Answer:
        since = request.args.get("since", default=0, type=int)
        return self._aws.record.since(since)

    def _clear_calls(self, _request: Request) -> models.Answer:
        self._aws.record.clear()
        return models.Done()

    def _clock(self, _request: Request) -> models.Answer:
        return models.Now(now=self._world.clock.now())

    def _advance(self, request: Request) -> models.Answer:
        wanted = models.AdvanceClock.model_validate_json(request.get_data())
        return models.Now(now=self._world.clock.advance(timedelta(hours=wanted.hours)))

    def _faults(self, _request: Request) -> models.Answer:
        return self._aws.faults.in_force()

    def _add_fault(self, request: Request) -> models.Answer:
        wanted = models.Fault.model_validate_json(request.get_data())
        for region in wanted.regions or ():
            self._check_region(region)
        return models.FaultAdded(number=self._aws.faults.add(wanted))

    def _clear_faults(self, _request: Request) -> models.Answer:
        self._aws.faults.clear()
        self._aws.held_calls.release()
        return models.Done()

    def _join(self, request: Request) -> models.Answer:
        wanted = models.JoinAccount.model_validate_json(request.get_data())
        joined_at = self._world.clock.now() - timedelta(hours=wanted.joined_hours_ago)
        account = KnownAccount(wanted.id, wanted.name, wanted.ou, wanted.tags)
        self._aws.accounts.add(account, joined_at)
        self._aws.follower.follow()
        return models.Done()

    def _leave(self, _request: Request, account_id: str) -> models.Answer:
        self._aws.accounts.remove(account_id)
        self._aws.follower.follow()
        return models.Done()

    def _relationship(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.SetRelationship.model_validate_json(request.get_data())
        done = [
            members.set_relationship(self._world, region, account_id, wanted.status)
            for region in self._regions(wanted.region)
        ]
        if not any(done):
            raise ControlError(f"{account_id} is no member of the delegated administrator")
        return models.Done()

    def _feature(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.SetFeature.model_validate_json(request.get_data())
        for region in self._regions(wanted.region):
            outside_changes.set_feature(self._world, region, account_id, wanted.name, wanted.status)
        return models.Done()

    def _detector(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.SetDetector.model_validate_json(request.get_data())
        for region in self._regions(wanted.region):
            outside_changes.set_detector(self._world, region, account_id, wanted.status)
        return models.Done()

    def _delete_detector(self, request: Request, account_id: str) -> models.Answer:
        for region in self._regions(request.args.get("region")):
            outside_changes.delete_detector(self._world, region, account_id)
        return models.Done()

    def _end_designation(self, request: Request) -> models.Answer:
        for region in self._regions(request.args.get("region")):
            outside_changes.begin_to_end_designation(region)
        return models.Done()

    def _move(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.MoveAccount.model_validate_json(request.get_data())
        self._aws.accounts.move(account_id, wanted.ou)
        self._aws.follower.follow()
        return models.Done()

    def _tags(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.SetTags.model_validate_json(request.get_data())
        self._aws.accounts.set_tags(account_id, wanted.tags)
        return models.Done()

    def _settings(self, _request: Request) -> models.Answer:
        return settings(self._world)

    def _set_auto_enable(self, request: Request) -> models.Answer:
        wanted = models.SetAutoEnable.model_validate_json(request.get_data())
        for region in self._regions(wanted.region):
            outside_changes.set_auto_enable(self._world, region, wanted.members, wanted.features)
        return models.Done()

    def _enable_region(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.EnableRegion.model_validate_json(request.get_data())
        self._check_region(wanted.region)
        self._check_account(account_id)
        act = (
            organization_events.enable_region
            if wanted.enabled
            else organization_events.disable_region
        )
        act(self._world, self._world.regions[wanted.region], account_id)
        return models.Done()

    def _assign_policy(self, request: Request) -> models.Answer:
        wanted = models.AssignPolicy.model_validate_json(request.get_data())
        self._check_region(wanted.region)
        policies = self._aws.organizations.policies
        try:
            policies.assign(wanted.account_ids, wanted.plans, wanted.region or EVERY_REGION)
        except OrganizationsError as error:
            raise ControlError(error.message) from None
        self._aws.follower.follow()
        return models.Done()

    def _clear_policies(self, _request: Request) -> models.Answer:
        self._aws.organizations.policies.clear()
        self._aws.follower.follow()
        return models.Done()

    def _make_role(self, request: Request, account_id: str) -> models.Answer:
        wanted = models.MakeRole.model_validate_json(request.get_data())
        accounts = self._aws.accounts
        if wanted.subject is None:
            trust = trust_of_accounts(wanted.trusted, wanted.external_id)
        else:
            provider = accounts.make_identity_provider(account_id, wanted.issuer, wanted.audience)
            trust = trust_of_web_identity(provider, wanted.audience, wanted.subject)
        arn = accounts.make_role(account_id, wanted.name, trust, wanted.max_session_seconds)
        if wanted.policies is not None:
            put_policies(arn, wanted.policies)
        return models.RoleMade(role_arn=arn)

    def _credentials(self, _request: Request, account_id: str) -> models.Answer:
        """What a container's credentials endpoint answers."""
        self._check_account(account_id)
        arn = f"arn:{self._aws.accounts.partition}:iam::{account_id}:role/container"
        principal = role_session(arn, "AROACONTAINERCONTAINE", "container")
        key = self._aws.keys.issue(principal, timedelta(hours=6))
        return models.ContainerCredentials(
            role_arn=arn,
            access_key_id=key.access_key_id,
            secret_access_key=key.secret_access_key,
            token=key.session_token,
            expiration=key.expiration_text,
        )

    def _web_identity(self, request: Request) -> models.Answer:
        wanted = models.MakeToken.model_validate_json(request.get_data())
        now = self._world.clock.now()
        return models.Token(
            token=web_identity.make(
                wanted.issuer, wanted.subject, wanted.audience, now, wanted.seconds
            )
        )

    def _set_lifetime(self, request: Request) -> models.Answer:
        seconds = models.SetLifetime.model_validate_json(request.get_data()).lives_seconds
        self._aws.keys.lifetime = None if seconds is None else timedelta(seconds=seconds)
        return models.Done()

    def _expire_keys(self, request: Request) -> models.Answer:
        account_id = request.args.get("account")
        if account_id is not None:
            self._check_account(account_id)
        return models.KeysExpired(expired=self._aws.keys.expire(account_id))

    def _sign_in(self, request: Request) -> models.Answer:
        lasts = timedelta(seconds=models.SignIn.model_validate_json(request.get_data()).seconds)
        expires_at = datetime.now(UTC) + lasts
        return models.SignedIn(
            access_token=self._aws.portal.sign_in(lasts),
            expires_at=expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _sign_out(self, _request: Request) -> models.Answer:
        self._aws.portal.sign_out()
        return models.Done()

    def _regions(self, name: str | None) -> Iterable[Region]:
        self._check_region(name)
        return self._world.regions.values() if name is None else [self._world.regions[name]]

    def _check_account(self, account_id: str) -> None:
        known = {account.account_id for account in self._aws.accounts.known()}
        if account_id not in known | set(self._aws.accounts.outside):
            raise ControlError(f"there is no account {account_id}")

    def _check_region(self, name: str | None) -> None:
        if name is not None and name not in self._world.regions:
            raise ControlError(
                f"there is no region {name}; there is {', '.join(self._world.regions)}"
            )


def _from_a_web_page(request: Request) -> str | None:
    """Why a request may be a web page's of elsewhere, which must not steer the sandbox.

    A page can send a body without asking first, but not as JSON; and its browser says where it is
    from.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return f"a web page of {origin} can't use the sandbox"
    if request.get_data() and request.mimetype != "application/json":
        return "send the body as JSON: Content-Type: application/json"
    return None


def _json(status: HTTPStatus, content: object) -> Response:
    body = to_json(content, by_alias=True)
    return Response(body, status, content_type="application/json")
