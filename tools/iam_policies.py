"""Writes docs/iam, and what README says about permissions.

Both are made from the table of permissions: `make docs` writes them, and a test compares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guardduty_eks_audit_logs.planning.permissions import (
    PERMISSIONS,
    Caller,
    Permission,
    Purpose,
    Variant,
    actions,
)
from guardduty_eks_audit_logs.settings.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PROJECT = Path(__file__).parent.parent
FOLDER = PROJECT / "docs" / "iam"

_WRITTEN_OUT = {Caller.PULUMI_AWS: "pulumi-aws (read, not run)", Caller.AWS: "AWS itself"}


@dataclass(frozen=True)
class Policy:
    """One file of docs/iam.

    Attributes:
        name: of the file, without `.json`.
        purpose: what a role with it can do.
        permissions: what it allows.
    """

    name: str
    purpose: str
    permissions: tuple[Permission, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The policy: a statement for each set of resources and condition, reads first."""
        statements: dict[str, dict[str, Any]] = {}
        for permission in sorted(self.permissions, key=lambda one: one.writes):
            terms: dict[str, Any] = {"Resource": _one_or_more(permission.resources)}
            if permission.condition:
                terms["Condition"] = permission.condition
            key = json.dumps([permission.writes, terms])
            statement = statements.setdefault(key, {"Effect": "Allow", "Action": [], **terms})
            statement["Action"].append(permission.action)
        return {"Version": "2012-10-17", "Statement": list(statements.values())}

    @property
    def text(self) -> str:
        """The file's content."""
        return json.dumps(self.document, indent=2) + "\n"


def _of_variant(purpose: Purpose, variant: Variant) -> tuple[Permission, ...]:
    return tuple(one for one in actions(purpose, variants=[variant]) if one.variant is variant)


_DELEGATION = actions(Purpose.DELEGATION, Mode.DELEGATION)

POLICIES = (
    Policy("preview", "`pulumi preview`, which writes nothing", actions(Purpose.PREVIEW)),
    Policy("deploy", "`pulumi up` and `pulumi destroy`; previews too", actions(Purpose.DEPLOY)),
    Policy(
        "units", "also: rules by organizational units", _of_variant(Purpose.DEPLOY, Variant.UNITS)
    ),
    Policy("tags", "also: rules by tags", _of_variant(Purpose.DEPLOY, Variant.TAGS)),
    Policy(
        "create-preview",
        "also: previews with `detector: create`",
        _of_variant(Purpose.PREVIEW, Variant.CREATE),
    ),
    Policy(
        "create-deploy",
        "also: runs with `detector: create`",
        _of_variant(Purpose.DEPLOY, Variant.CREATE),
    ),
    Policy(
        "delegation-preview",
        "in the management account: previews with `mode: delegation`",
        tuple(one for one in _DELEGATION if not one.writes),
    ),
    Policy("delegation", "in the management account: runs with `mode: delegation`", _DELEGATION),
    Policy(
        "coverage",
        "`eks-audit-logs coverage`",
        actions(Purpose.COVERAGE, variants=[Variant.POLICIES]),
    ),
    Policy("doctor", "also: `eks-audit-logs doctor`", actions(Purpose.DOCTOR)),
    Policy("state-read-only", "previews with the state in S3", actions(Purpose.READ_STATE)),
    Policy("state-read-write", "runs with the state in S3", actions(Purpose.WRITE_STATE)),
    Policy(
        "key-read-only",
        "previews, if a key of AWS KMS encrypts that bucket or the stacks' secrets",
        _of_variant(Purpose.READ_STATE, Variant.KEY),
    ),
    Policy(
        "key-read-write",
        "runs, if a key of AWS KMS does",
        _of_variant(Purpose.WRITE_STATE, Variant.KEY),
    ),
)
"""Every file of docs/iam."""


def files(texts: Mapping[str, str]) -> dict[str, str]:
    """Gives the files that are made from the table.

    Args:
        texts: by path from the project's folder, what `documents` has now: with markers around
            each table.

    Returns:
        By path, what each file has to say.
    """
    made = {f"docs/iam/{policy.name}.json": policy.text for policy in POLICIES}
    return made | {path: _with_tables(text) for path, text in texts.items()}


DOCUMENTS = ("README.md", "docs/iam/README.md")
"""The documents with tables."""


def _with_tables(text: str) -> str:
    for name, rows in _TABLES.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            table = "\n".join(rows())
            text = f"{before}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return text


def _policies() -> Iterable[str]:
    yield from ("| policy | for | allows |", "|---|---|---|")
    for policy in POLICIES:
        allows = _grouped(one.action for one in policy.permissions)
        if policy.name == "deploy":
            allows = "what `preview` allows, and " + _grouped(
                one.action for one in policy.permissions if one.writes
            )
        if policy.name == "delegation":
            allows = "what `delegation-preview` allows, and " + _grouped(
                one.action for one in policy.permissions if one.writes
            )
        yield f"| [{policy.name}](docs/iam/{policy.name}.json) | {policy.purpose} | {allows} |"


def _modes() -> Iterable[str]:
    yield from ("| `mode` | needs of `deploy` |", "|---|---|")
    everything = actions(Purpose.DEPLOY)
    for mode in (Mode.INVITATION, Mode.STANDALONE):
        needed = {one.action for one in actions(Purpose.DEPLOY, mode)}
        rest = _grouped(one.action for one in everything if one.action not in needed)
        yield f"| `{mode}` | all but {rest} |"


def _optional() -> Iterable[str]:
    yield from ("| without one of | is unknown | in |", "|---|---|---|")
    unknown: dict[tuple[str, str], list[str]] = {}
    for permission in PERMISSIONS:
        if permission.optional:
            purposes = ", ".join(sorted(permission.purposes))
            unknown.setdefault((permission.unknown, purposes), []).append(permission.action)
    for (what, purposes), names in unknown.items():
        yield f"| {_grouped(names)} | {what} | {purposes} |"


def _every_action() -> Iterable[str]:
    yield from (
        "| action | policies | narrowed to | called by | asked for by |",
        "|---|---|---|---|---|",
    )
    for action in dict.fromkeys(one.action for one in PERMISSIONS):
        rows = [one for one in PERMISSIONS if one.action == action]
        policies = [
            f"[{policy.name}]({policy.name}.json)"
            for policy in POLICIES
            if action in {one.action for one in policy.permissions}
        ]
        callers = sorted({_WRITTEN_OUT.get(one, str(one)) for row in rows for one in row.callers})
        pages = dict.fromkeys(f"[{_title(one.page)}]({one.page})" for one in rows)
        sources = dict.fromkeys(
            f"[{_title(one.source)}]({one.source})" for one in rows if one.source
        )
        cells = (
            f"`{action}`",
            ", ".join(policies),
            _narrowed(rows[0]),
            ", ".join(callers),
            ", ".join([*pages, *sources]),
        )
        yield f"| {' | '.join(cells)} |"


_TABLES: Mapping[str, Callable[[], Iterable[str]]] = {
    "every policy": _policies,
    "what modes need": _modes,
    "what goes on": _optional,
    "every action": _every_action,
}


def _narrowed(permission: Permission) -> str:
    arns = [f"`{arn}`" for arn in permission.resources if arn != "*"]
    conditions = [
        f"`{key}` = `{value}`"
        for keys in permission.condition.values()
        for key, value in keys.items()
    ]
    return ", ".join([*arns, *conditions]) or "-"


def _grouped(names: Iterable[str]) -> str:
    """Actions with the service's name once: `s3:ListBucket`, `GetObject`."""
    by_service: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        service, _, operation = name.partition(":")
        by_service.setdefault(service, []).append(operation)
    return "; ".join(
        f"`{service}:{first}`" + "".join(f", `{one}`" for one in rest)
        for service, (first, *rest) in by_service.items()
    )


def _title(address: str) -> str:
    last = address.rstrip("/").rpartition("/")[2]
    return last.removesuffix(".html").removeprefix("API_")


def _one_or_more(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def main() -> None:
    """Writes them."""
    FOLDER.mkdir(exist_ok=True)
    texts = {path: (PROJECT / path).read_text(encoding="utf-8") for path in DOCUMENTS}
    for path, text in files(texts).items():
        (PROJECT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
