"""docs/pull-requests.md shows a comment as the command writes it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from guardduty_eks_audit_logs.cli import app
from tests.support.results import change, previewed, region, run_report, written

_DOCUMENT = Path(__file__).parents[3] / "docs" / "pull-requests.md"


def test_the_sample_is_what_the_command_writes(tmp_path: Path) -> None:
    sandbox = {"rule": "rule 1: OU Root/Sandbox", "name": "playground", "unit": "Root/Sandbox"}
    accounts = (
        change(3, "DISABLED", **sandbox),
        change(6, "DISABLED", **sandbox),
        change(17, rule="rule 2: all", name="shop"),
    )
    refused = run_report(
        "prod-eu-south-1",
        region("eu-south-1"),
        outcome="refused",
        refusals=[
            {
                "id": "unit-unknown",
                "key": "members",
                "sentence": "rule 1: OU Root/Sandbx is not in the organization.",
                "wayOut": "Correct its path or its id.",
            }
        ],
    )
    results = (
        previewed("prod-eu-west-1", region("eu-west-1", *accounts)),
        previewed("prod-us-east-1", region("us-east-1", *accounts)),
        previewed("prod-eu-south-1", report=refused, code=1),
    )
    folders = [written(tmp_path, result) for result in results]

    told = CliRunner().invoke(
        app, ["report", "preview", *map(str, folders), str(tmp_path / "prod-us-west-2")]
    )

    lines = (f"    {line}".rstrip() for line in told.output.splitlines())
    assert "\n".join(lines) in _DOCUMENT.read_text("utf-8"), told.output
