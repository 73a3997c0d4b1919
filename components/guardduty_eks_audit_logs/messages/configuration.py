"""The keys of the configuration: names, places and single values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal
from guardduty_eks_audit_logs.messages.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.messages.catalogue import Sentence

_NAMESPACES_OF_OTHERS = ("aws:", "pulumi:")


@refusal("key-nested")
def key_nested(project: str) -> Sentence:
    return (
        (f"{project}:{project} is not a key."),
        f"Write a key and its namespace on one line, for instance `{project}:status: ENABLED`.",
    )


@refusal("key-is-a-path", key_from="key")
def key_is_a_path(key: str) -> Sentence:
    return (
        f"{key} is a path into a key.",
        "Remove it, and set it with `pulumi config set --path`.",
    )


@refusal("unknown-key", key_from="key")
def unknown_key(key: str, suggestion: str) -> Sentence:
    return (
        f"{key} is not a configuration key of this project.",
        suggestion,
    )


@refusal("key-in-unread-namespace", key_from="key")
def misspelt_namespace(key: str, meant: str, *, single: bool = True) -> Sentence:
    """Says that a key's namespace is not read.

    Args:
        key: as it is written.
        meant: the key that was meant; empty if there is none like it.
        single: whether its value is no list and no map.
    """
    if meant:
        return (
            f"{key} is in a namespace that this program does not read.",
            _in_its_place(key, meant, single=single),
        )
    return (
        (
            f"{key} is in a namespace that this program does not read, and no key of this "
            "project has that name."
        ),
        "Remove it where it stands, in the stack's file or in Pulumi.yaml.",
    )


@refusal("key-unknown-to-provider", key_from="key")
def unknown_to_reader(key: str, meant: str, reader: str, *, single: bool = True) -> Sentence:
    """Says that the reader of a namespace has no key of that name."""
    return (
        f"{key} is no key of {reader}.",
        _in_its_place(key, meant, single=single),
    )


def _in_its_place(key: str, meant: str, *, single: bool) -> str:
    namespace, by_command = "", ""
    if not meant.startswith(_NAMESPACES_OF_OTHERS):
        namespace = " The namespace of this project's keys is its name in Pulumi.yaml."
    if single:
        by_command = (
            f"; for a single value of the stack's file, `pulumi config set {meant} <value>` and "
            f"`pulumi config rm {key}` do that"
        )
    return (
        f"Did you mean {meant}?{namespace} Write {meant} in place of {key} where it stands, in the "
        f"stack's file or in Pulumi.yaml{by_command}."
    )


@refusal("keys-in-unread-namespace")
def misspelt_namespaces(meant_by_key: Mapping[str, str], project: str) -> Sentence:
    """Says that several keys of this project are not read where they stand."""
    return (
        (
            f"{counted(len(meant_by_key), 'key')} of this project stand where this program does "
            "not read them; "
            f"their namespace is {project}, the project's name in Pulumi.yaml."
        ),
        (
            "Write the second in place of the first where it stands, in the stack's file or in "
            "Pulumi.yaml."
        ),
        "\n".join(["", *(f"  {key} -> {meant}" for key, meant in meant_by_key.items())]),
    )


@refusal("key-without-effect-in-mode", key_from="key")
def not_in_this_mode(key: str, value: str, mode: str) -> Sentence:
    return (
        f"{key}: {value} has no effect with mode: {mode}.",
        f"Remove {key}, or correct the mode.",
    )


@refusal("secret-would-be-shown", key_from="key")
def secret_to_show(key: str, entry: str = "") -> Sentence:
    """Says that a value is a secret.

    Args:
        key: of the value.
        entry: of a list, the path to a single entry, which may be the secret: `[0]`.
    """
    single = (
        "; or, if only single entries are secrets, each of them as in `pulumi config set --path "
        f"--plaintext '{key}{entry}' <value>`"
        if entry
        else ""
    )
    return (
        f"{key} is a secret, but a preview shows it and the state has it in clear.",
        f"Write it in clear: `pulumi config set --plaintext {key} <value>`{single}.",
    )


@refusal("value-missing", key_from="key")
def value_missing(place: str, key: str) -> Sentence:  # noqa: ARG001 - what it is about
    return f"{place} is missing.", "Add it."


@refusal("key-not-here", key_from="key")
def key_not_here(place: str, key: str) -> Sentence:  # noqa: ARG001 - what it is about
    return f"{place} is not a key that exists here.", "Remove it or correct its spelling."


@refusal("value-not-taken")
def value_not_taken(value: str, choice: str) -> Sentence:
    return f"{value} is not a value it takes.", f"Use {choice}."


@refusal("value-malformed")
def value_malformed(value: str, expected: str | None, reason: str) -> Sentence:
    """Says that a value has another form; `reason` counts where nothing is `expected`."""
    if expected:
        return f"{value} is malformed.", f"Write {expected}."
    return f"{value} is malformed: {reason}.", ""


@refusal("regions-malformed", key="regions")
def regions_malformed(value: str) -> Sentence:
    return (
        f"regions: {value} names no region.",
        "Write a list, for instance [eu-central-1, us-east-1].",
    )


@refusal("overrides-malformed", key="overrides")
def overrides_malformed(value: str) -> Sentence:
    return (
        f"overrides: {value} does not give regions their keys.",
        "Write each region with keys below it, for instance {us-east-1: {maxDisabled: 20}}.",
    )


@refusal("overrides-of-no-region", key="overrides")
def overrides_of_no_region(region: str) -> Sentence:
    return (
        f"overrides: this program keeps nothing in {region}.",
        "Correct the region, add it to the program's regions, or remove it.",
    )


@refusal("retry-minutes-out-of-range", key="retryMinutes")
def minutes_out_of_range(value: str, most: int) -> Sentence:
    return (
        f"{value} is not a value it takes.",
        f"Write a number of minutes from 0 to {most}.",
    )


@refusal("max-disabled-malformed", key="maxDisabled")
def max_disabled_malformed(value: str) -> Sentence:
    return (
        f"{value} is malformed.",
        'Write a number of accounts, or a share of all like "25%".',
    )


@refusal("administrator-missing", key="administratorAccountId")
def administrator_missing() -> Sentence:
    return (
        "administratorAccountId is missing.",
        "With mode: delegation it names the account to designate.",
    )
