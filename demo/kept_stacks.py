"""The stacks that a sandbox's folder has kept, and whether they fit the organization of today.

The organization begins anew at each start, Pulumi's state does not.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from demo.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_DETECTOR = "aws:guardduty/detector:Detector"


@dataclass(frozen=True)
class KeptStack:
    """A stack with resources in its state, or with a state that can't be read.

    Attributes:
        name: as `pulumi --stack` takes it in the project's folder.
        file: its state.
        detectors: the regions of the detectors that the state names, by their ids; None if it can't
            be read.
    """

    name: str
    file: Path
    detectors: Mapping[str, str] | None

    def told(self, known: Collection[str]) -> list[str]:
        """What to say of it, and the way out if it does not fit.

        Args:
            known: the ids of all detectors of the organization.
        """
        kept = f"The kept stack {self.name}"
        if self.detectors is None:
            return [f"{kept} does not fit: {self.file} can't be read. To begin anew, delete it."]
        gone = [f"{each} in {place}" for each, place in self.detectors.items() if each not in known]
        if not gone:
            rest = "AWS has begun anew: `pulumi preview` shows what differs, `up` sets it."
            return [f"{kept} has its detectors here. {rest}"]
        lacks = f"this organization lacks detector {', '.join(gone)}, which its state names"
        ways = "Start the organization that it was made with, or begin anew:"
        return [
            f"{kept} does not fit: {lacks}. {ways}",
            f"    pulumi stack rm --force --yes --preserve-config {shlex.quote(self.name)}",
        ]


def kept_stacks(state: Path) -> list[KeptStack]:
    """Finds the stacks that are kept in the folder of a backend.

    Args:
        state: the folder; it may be empty, or not there.
    """
    folder = state / ".pulumi" / "stacks"
    own = str(yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["name"])
    found = (_read(file, folder, own) for file in sorted(folder.rglob("*.json")))
    return [stack for stack in found if stack]


def _read(file: Path, folder: Path, own: str) -> KeptStack | None:
    project = file.parent.relative_to(folder).as_posix()
    name = file.stem if project in {".", own} else f"organization/{project}/{file.stem}"
    try:
        latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {}
        resources = latest.get("resources", [])
        detectors = dict(found for each in resources for found in _detectors(each))
    except (ValueError, KeyError, TypeError, AttributeError):
        return KeptStack(name, file, None)
    return KeptStack(name, file, detectors) if resources else None


def _detectors(resource: dict[str, Any]) -> list[tuple[str, str]]:
    outputs = resource.get("outputs", {})
    named = resource["id"] if resource["type"] == _DETECTOR else outputs.get("detectorId")
    # Components name one, too, but not its region.
    return [(named, outputs["region"])] if named and "region" in outputs else []
