"""The states of stacks as earlier releases wrote them (`pulumi stack export`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EARLIER_STATES = sorted((Path(__file__).parents[1] / "engine" / "states").glob("*.json"))


def resources_in(file: Path) -> dict[str, dict[str, Any]]:
    """The resources by URN, with `type`, `inputs` and `outputs` as the engine hands them out."""
    return {
        resource["urn"]: {
            "type": resource["type"],
            "inputs": resource.get("inputs") or {},
            "outputs": resource.get("outputs") or {},
        }
        for resource in json.loads(file.read_text())["deployment"]["resources"]
    }


def earlier(file: Path, kind: str) -> dict[str, Any]:
    """The one dynamic resource of a kind, without its reference to the provider's class."""
    (found,) = (r for r in resources_in(file).values() if r["type"].endswith(f"guardduty:{kind}"))
    return {
        what: {key: value for key, value in found[what].items() if key != "__provider"}
        for what in ("inputs", "outputs")
    }


def provider_reference(file: Path, kind: str) -> str:
    (found,) = (r for r in resources_in(file).values() if r["type"].endswith(f"guardduty:{kind}"))
    return str(found["outputs"]["__provider"])
