"""What a measurement sees of a stack on the real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import page_chain
from benchmarks.process_tree import AWS_PLUGIN, DYNAMIC, ENGINE, LANGUAGE_HOST, PIP_LIST, PROGRAM
from benchmarks.stacks import Pulumi, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.stacks import Place
    from demo.environment import PulumiParts

MEMBERS = 60
EVERY_KIND = {ENGINE, LANGUAGE_HOST, PROGRAM, DYNAMIC, AWS_PLUGIN, PIP_LIST}


@pytest.fixture
def here(pulumi: PulumiParts) -> Iterator[Place]:
    plugins = None if pulumi.stand_in_bin else pulumi.home / "plugins"
    assert pulumi.engine_bin is not None
    parts = Pulumi(pulumi.engine_bin, "", "", plugins)
    with place(parts, MEMBERS) as found:
        yield found


def test_the_page_chain_reads_every_page_and_every_status_once(here: Place) -> None:
    here.organization.calls()
    assert page_chain.read(here.organization.url).members == MEMBERS
    operations = sorted(call.operation for call in here.organization.calls())
    assert operations == [*["GetMemberDetectors"] * 2, "ListDetectors", *["ListMembers"] * 2]


@pytest.mark.slow
def test_every_process_of_a_run_is_known_and_counted(here: Place) -> None:
    floor = here.program("floor")
    first = floor.up()
    assert first.processes_by_kind.keys() >= EVERY_KIND
    assert 0 < first.cpu_by_kind[PIP_LIST] < first.cpu_seconds
    assert first.cpu_without_pip_list < first.cpu_seconds
    assert first.peak_bytes >= max(first.peak_by_kind.values())
    assert floor.state_bytes > 12 * MEMBERS


@pytest.mark.slow
def test_the_debug_log_is_there_or_not_as_asked(here: Place) -> None:
    logs = here.folder / "floor" / "home" / "logs"
    floor = here.program("floor")
    floor.preview()
    assert any(logs.iterdir())
    floor.keep_debug_log(kept=False)
    floor.preview()
    assert logs.is_file()
    assert logs.stat().st_size == 0
    floor.keep_debug_log(kept=True)
    floor.preview()
    assert any(logs.iterdir())


@pytest.mark.slow
def test_one_resource_an_account_sets_every_member(here: Place) -> None:
    here.program("one_each").up()
    statuses = here.organization.client.actual_state()["us-east-1"]
    members = [found.eks_audit_logs for account, found in statuses.items() if account[0] == "3"]
    assert members == ["ENABLED"] * MEMBERS


@pytest.mark.slow
def test_a_run_that_fails_ends_the_measurement_with_its_words(here: Place) -> None:
    floor = here.program("floor")
    floor.configure({"aws:region": "us-east-1", "members": 3})
    with pytest.raises(SystemExit, match=r"(?s)pulumi preview.*detectorId"):
        floor.preview()
