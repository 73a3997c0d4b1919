"""The `additionalConfigurations` of a feature: a name and a switch each.

Runtime Monitoring has them, for its agents; EKS_AUDIT_LOGS has none. Upstream compares the whole
list. In features of detectors and of the organization a difference in it replaces the resource: an
element's name is one of the properties that can't be changed in place. As the deletes change
nothing, a replacement comes down to one more write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_plugin_stand_in.schema import Kind, Property

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_plugin_stand_in.wire import Properties, Value


def additional_configurations(
    switch: str, values: tuple[str, ...], *, unordered: bool, replaces: bool = True
) -> Property:
    """The list's schema.

    Args:
        switch: the field beside `name`: `status` or `autoEnable`.
        values: what the switch may be.
        unordered: whether upstream takes the list as a set.
        replaces: whether a difference replaces the resource.
    """
    return Property(
        Kind.BLOCKS,
        replaces=replaces,
        unordered=unordered,
        fields={
            "name": Property(Kind.TEXT, required=True),
            switch: Property(Kind.TEXT, required=True, values=values),
        },
    )


def given_configurations(inputs: Properties, switch: str) -> Iterator[tuple[str, str]]:
    """The (name, switch) pairs that a program gives."""
    blocks = inputs.get("additionalConfigurations")
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict):
            yield str(block["name"]), str(block[switch])


def configurations_read(feature: Mapping[str, Any], switch: str) -> list[Value] | None:
    """The list as AWS has it in a feature that it returns; None if the feature has none."""
    member = switch[0].upper() + switch[1:]
    found: list[Value] = [
        {"name": one.get("Name"), switch: one.get(member)}
        for one in feature.get("AdditionalConfiguration", [])
    ]
    return found or None
