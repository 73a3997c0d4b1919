"""Requests to AWS: who calls which service, and who answers: our GuardDuty, or moto."""

from __future__ import annotations

import json
import re
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from botocore.model import OperationNotFoundError
from moto.moto_server.werkzeug_app import create_backend_app
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from aws_sandbox.accounts import GUARDDUTY_PRINCIPAL, GUARDDUTY_ROLE
from aws_sandbox.calls import UNANSWERED, CallRecord
from aws_sandbox.control_models import Call
from aws_sandbox.credentials import access_key_id
from aws_sandbox.error_responses import json_error, organizations_error, query_error
from aws_sandbox.fault_effects import AccessDenied, AnswerLost, ConnectionClosed, TimeOut
from aws_sandbox.faults import FaultBook
from aws_sandbox.guardduty import wire
from aws_sandbox.guardduty.errors import ServiceError
from aws_sandbox.guardduty.operations import perform
from aws_sandbox.held_calls import HeldCalls
from aws_sandbox.iam import simulation
from aws_sandbox.iam.enforcement import Enforcement
from aws_sandbox.key_refusals import INVALID_TOKEN, Outcome, expired_key, unknown_key
from aws_sandbox.organizations.errors import OrganizationsError
from aws_sandbox.organizations.follow import Follower
from aws_sandbox.organizations.pages import Pages
from aws_sandbox.organizations.service import READING, Organizations, has_operation
from aws_sandbox.other_services import OtherServices, refused, unknown_action
from aws_sandbox.refusals import QUERY_PROTOCOL, refuse
from aws_sandbox.request_ids import give_request_id
from aws_sandbox.request_info import RequestInfo, asks_for_further_page, batch
from aws_sandbox.signed_requests import Caller, body_of, caller_of, json_of, operation_of, raw_path
from aws_sandbox.sts import portal
from aws_sandbox.sts import wire as sts_wire
from aws_sandbox.sts.errors import StsError
from aws_sandbox.sts.keys import KeyBook
from aws_sandbox.sts.portal import Portal
from aws_sandbox.sts.service import Sts
from aws_sandbox.sts.service import exists as exists_in_sts

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from aws_sandbox.accounts import Accounts
    from aws_sandbox.fault_effects import Refusal
    from aws_sandbox.guardduty.world import World
    from aws_sandbox.iam.enforcement import Denial
    from aws_sandbox.sts.keys import Principal

_UNKNOWN = "UnknownOperationException"
_ERROR_CODE = re.compile(r'(?:"__type": *"(?:[^"]*#)?|<Code>)(\w+)')


class ConnectionDroppedError(ConnectionError):
    """A fault lets the caller go without an answer; the server closes the connection."""


class Aws:
    """The AWS of the sandbox.

    Signatures are read, not verified: the access key says who calls.

    Args:
        world: the organization's GuardDuty.
        accounts: its accounts and keys.
        latency_seconds: how long every call takes at least.
        pages: how the listings of Organizations are cut.
    """

    def __init__(
        self,
        world: World,
        accounts: Accounts,
        latency_seconds: float = 0.0,
        pages: Pages | None = None,
    ) -> None:
        self.world = world
        self.accounts = accounts
        self.record = CallRecord()
        self.faults = FaultBook()
        self.held_calls = HeldCalls()
        self._latency = latency_seconds
        self._moto: dict[str, WSGIApplication] = {}
        self._moto_lock = threading.Lock()
        self.keys = KeyBook(world.clock)
        self.portal = Portal(accounts, self.keys, world.clock)
        self._sts = Sts(accounts, self.keys, world.clock)
        self.organizations = Organizations(accounts, world.clock, pages or Pages())
        self.other_services = OtherServices(world, accounts)
        self._enforcement = Enforcement(world, accounts)
        self.follower = Follower(world, accounts, self.organizations.policies)

    def answer(self, request: Request) -> Response:
        """Answer one request and record it.

        Raises:
            ConnectionDroppedError: a fault has it that the caller gets no answer.
        """
        if self._latency:
            time.sleep(self._latency)
        caller = caller_of(request)
        service = "" if caller is None else caller.service
        return give_request_id(self._answer(request, caller), service)

    def _answer(self, request: Request, caller: Caller | None) -> Response:
        if caller is None:
            return json_error(
                HTTPStatus.FORBIDDEN,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
        account_id = self._account(request, caller)
        if account_id is None or self._opted_out(caller, account_id):
            outcome = unknown_key(request, caller.service)
            self._record(caller, account_id or "", outcome)
            return outcome.response
        key = self.keys.find(caller.key_id)
        if key is not None and self.keys.has_expired(key):
            outcome = expired_key(request, caller, account_id)
            self._record(caller, account_id, outcome)
            return outcome.response
        if self.faults:
            return self._under_faults(request, caller, account_id)
        outcome = self._serve(request, caller, account_id)
        self._record(caller, account_id, outcome)
        return outcome.response

    def _account(self, request: Request, caller: Caller) -> str | None:
        """Whose key it is; None for a key that is not known, or comes without its session token.

        A request without a signature belongs to no account.
        """
        if not caller.key_id:
            return ""
        if get_partition(caller.region) != self.accounts.partition:
            return None
        key = self.keys.find(caller.key_id)
        if request.headers.get("X-Amz-Security-Token") != (key and key.session_token):
            return None
        return key.principal.account_id if key else self.accounts.caller(caller.key_id)

    def _opted_out(self, caller: Caller, account_id: str) -> bool:
        """Whether a regional service is asked in a region that the account has not enabled.

        GuardDuty's own answer is in `_check_region`; IAM, Organizations and Account are global.
        """
        region = self.world.regions.get(caller.region)
        regional = caller.service in {"ec2", "sts"}
        return regional and region is not None and account_id in region.not_enabled

    def _under_faults(self, request: Request, caller: Caller, account_id: str) -> Response:
        """Answer a call while faults are in force, which may concern others.

        They strike before the work, and before any lock is taken: a call that is held up holds up
        no other.
        """
        gate = self.held_calls.gate
        info = _request_info(request, caller, account_id)
        struck = self.faults.strike(info)
        gate.wait(struck.delay_seconds)
        failure = struck.failure
        if failure is None or isinstance(failure, AnswerLost):
            outcome = self._serve(request, caller, account_id, info)
        else:
            outcome = _failed(info, failure)
        # Before the wait: a test sees by the record that the call is being kept waiting.
        self._record(caller, account_id, outcome, struck.fault)
        if isinstance(failure, TimeOut):
            gate.wait(failure.seconds, request.environ.get("werkzeug.socket"))
        if isinstance(failure, AnswerLost | ConnectionClosed | TimeOut):
            raise ConnectionDroppedError
        return outcome.response

    def _record(
        self, caller: Caller, account_id: str, outcome: Outcome, fault: str | None = None
    ) -> None:
        self.record.add(
            Call(
                number=0,
                time=self.world.clock.now(),
                service=caller.service,
                operation=outcome.operation,
                account=account_id,
                region=caller.region,
                account_ids=outcome.account_ids,
                unprocessed=outcome.unprocessed,
                outcome=outcome.code,
                fault=fault or outcome.fault,
            )
        )

    def _serve(
        self, request: Request, caller: Caller, account_id: str, info: RequestInfo | None = None
    ) -> Outcome:
        principal = self._principal(caller, account_id)
        if principal is not None:
            denial = self._enforcement.denial(request, caller, principal)
            if denial is not None:
                return _denied(request, caller, account_id, denial)
        return self._by_service(request, caller, account_id, info)

    def _by_service(
        self, request: Request, caller: Caller, account_id: str, info: RequestInfo | None
    ) -> Outcome:
        if caller.service == "guardduty":
            return self._guardduty(request, caller, account_id, info)
        if caller.service == "organizations":
            return self._by_organizations(request, caller, account_id)
        if caller.service == "sts":
            return self._by_sts(request, caller, account_id)
        if caller.service == "iam":
            return self._by_iam(request, caller, account_id)
        if caller.service == "sso":
            response, code = self.portal.answer(request)
            return Outcome(response, portal.OPERATION, code=code)
        answered = self.other_services.answer(
            request, caller.service, account_id, operation_of(request)
        )
        return Outcome(answered.response, answered.operation, code=answered.code)

    def _guardduty(
        self, request: Request, caller: Caller, account_id: str, info: RequestInfo | None
    ) -> Outcome:
        operation = ""
        body = request.get_data()
        named = batch(body).account_ids
        failing: dict[str, str] = {}
        try:
            model, path_parameters = wire.match(request.method, raw_path(request))
            operation = model.name
            self._check_region(caller.region, account_id)
            parameters = wire.parse(model, path_parameters, request.args, body)
            place = self.world.place(caller.region, account_id)
            failing = {} if info is None else self.faults.unprocessed(info)
            answer = perform(operation, self.world, place, parameters, failing)
        except ServiceError as error:
            response = Response(
                wire.serialize_error(error),
                error.status,
                {"X-Amzn-ErrorType": error.code},
                content_type="application/json",
            )
            return Outcome(response, operation, named, code=error.code)
        unprocessed = tuple(entry["AccountId"] for entry in answer.get("UnprocessedAccounts", ()))
        written = wire.serialize(model, answer)
        response = Response(written, HTTPStatus.OK, content_type="application/json")
        fault = "Unprocessed" if failing else None
        return Outcome(response, operation, named, unprocessed, fault=fault)

    def _check_region(self, name: str, account_id: str) -> None:
        """Refuse regions that are not there, or that the account has not opted in to."""
        region = self.world.regions.get(name)
        if region is None or account_id in region.not_enabled:
            code = "UnrecognizedClientException"
            raise ServiceError(HTTPStatus.FORBIDDEN, code, code, INVALID_TOKEN)

    def _by_organizations(self, request: Request, caller: Caller, account_id: str) -> Outcome:
        operation = operation_of(request)
        try:
            with self._moto_lock:
                answer = self.organizations.answer(operation, account_id, json_of(request))
        except OrganizationsError as error:
            return Outcome(organizations_error(error), operation, code=error.code)
        if answer is None:
            if not has_operation(operation):
                response = json_error(HTTPStatus.BAD_REQUEST, _UNKNOWN, "")
                return Outcome(response, operation, code=_UNKNOWN)
            # moto answers a delegated administrator as a stranger; AWS as the management account.
            management = access_key_id(self.accounts.management_account)
            header = request.environ["HTTP_AUTHORIZATION"]
            request.environ["HTTP_AUTHORIZATION"] = header.replace(caller.key_id, management)
            self.accounts.prepare(self.accounts.management_account)
            outcome = self._by_moto(request, caller, account_id)
        else:
            body = json.dumps(answer)
            response = Response(body, HTTPStatus.OK, content_type="application/x-amz-json-1.1")
            outcome = Outcome(response, operation)
        if not operation.startswith(READING):
            self.follower.follow()
        return outcome

    def _by_sts(self, request: Request, caller: Caller, account_id: str) -> Outcome:
        operation = operation_of(request)
        if not self._sts.has(operation):
            known = exists_in_sts(operation)
            answered = refused(request, "sts", operation) if known else unknown_action(operation)
            return Outcome(answered.response, operation, code=answered.code)
        body = body_of(request).decode("utf-8", "replace")
        form = dict(parse_qsl(body, keep_blank_values=True))
        try:
            # The roles are moto's, which has no locks of its own.
            with self._moto_lock:
                answer = self._sts.answer(operation, form, self._principal(caller, account_id))
        except StsError as error:
            response = query_error(error.status, error.code, error.message)
            return Outcome(response, operation, code=error.code)
        return Outcome(sts_wire.answered(operation, answer), operation)

    def _principal(self, caller: Caller, account_id: str) -> Principal | None:
        if not caller.key_id:
            return None
        key = self.keys.find(caller.key_id)
        return key.principal if key else self.accounts.principal(account_id, caller.key_id)

    def _by_iam(self, request: Request, caller: Caller, account_id: str) -> Outcome:
        regions = self.world.regions.values()
        with self._moto_lock:
            # GuardDuty makes it when it is enabled; here when somebody may look.
            if any(region.account(account_id).detector is not None for region in regions):
                self.accounts.link_guardduty(account_id)
            taken = self.accounts.has_guardduty_role(account_id)
        operation = operation_of(request)
        if taken and operation == "CreateServiceLinkedRole":
            form = dict(parse_qsl(body_of(request).decode("utf-8", "replace")))
            if form.get("AWSServiceName") == GUARDDUTY_PRINCIPAL:
                code = "InvalidInput"
                message = (
                    f"Service role name {GUARDDUTY_ROLE} has been taken in this account, please "
                    "try a different suffix."
                )
                response = query_error(HTTPStatus.BAD_REQUEST, code, message)
                return Outcome(response, operation, code=code)
        if operation == simulation.OPERATION:
            form = dict(parse_qsl(body_of(request).decode("utf-8", "replace")))
            response, code = simulation.simulate(form, account_id)
            return Outcome(response, operation, code=code)
        # moto does not know temporary keys, and would take any account for theirs.
        request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = account_id
        return self._by_moto(request, caller, account_id)

    def _by_moto(self, request: Request, caller: Caller, account_id: str) -> Outcome:
        operation = operation_of(request)
        self.accounts.prepare(account_id)
        with self._moto_lock:
            application = self._moto.get(caller.service)
            if application is None:
                application = self._moto[caller.service] = create_backend_app(caller.service)
            try:
                response = Response.from_app(application, request.environ, buffered=True)
            except NotImplementedError:
                answered = refused(request, caller.service, operation)
                return Outcome(answered.response, operation, code=answered.code)
            except OperationNotFoundError:
                answered = unknown_action(operation)
                return Outcome(answered.response, operation, code=answered.code)
        code = "ok" if response.status_code < HTTPStatus.BAD_REQUEST else _error_code(response)
        return Outcome(response, operation, code=code)


def _denied(request: Request, caller: Caller, account_id: str, denial: Denial) -> Outcome:
    """What a call comes to that IAM does not allow, in the protocol of its service."""
    named = batch(body_of(request))
    if caller.service in {"guardduty", "organizations", *QUERY_PROTOCOL}:
        info = RequestInfo(caller.service, denial.operation, account_id, caller.region, named)
        response, code = refuse(info, AccessDenied(message=denial.message))
    else:
        answered = refused(request, caller.service, operation_of(request), denial.message)
        response, code = answered.response, answered.code
    return Outcome(response, denial.operation, named.account_ids, code=code)


def _failed(info: RequestInfo, failure: Refusal | ConnectionClosed | TimeOut) -> Outcome:
    """What a call comes to that fails with nothing done."""
    if isinstance(failure, ConnectionClosed | TimeOut):
        response, code = Response(), UNANSWERED
    else:
        response, code = refuse(info, failure)
    return Outcome(response, info.operation, info.batch.account_ids, code=code)


def _request_info(request: Request, caller: Caller, account_id: str) -> RequestInfo:
    if caller.service == "guardduty":
        try:
            operation = wire.match(request.method, raw_path(request))[0].name
        except ServiceError:
            operation = ""
    else:
        operation = operation_of(request)
    body = body_of(request)
    further_page = asks_for_further_page(request.args, body)
    return RequestInfo(
        caller.service, operation, account_id, caller.region, batch(body), further_page
    )


def _error_code(response: Response) -> str:
    """The code of an error in the JSON or the query protocol."""
    found = _ERROR_CODE.search(response.get_data(as_text=True))
    return found[1] if found else "error"
