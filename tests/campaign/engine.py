"""A stand-in of the Pulumi engine: runs the real program with its providers, and can be killed.

What it does as the engine does: it refreshes before everything else (`options: refresh: always`),
asks `check` and `diff`, then creates, updates or replaces one resource after the other in the order
of the program's dependencies, saves the state after each, deletes at the end what the program does
no longer register, and on destroy deletes everything in reverse order without the program. After a
failure no other step begins. Properties cross the same borders: numbers become floats, maps lose
their order, properties without a value are dropped.

A replacement is a create, and a delete at the end of the run or in the next one; or, where the
resource asks for it, a delete and then a create. A resource that is to be replaced or is tainted
gets no old inputs for its check, and no diff. Resources that a run is not about stay as they are
and are asked nothing. What a saved plan does not have is refused when it is registered.

What it is not: the engine. It makes one step at a time, prints nothing, and has no plugins of its
own; the campaign's histories with the real CLI are there for the rest.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from pulumi import ResourceHookArgs
from pulumi.output import Unknown
from pulumi.runtime import rpc

import guardduty_eks_audit_logs.writing.run_notes
from aws_plugin_stand_in.failures import StandInError
from guardduty_eks_audit_logs.resources.process import RefusedError
from tests.campaign.kinds import Plugins
from tests.campaign.network import KilledError, Moments
from tests.campaign.program import Answer, RunningProgram, shipped
from tests.campaign.state import Options, Place, Plan, PlanViolatedError, Resource
from tests.support.registrations import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.campaign.kinds import Kind, Properties
    from tests.campaign.network import Network

_TOLD_ALREADY = 32
_UNKNOWN: Any = cast("type[Any]", Unknown)()
_STATE_OF_A_STACK = "pulumi:pulumi:readStackResourceOutputs"
_REGION_OF_A_PROVIDER = "aws:index/getRegion:getRegion"


class StoppedError(Exception):
    """The engine takes no more registrations: a step has failed, or it has been killed."""


class RefusedByTheEngineError(Exception):
    """The engine itself does not do what it is asked for."""


@dataclass
class Told:
    """How one command ended, and what it said.

    Attributes:
        preview: whether it was a preview.
        killed: whether the engine was killed in it.
        errors: what the program and the resources failed with.
        by_the_engine: those of them that the engine itself told.
        defects: exceptions that are none of a user's: the CLI would show a traceback.
        lines: what the program told and the providers printed.
        exported: the stack's outputs.
        registered: {resource's name in the program: what the program asked for}.
        steps: what was done to which resource.
        plan: what `--save-plan` of a preview saves.
    """

    preview: bool = False
    killed: bool = False
    errors: list[str] = field(default_factory=list)
    by_the_engine: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    exported: Properties = field(default_factory=dict)
    registered: dict[str, Properties] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)

    @property
    def succeeded(self) -> bool:
        return not (self.killed or self.errors or self.defects)


class Stack:
    """One stack: its state as it was saved last, and the commands of the CLI.

    Args:
        network: where the providers reach AWS.
        seed: decides in which order maps arrive.

    Attributes:
        saved: its resources, those that others depend on before them.
        place: its names.
        configuration: what the providers in the state are configured with.
        program: what is run.
    """

    def __init__(self, network: Network, seed: int = 0) -> None:
        self.saved: list[Resource] = []
        self.configuration: dict[str, Any] = {}
        self.program: Callable[[], None] = shipped
        self.place = Place()
        self._network = network
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def preview(self, configuration: Mapping[str, Any], options: Options | None = None) -> Told:
        """`pulumi preview`."""
        asked = self._named(configuration)
        run = _Run(self, self._network, self._random, asked, options, preview=True)
        run.carry_out(run.program)
        return run.told

    def up(
        self,
        configuration: Mapping[str, Any],
        moments: Moments | None = None,
        options: Options | None = None,
    ) -> Told:
        """`pulumi up`, in which something happens at a moment."""
        run = _Run(self, self._network, self._random, self._named(configuration), options)
        self._network.begin(moments or Moments())
        run.carry_out(run.program)
        return run.told

    def destroy(self, configuration: Mapping[str, Any], moments: Moments | None = None) -> Told:
        """`pulumi destroy`; the program is not run."""
        run = _Run(self, self._network, self._random, self._named(configuration))
        self._network.begin(moments or Moments())
        run.carry_out(run.delete_all)
        return run.told

    def _named(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of the project in the namespace that it has by now."""
        first, now = f"{PROJECT}:", f"{self.place.project}:"
        return {
            f"{now}{key.removeprefix(first)}" if key.startswith(first) else key: value
            for key, value in configuration.items()
        }

    def find(self, type_: str) -> Resource | None:
        """The resource of a type, such as `PriorSettings`; of two, that of the last run."""
        found = [r for r in self.saved if r.type.endswith(f":{type_}") and not r.delete]
        return found[0] if found else None

    def taint(self, urns: Iterable[str]) -> None:
        """`pulumi state taint`."""
        chosen = set(urns)
        self.saved = [
            replace(r, tainted=True) if r.urn in chosen and not r.delete else r for r in self.saved
        ]

    def rename(self, *, project: str | None = None, stack: str | None = None) -> None:
        """`pulumi stack rename`; the program's project is renamed, too."""
        before = self.place
        self.place = replace(before, project=project or before.project, stack=stack or before.stack)
        moved = partial(self.place.moved, before=before)
        self.saved = [
            replace(
                r,
                urn=moved(r.urn),
                dependencies=frozenset(map(moved, r.dependencies)),
                by_property={k: frozenset(map(moved, urns)) for k, urns in r.by_property.items()},
            )
            for r in self.saved
        ]

    def move(self, stack: str) -> None:
        """`pulumi stack export`, then `pulumi stack import --force` into another stack.

        The resources keep their URNs; the former stack is left to itself.
        """
        self.place = replace(self.place, stack=stack)


class _Run:
    """One command."""

    def __init__(  # noqa: PLR0913 - all that a command has
        self,
        stack: Stack,
        network: Network,
        order: random.Random,
        configuration: Mapping[str, Any],
        options: Options | None = None,
        *,
        preview: bool = False,
    ) -> None:
        self.told = Told(preview)
        self._stack = stack
        self._old = list(stack.saved)
        """What was there before, as far as nothing has taken its place."""
        self._new: list[Resource] = []
        """What the program has registered, in its order."""
        self._network = network
        self._random = order
        self._configuration = configuration
        self._options = options or Options()
        # Until the program registers something, and on destroy, as they are in the state.
        self._plugins = Plugins(stack.configuration or configuration)
        self._configured = False
        self._skipped: set[str] = set()
        self._gone: dict[str, Resource] = {}
        """What is deleted already, since something that it depends on was."""
        self._program: RunningProgram | None = None
        # Each command has processes of its own for the providers.
        guardduty_eks_audit_logs.writing.run_notes.NOTED.clear()

    def carry_out(self, command: Callable[[], None]) -> None:
        """Refreshes and does what the command does, until it is done, fails or is killed."""
        said = io.StringIO()
        with (
            redirect_stderr(said),
            patch.dict(os.environ, self._environment()),
            # They are one process here, which is started by no engine.
            patch.object(guardduty_eks_audit_logs.writing.run_notes, "_file", lambda _name: None),
        ):
            try:
                self._check_replaced()
                if self._options.refresh and not self._stopped():
                    self._refresh()
                if not self._stopped():
                    command()
            except KilledError:
                self.told.killed = True
        # A user's error in a provider leaves it so for its process, which this one is, too.
        sys.tracebacklimit = 1000
        self.told.lines += [line for line in said.getvalue().splitlines() if line]

    def program(self) -> None:
        """Runs the program, then deletes what it has not registered."""
        self._program = RunningProgram(
            self, self._stack.place, self._stack.program, preview=self.told.preview
        )
        try:
            self._program.run()
        except (StoppedError, RuntimeError) as error:
            # The engine ends a program that it takes no more registrations from.
            if not self._stopped():
                self.told.defects.append(f"{type(error).__name__}: {error}")
        except SystemExit as ended:
            if ended.code != _TOLD_ALREADY:
                self.told.defects.append(f"the program ended with {ended.code}")
        except KilledError:
            self.told.killed = True
        except Exception as error:  # noqa: BLE001 - whatever it is, the CLI would show it
            if not self._stopped():
                self.told.defects.append(f"{type(error).__name__}: {error}")
        self.told.lines += self._program.infos
        self.told.errors += self._program.errors
        if self._network.dead:
            self.told.killed = True
        if not self._stopped():
            self._delete_the_rest()

    def delete_all(self) -> None:
        """Deletes everything, what depends on others before them."""
        self._delete(self._old)

    def register(self, request: Any, urn: str) -> Answer:  # noqa: ANN401 - gRPC's type
        """What the engine does when the program registers a resource; its id and outputs."""
        if self._stopped():
            raise StoppedError
        inputs = self._wired(rpc.deserialize_properties(request.object, keep_unknowns=True))
        if not self.told.preview:
            # A value that is not known goes to no provider.
            inputs = {k: v for k, v in inputs.items() if not isinstance(v, Unknown)}
        self.told.registered[request.name] = inputs
        try:
            return self._step(request, urn, inputs)
        except KilledError:
            self.told.killed = True
            self._end_program()
            raise StoppedError from None
        except Exception as error:
            self._failed(request.name, error)
            self._end_program()
            raise StoppedError from error

    def ask(self, token: str, arguments: Properties) -> Properties:
        """The engine's own function that reads a stack's state, as it was saved last.

        Of pulumi-aws it has only the one that names the provider's region.
        """
        if token == _REGION_OF_A_PROVIDER:
            return {"region": self._configuration["aws:region"]}
        name = self._stack.place.reference
        if token != _STATE_OF_A_STACK or arguments["stackName"] != name:
            raise AssertionError(token, arguments)
        outputs = {
            r.urn: {"type": r.type, "outputs": self._wired(r.outputs)}
            for r in self._stack.saved
            if not r.delete
        }
        return {"name": name, "outputs": outputs}

    def export(self, outputs: Properties) -> None:
        """The program's outputs have arrived."""
        self.told.exported = outputs

    def _end_program(self) -> None:
        if self._program:
            self._program.end()

    def _step(self, request: Any, urn: str, asked: Properties) -> Answer:  # noqa: ANN401
        included = self._options.includes(urn)
        old = self._found(urn)
        if not request.custom:
            if old is None and not included:
                self._skipped.add(urn)
                return Answer("", {})
            return self._keep(self._made(request, urn, "", {}, {}))
        self._configure_plugins()
        kind = self._plugins.kind(request.type)
        gone = self._gone.pop(urn, None)
        anew = old is None or urn in self._options.replace or old.tainted
        news = self._with_ignored(request, old, asked)
        if not included:
            news = old.inputs if old else {}
        elif anew:
            news = self._wired(kind.check({}, asked))
        else:
            assert old
            news = self._wired(kind.check(self._wired(old.inputs), news))
        if old is None and not included:
            self._skipped.add(urn)
            return Answer("", None)
        if included:
            self._refuse_skipped(request)
        if not included:
            assert old
            return self._keep(old)
        if old is None and gone is None and request.importId:
            old = self._imported(request, urn, kind, news)
            anew = False
            news = self._with_ignored(request, old, asked)
            news = self._wired(kind.check(self._wired(old.inputs), news))
        step = self._decided(kind, old, news, anew=anew)
        if gone is not None:
            step = "replace"
        self._hold_against_the_plan(urn, old, news, step, anew=anew)
        return self._done(request, urn, kind, old, news, step)

    def _configure_plugins(self) -> None:
        if self._stack.configuration == self._configuration:
            return
        if not self._configured:
            self._configured = True
            self._plugins = Plugins(self._configuration)
        if not self.told.preview:
            self._stack.configuration = dict(self._configuration)

    def _done(  # noqa: PLR0913, PLR0917 - all that a step has
        self,
        request: Any,  # noqa: ANN401
        urn: str,
        kind: Kind,
        old: Resource | None,
        news: Properties,
        step: str,
    ) -> Answer:
        if step != "same":
            self._call_hooks(request, urn, old, news, step)
        if step == "replace" and old is not None:
            return self._replace(request, urn, kind, old, news)
        if self.told.preview:
            if step != "same":
                self.told.steps.append(f"{step} {request.name}")
            # A provider that knows no previews is not asked: the inputs stand for its outputs.
            outputs = news
            if old and (step == "same" or kind.previews):
                outputs = {**old.outputs, **news} if kind.previews else old.outputs
            new = self._made(request, urn, old.id if old else "", news, outputs)
            return self._keep(new)
        self._network.step()
        if old is None:
            return self._keep(self._create(request, urn, kind, news, step))
        outputs = old.outputs
        if step == "update":
            self.told.steps.append(f"update {request.name}")
            outputs = self._wired(kind.update(old.id, self._wired(old.outputs), news))
        return self._keep(self._made(request, urn, old.id, news, outputs))

    def _decided(self, kind: Kind, old: Resource | None, news: Properties, *, anew: bool) -> str:
        if old is None:
            return "create"
        if anew:
            return "replace"
        differs, replaces = kind.diff(old.id, self._wired(old.outputs), news)
        if replaces or old.pending_replacement:
            return "replace"
        return "update" if differs else "same"

    def _create(
        self,
        request: Any,  # noqa: ANN401
        urn: str,
        kind: Kind,
        news: Properties,
        step: str = "create",
    ) -> Resource:
        self.told.steps.append(f"{step} {request.name}")
        id_, outputs = kind.create(news)
        return self._made(request, urn, id_, news, self._wired(outputs))

    def _replace(
        self,
        request: Any,  # noqa: ANN401
        urn: str,
        kind: Kind,
        old: Resource,
        news: Properties,
    ) -> Answer:
        """Puts another resource in the place of one."""
        if request.importId:
            said = "previously-imported resources that still specify an ID may not be replaced"
            if not self.told.preview:
                raise RefusedByTheEngineError(said)
            self.told.lines.append(said)
        if not self._is_targeted(old):
            news = self._wired(kind.check({}, news))
        if self.told.preview:
            self.told.steps.append(f"replace {request.name}")
            return self._keep(self._made(request, urn, "", news, news))
        self._network.step()
        if self._deletes_first(request, kind):
            for dependent in reversed(self._dependents(old)):
                self._delete_to_replace(dependent)
                self._gone[dependent.urn] = dependent
            if not old.pending_replacement:
                self._delete_to_replace(old)
            return self._keep(self._create(request, urn, kind, news, "replace"))
        new = self._create(request, urn, kind, news, "replace")
        self._old = [replace(r, delete=True) if r.urn == urn else r for r in self._old]
        return self._keep(new)

    def _is_targeted(self, old: Resource) -> bool:
        return old.tainted or old.urn in self._options.replace

    def _deletes_first(self, request: Any, kind: Kind) -> bool:  # noqa: ANN401
        if self._options.delete_first is not None:
            return self._options.delete_first
        if request.deleteBeforeReplaceDefined:
            return bool(request.deleteBeforeReplace)
        return kind.deletes_first

    def _dependents(self, old: Resource) -> list[Resource]:
        """What is to be replaced, too, if the resource is deleted and made anew."""
        replaced, found = {old.urn}, []
        for resource in self._old:
            if resource.delete or not resource.custom or resource.urn in replaced:
                continue
            depends = {k for k, urns in resource.by_property.items() if urns & replaced}
            if not depends:
                continue
            unknown = {k: _UNKNOWN if k in depends else v for k, v in resource.inputs.items()}
            kind = self._plugins.kind(resource.type)
            if kind.diff(resource.id, self._wired(resource.outputs), unknown)[1]:
                replaced.add(resource.urn)
                found.append(resource)
        return found

    def _delete_to_replace(self, resource: Resource) -> None:
        self.told.steps.append(f"delete {resource.name}")
        self._network.step()
        if not resource.retained:
            kind = self._plugins.kind(resource.type)
            kind.delete(resource.id, self._wired(resource.outputs))
        self._network.step()
        self._old = [
            replace(r, pending_replacement=True) if r is resource else r for r in self._old
        ]
        self._save()

    def _imported(
        self,
        request: Any,  # noqa: ANN401
        urn: str,
        kind: Kind,
        news: Properties,
    ) -> Resource:
        _, outputs, inputs = map(self._wired, kind.read(request.importId, {}, news))
        return self._made(request, urn, request.importId, inputs, outputs)

    def _with_ignored(
        self,
        request: Any,  # noqa: ANN401
        old: Resource | None,
        news: Properties,
    ) -> Properties:
        if old is None:
            return news
        for ignored in request.ignoreChanges:
            news = {k: v for k, v in news.items() if k != ignored}
            news |= {ignored: old.inputs[ignored]} if ignored in old.inputs else {}
        return news

    def _refuse_skipped(self, request: Any) -> None:  # noqa: ANN401
        """What a targeted resource depends on must be there."""
        if not (self._options.targets or self._options.replace):
            return
        missing = self._depends(request)[0] & self._skipped
        if missing:
            raise RefusedByTheEngineError(
                f"{request.name} depends on {sorted(missing)}, which was not specified in --target"
            )

    def _hold_against_the_plan(
        self, urn: str, old: Resource | None, news: Properties, step: str, *, anew: bool
    ) -> None:
        olds = None if old is None else {} if anew else old.inputs
        if self.told.preview:
            self.told.plan.add(urn, olds or {}, news, step)
        elif self._options.plan is not None:
            self._options.plan.check(urn, olds, news, step)

    def _call_hooks(
        self,
        request: Any,  # noqa: ANN401
        urn: str,
        old: Resource | None,
        news: Properties,
        step: str,
    ) -> None:
        assert self._program
        names = request.hooks.before_update if step == "update" else request.hooks.before_create
        name = self._stack.place.named(request.name)
        asked = ResourceHookArgs(
            urn,
            old.id if old and step == "update" else "",
            name,
            request.type,
            new_inputs=self._wired(news),
            old_inputs=self._wired(old.inputs) if old and step == "update" else None,
            old_outputs=self._wired(old.outputs) if old and step == "update" else None,
        )
        self._program.call_hooks(names, asked)

    def _depends(self, request: Any) -> tuple[frozenset[str], dict[str, frozenset[str]]]:  # noqa: ANN401
        by_property = {k: frozenset(v.urns) for k, v in request.propertyDependencies.items()}
        of_all = frozenset({*request.dependencies, request.parent}).union(*by_property.values())
        return of_all - {""}, by_property

    def _made(
        self,
        request: Any,  # noqa: ANN401
        urn: str,
        id_: str,
        inputs: Properties,
        outputs: Properties,
    ) -> Resource:
        of_all, by_property = self._depends(request)
        return Resource(
            urn,
            request.name,
            request.type,
            bool(request.custom),
            id_,
            inputs,
            outputs,
            retained=bool(request.retainOnDelete),
            dependencies=of_all,
            by_property={k: urns for k, urns in by_property.items() if urns},
        )

    def _found(self, urn: str) -> Resource | None:
        return next((r for r in self._old if r.urn == urn and not r.delete), None)

    def _keep(self, new: Resource) -> Answer:
        if not self.told.preview:
            self._network.step()
        self._old = [r for r in self._old if r.urn != new.urn or r.delete]
        self._new.append(new)
        if not self.told.preview:
            self._save()
        return Answer(new.id, new.outputs)

    def _save(self) -> None:
        self._stack.saved = [*self._new, *self._old]
        self._network.step()

    def _check_replaced(self) -> None:
        unknown = self._options.replace - {r.urn for r in self._old}
        if unknown:
            raise AssertionError("the campaign wants to replace what is not there", unknown)

    def _refresh(self) -> None:
        seen: set[str] = set()
        for place, resource in enumerate(list(self._old)):
            if (
                not resource.custom
                or resource.pending_replacement
                or resource.urn in seen
                or not self._options.includes(resource.urn)
            ):
                continue
            seen.add(resource.urn)
            try:
                read = self._read(resource)
            except Exception as error:  # noqa: BLE001 - told as the engine tells it
                self._failed(resource.name, error)
                return
            self._old[place] = read or replace(resource, id="")
        gone = {r.urn for r in self._old if r.custom and not r.id}
        self._old = [r for r in self._old if not (r.custom and not r.id)]
        # As the engine does where a resource that others depend on is gone.
        self._old = [replace(r, dependencies=r.dependencies - gone) for r in self._old]
        if not self.told.preview and self._old != self._stack.saved:
            self._save()

    def _read(self, resource: Resource) -> Resource | None:
        kind = self._plugins.kind(resource.type)
        id_, outputs, inputs = kind.read(
            resource.id, self._wired(resource.outputs), self._wired(resource.inputs)
        )
        if not id_:
            return None
        outputs = self._wired(outputs)
        inputs = resource.inputs if inputs is None else self._wired(inputs)
        kind.diff(id_, outputs, self._wired(resource.inputs))
        return replace(resource, id=id_, inputs=inputs, outputs=outputs)

    def _delete_the_rest(self) -> None:
        """What is to be deleted since earlier runs, and what the program has not registered."""
        chosen = [r for r in self._old if self._options.includes(r.urn)]
        if self._options.targets:
            named = {r.urn for r in chosen}
            if any(r.dependencies & named and r.urn not in named for r in self._old):
                error = RefusedByTheEngineError("will be destroyed, but was not specified")
                self._failed("", error)
                return
        if self._options.excludes:
            # Nor what those depend on that are excluded.
            kept = self._options.excludes.union(
                *(r.dependencies for r in self._old if r.urn in self._options.excludes)
            )
            chosen = [r for r in chosen if r.urn not in kept]
        for resource in chosen:
            step = "delete"
            if self.told.preview:
                self.told.plan.add(resource.urn, {}, {}, step) if not resource.delete else None
            elif self._options.plan is not None and not resource.delete:
                try:
                    self._options.plan.check_step(resource.urn, step)
                except PlanViolatedError as error:
                    self._failed(resource.name, error)
                    return
        if self.told.preview:
            self.told.steps += [f"delete {r.name}" for r in reversed(chosen)]
            return
        self._delete(chosen)

    def _delete(self, resources: list[Resource]) -> None:
        for resource in reversed(resources):
            self.told.steps.append(f"delete {resource.name}")
            try:
                self._network.step()
                if resource.custom and not resource.retained and not _is_gone(resource):
                    kind = self._plugins.kind(resource.type)
                    kind.delete(resource.id, self._wired(resource.outputs))
                self._network.step()
            except KilledError:
                raise
            except Exception as error:  # noqa: BLE001 - told as the engine tells it
                self._failed(resource.name, error)
                return
            self._old = [r for r in self._old if r is not resource]
            self._save()

    def _failed(self, name: str, error: Exception) -> None:
        if isinstance(error, PlanViolatedError | RefusedByTheEngineError):
            self.told.by_the_engine.append(str(error))
            self.told.errors.append(str(error))
        elif isinstance(error, RefusedError | StandInError):
            self.told.errors.append(str(error))
        else:
            self.told.defects.append(f"{name}: {type(error).__name__}: {error}")

    def _stopped(self) -> bool:
        return bool(self.told.killed or self.told.errors or self.told.defects)

    def _environment(self) -> dict[str, str]:
        return {"PULUMI_CONFIG": json.dumps(dict(self._configuration))}

    def _wired(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """A value as it arrives on the other side of gRPC."""
        if isinstance(value, dict):
            items = [(key, self._wired(part)) for key, part in value.items() if part is not None]
            self._random.shuffle(items)
            return dict(items)
        if isinstance(value, list | tuple):
            return [self._wired(part) for part in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return str(value) if type(value) is not str and isinstance(value, str) else value


def _is_gone(resource: Resource) -> bool:
    """Whether the first half of a replacement has deleted it: it is only to be forgotten."""
    return resource.pending_replacement and not resource.delete
