"""The regions of AWS that botocore knows. A newer one may be as good."""

from __future__ import annotations

from typing import Any

from botocore.loaders import create_loader


def is_known(region: str) -> bool:
    """Whether botocore knows a region, of any partition."""
    endpoints: Any = create_loader().load_data("endpoints")
    return any(region in partition["regions"] for partition in endpoints["partitions"])
