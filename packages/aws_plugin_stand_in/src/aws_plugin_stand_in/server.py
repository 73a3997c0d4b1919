"""The plugin's side of the engine's protocol: requests in, the resource types' work, answers out.

Written on the protocol itself rather than on `pulumi.provider.experimental`: that server puts a
traceback into every error, and can't say that a resource was created although reading it back
failed.

The engine starts the plugin with its own address, reads one line with a port from stdout, and
calls: GetPluginInfo, Configure, and for each resource Check, Diff, Create (with `preview` in a
preview), Update, Read and Delete; Invoke for functions. What is not defined here answers
UNIMPLEMENTED, which the engine takes as it is meant.
"""

# ruff: noqa: ANN401, N802 (the methods have the protocol's names; its messages have no types)

from __future__ import annotations

import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from aws_plugin_stand_in import catalog
from aws_plugin_stand_in.connection import Connection
from aws_plugin_stand_in.failures import (
    CreatedButUnreadError,
    NotConfiguredError,
    NotFoundError,
    NotImportableError,
    StandInError,
    telling,
)
from aws_plugin_stand_in.local_session import drop_empty_variables
from aws_plugin_stand_in.region_property import region_of, split_import_id
from aws_plugin_stand_in.resource import Call
from aws_plugin_stand_in.schema import Change, Difference
from aws_plugin_stand_in.settings import read_settings
from aws_plugin_stand_in.wire import defaults_of, from_struct, inputs_to_struct, to_struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_plugin_stand_in.resource import ResourceType
    from aws_plugin_stand_in.wire import Properties

# More than the engine asks at once, so that Cancel never queues behind requests that wait for AWS.
# A thread is made only when none is free.
_WORKERS = 256
_KINDS = {
    (Change.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Change.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Change.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Change.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Change.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def _answers_failures(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Make a method answer each failure as its sentence, and nothing more.

    UNKNOWN is the code by which the engine treats an operation as failed with an unknown outcome,
    as it does for the real plugin's errors.
    """

    @functools.wraps(method)
    def answering(self: AwsPlugin, request: Any, context: Any) -> Any:
        try:
            with telling(f"the aws stand-in failed in {method.__name__}"):
                return method(self, request, context)
        except CreatedButUnreadError as failure:
            _abort_created(context, failure, request.properties)
        except StandInError as failure:
            context.abort(grpc.StatusCode.UNKNOWN, str(failure))

    return answering


class AwsPlugin(provider_pb2_grpc.ResourceProviderServicer):
    """The stand-in as the engine sees it: one provider, configured once."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._cancelled = threading.Event()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The version of pulumi_aws, whose plugin this one stands in for."""
        del request, context
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi-aws"))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """The provider's properties as they came: Configure judges them."""
        del context
        return provider_pb2.CheckResponse(inputs=request.news)

    @_answers_failures
    def Configure(self, request: Any, context: Any) -> Any:
        """Read the settings and find the identity; refuse whatever is not of this machine."""
        del context
        self._connection = Connection(read_settings(from_struct(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        """Wake whoever waits for AWS."""
        del request, context
        self._cancelled.set()
        return empty_pb2.Empty()

    @_answers_failures
    def Check(self, request: Any, context: Any) -> Any:
        """Judge a resource's inputs, all faults at once, and fill in defaults and region."""
        del context
        schema = catalog.resource_type(request.urn).schema
        given = from_struct(request.news)
        inputs = schema.with_defaults(given)
        filled_in = inputs.keys() - given.keys()
        inputs.setdefault("region", self._aws().region)
        failures = [
            provider_pb2.CheckFailure(property=fault.path, reason=fault.reason)
            for fault in schema.faults(inputs)
        ]
        inputs = schema.with_tags(inputs, self._aws().tags)
        checked = inputs_to_struct(inputs, filled_in)
        return provider_pb2.CheckResponse(inputs=checked, failures=failures)

    @_answers_failures
    def Diff(self, request: Any, context: Any) -> Any:
        """Compare the state with the program."""
        del context
        schema = catalog.resource_type(request.urn).schema
        differences = schema.differences(from_struct(request.olds), from_struct(request.news))
        return provider_pb2.DiffResponse(
            changes=_changes(differences),
            diffs=[one.name for one in differences],
            replaces=[one.name for one in differences if one.replaces],
            detailedDiff={
                one.name: provider_pb2.PropertyDiff(
                    kind=_KINDS[one.change, one.replaces], inputDiff=False
                )
                for one in differences
            },
            hasDetailedDiff=True,
        )

    @_answers_failures
    def Create(self, request: Any, context: Any) -> Any:
        """Write and read back; in a preview, neither."""
        del context
        resource = catalog.resource_type(request.urn)
        inputs = from_struct(request.properties)
        if request.preview:
            planned = resource.schema.planned(inputs, {})
            return provider_pb2.CreateResponse(id="", properties=to_struct(planned))
        call = self._call(inputs, request.timeout)
        resource_id = resource.create(call, inputs)
        outputs = _settled(resource, call, resource_id, inputs)
        properties = _state(resource_id, outputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=properties)

    @_answers_failures
    def Update(self, request: Any, context: Any) -> Any:
        """Write what differs and read back; in a preview, neither."""
        del context
        resource = catalog.resource_type(request.urn)
        state, inputs = from_struct(request.olds), from_struct(request.news)
        if request.preview:
            planned = resource.schema.planned(inputs, state)
            return provider_pb2.UpdateResponse(properties=_state(request.id, planned))
        call = self._call(inputs, request.timeout)
        resource.update(call, request.id, state, inputs)
        outputs = _existing(resource, call, request.id, inputs)
        return provider_pb2.UpdateResponse(properties=_state(request.id, outputs))

    @_answers_failures
    def Read(self, request: Any, context: Any) -> Any:
        """The resource as AWS has it, for a refresh, look-up or import; an empty id for gone."""
        del context
        resource = catalog.resource_type(request.urn)
        state, inputs = from_struct(request.properties), from_struct(request.inputs)
        resource_id, region = split_import_id(request.id)
        if not state and not resource.schema.importable:
            raise NotImportableError(resource.schema.token)
        if region is not None:
            state["region"] = region
        outputs = resource.read(self._call(state, 0), resource_id, state)
        if outputs is None:
            return provider_pb2.ReadResponse(id="")
        found = resource.schema.inputs_of(outputs, inputs)
        # What the plugin filled in stays its own until somebody else has changed it.
        filled_in = [n for n in defaults_of(request.inputs) if found.get(n) == inputs.get(n)]
        return provider_pb2.ReadResponse(
            id=resource_id,
            properties=_state(resource_id, outputs),
            inputs=inputs_to_struct(found, filled_in),
        )

    @_answers_failures
    def Delete(self, request: Any, context: Any) -> Any:
        """Delete, where the upstream resource does."""
        del context
        resource = catalog.resource_type(request.urn)
        state = from_struct(request.properties)
        resource.delete(self._call(state, request.timeout), request.id)
        return empty_pb2.Empty()

    @_answers_failures
    def Invoke(self, request: Any, context: Any) -> Any:
        """Answer a function."""
        del context
        function, arguments = catalog.function(request.tok), from_struct(request.args)
        results = function(self._call(arguments, 0), arguments)
        # `return` is a word of Python's own.
        return provider_pb2.InvokeResponse(**{"return": to_struct(results)})

    def _aws(self) -> Connection:
        if self._connection is None:
            raise NotConfiguredError
        return self._connection

    def _call(self, properties: Properties, timeout_seconds: float) -> Call:
        aws = self._aws()
        region = region_of(properties, aws.region)
        return Call(aws, region, timeout_seconds, self._cancelled)


def _state(resource_id: str, outputs: Properties) -> Any:
    """The message for what the state keeps: upstream, the id is one of the outputs."""
    return to_struct({**outputs, "id": resource_id})


def _changes(differences: list[Difference]) -> Any:
    diff = provider_pb2.DiffResponse
    return diff.DIFF_SOME if differences else diff.DIFF_NONE


def _settled(
    resource: ResourceType, call: Call, resource_id: str, inputs: Properties
) -> Properties:
    try:
        resource.settle(call, resource_id)
        return _existing(resource, call, resource_id, inputs)
    except StandInError as failure:
        raise CreatedButUnreadError(resource_id, str(failure)) from failure


def _existing(
    resource: ResourceType, call: Call, resource_id: str, inputs: Properties
) -> Properties:
    outputs = resource.read(call, resource_id, inputs)
    if outputs is None:
        raise NotFoundError(
            f"reading {resource.schema.token} ({resource_id}): couldn't find resource"
        )
    return outputs


def _abort_created(context: Any, failure: CreatedButUnreadError, inputs: Any) -> None:
    """Fail, but so that the engine writes the resource into the state: AWS has it."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=failure.resource_id,
        properties=_state(failure.resource_id, from_struct(inputs)),
        inputs=inputs,
        reasons=[str(failure)],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(failure))
    status.details.add().Pack(detail)
    # gRPC's own way for structured errors: the status in full goes along as a binary trailer.
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(failure))


def serve() -> None:
    """Serve on a free loopback port, told on stdout, until the engine is gone."""
    engine = os.getppid()
    drop_empty_variables(os.environ)
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsPlugin(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 (the protocol's first line)
    # An engine that is killed has no time to stop its plugins: they see it by having another
    # parent.
    while server.wait_for_termination(timeout=1) and os.getppid() == engine:
        pass
    server.stop(grace=None)
