"""The `region` argument that every GuardDuty resource of pulumi-aws 7 takes.

Left out, it is the provider's region. It is an output too, and a change of it replaces the
resource. The id of an import may carry it as a suffix: `<id>@<region>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_plugin_stand_in.schema import Kind, Property

if TYPE_CHECKING:
    from aws_plugin_stand_in.wire import Properties

REGION = Property(Kind.TEXT, replaces=True, computed=True)


def region_of(properties: Properties, provider_region: str) -> str:
    """The region of a resource, or of a function call: its own, else the provider's."""
    region = properties.get("region")
    return region if isinstance(region, str) and region else provider_region


def split_import_id(import_id: str) -> tuple[str, str | None]:
    """The id and the region of `<id>@<region>`; no region where there is no `@`."""
    resource_id, separator, region = import_id.partition("@")
    return resource_id, region if separator else None
