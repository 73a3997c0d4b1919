"""The stack's file and Pulumi.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.catalogue import refusal

if TYPE_CHECKING:
    from guardduty_eks_audit_logs.messages.catalogue import Sentence


@refusal("key-written-twice", key_from="key")
def key_twice_in_config(file: str, key: str) -> Sentence:
    return (
        (
            f"{file}: {key} is written twice below `config:`, once without its namespace, and "
            "which one counts is left to chance."
        ),
        "Keep one.",
    )


@refusal("value-undecided", key_from="key")
def value_undecided(key: str, why: str) -> Sentence:
    return (
        f"{key} can't be read from the files alone: {why}.",
        "",
    )


@refusal("pulumi-config-failed")
def pulumi_config_failed(stack: str, reason: str) -> Sentence:
    return (
        (
            f"`pulumi config` does not print the configuration of stack {stack} "
            f"({reason.rstrip('.')})."
        ),
        "Check `pulumi login` and the stack's passphrase or secrets provider.",
    )


@refusal("project-missing")
def no_project(folder: str) -> Sentence:
    return (
        f"there is no Pulumi.yaml in {folder} or above it.",
        "Go to the folder of a Pulumi project, or one below it.",
    )


@refusal("stack-file-malformed")
def file_malformed(file: str, reason: str) -> Sentence:
    return (
        f"{file} can't be read ({reason.rstrip('.')}).",
        "Correct the file.",
    )


def key_twice(key: str) -> str:
    return f"the key {key} is there twice"


def key_no_text(key: str) -> str:
    return f"the key {key} is no text"


@refusal("key-outside-of-config", key_from="key")
def outside_of_config(file: str, key: str, *, has_config: bool = True) -> Sentence:
    where = (
        "Move it to the keys below `config:`, with two spaces in front"
        if has_config
        else "Write the line `config:` above it, and two spaces in front of it"
    )
    return (
        f"{file}: {key} is outside of `config:`, where Pulumi does not read it.",
        (
            f"{where}, or remove it. Edit the file before anything else: `pulumi config set` "
            "drops such a key."
        ),
    )


@refusal("project-key-outside-of-config", key_from="key")
def outside_of_projects_config(file: str, key: str, name: str) -> Sentence:
    """Says it of the project's file; `name` is the key's without its namespace if it is ours."""
    way_out = (
        f"Write its value there as `default:` of `config: {name}:`"
        if name
        else "Move it to the keys below `config:`, with two spaces in front"
    )
    return (
        f"{file}: {key} is outside of `config:`, and Pulumi does not read it.",
        f"{way_out}, or remove it.",
    )


@refusal("stack-file-config-in-capitals")
def config_in_capitals(file: str, written: str) -> Sentence:
    return (
        f"{file}: Pulumi does not read what is below `{written}:`.",
        "Write `config:` in small letters.",
    )


@refusal("stack-file-second-document")
def second_document(file: str) -> Sentence:
    return (
        f"{file}: Pulumi does not read what comes after the line ---.",
        "Move it to the keys below `config:`, and remove the line.",
    )


@refusal("stack-file-ignored")
def stack_file_ignored(stack: str, file: str, right: str, *, there: bool) -> Sentence:
    """Says that a file is not read; `there` if the right one is there as well."""
    way_out = f"Rename it to {right}"
    if there:
        way_out = f"Move what it has to {right}, and remove it"
    return (
        f"{file} is not read: the file of stack {stack} is {right}.",
        f"{way_out}.",
    )
