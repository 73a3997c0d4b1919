"""The regions of AWS that botocore knows. A newer one may be as good."""

from __future__ import annotations

import re
from typing import Any

from botocore.loaders import create_loader


def is_known(region: str) -> bool:
    """Whether botocore knows a region, of any partition."""
    endpoints: Any = create_loader().load_data("endpoints")
    return any(region in partition["regions"] for partition in endpoints["partitions"])


def global_region(region: str) -> str:
    """The region where a partition has its global services, and which no account opts in to.

    Args:
        region: any of the partition; of one that botocore does not know, this one is given back.
    """
    endpoints: Any = create_loader().load_data("endpoints")
    for partition in endpoints["partitions"]:
        if region in partition["regions"] or re.fullmatch(partition["regionRegex"], region):
            services = partition["services"]
            iam = services.get("iam", {}).get("endpoints", {}).values()
            scopes = (scope["region"] for one in iam if (scope := one.get("credentialScope")))
            return next(scopes, region)
    return region
