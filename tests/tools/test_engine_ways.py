"""In which order the engine is looked for, and what is said when there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.machine import Machine, machine_in, site_that_answers, site_that_refuses
from tools import download, engine
from tools.cache import CacheNotWritableError, Origin
from tools.engine import ENGINE_VERSION, EngineNotFoundError, find_or_install_engine, main

_TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the test run's own way of ending."""
    monkeypatch.setattr(engine, "stop_on_signal", lambda: None)


def _download_by(machine: Machine, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(download, "_INSTALLER", (str(machine.installer(version)),))


def test_the_users_own_cli_comes_first_and_stays_as_it_is(
    machine: Machine, said: list[str]
) -> None:
    cli = machine.install_pulumi("v3.272.0")
    machine.install_go()
    before = (cli.read_bytes(), cli.stat().st_mtime_ns)

    with site_that_answers() as site:
        engine = find_or_install_engine(said.append, site=site)

    assert (engine.version, engine.bin, engine.origin) == ("v3.272.0", machine.bin, Origin.PATH)
    assert (cli.read_bytes(), cli.stat().st_mtime_ns) == before
    assert not machine.cache.root.exists()
    assert said == []


@pytest.mark.parametrize(
    ("version", "used"),
    [
        ("v3.199.9", False),
        ("v3.200.0-alpha.1", False),
        ("v3.200.0", True),
        ("3.201.0", True),
        ("v3.1000.0", True),
        ("v3.260.0-alpha.x1f3e+dirty", True),
        ("v2.300.0", False),
    ],
)
def test_a_cli_on_path_is_used_from_3_200_on(
    machine: Machine, said: list[str], version: str, *, used: bool
) -> None:
    machine.install_pulumi(version)
    machine.install_go()

    engine = find_or_install_engine(said.append, site=None)

    assert engine.origin is (Origin.PATH if used else Origin.BUILT)


def test_a_cli_that_is_too_old_is_passed_over_but_not_replaced(
    machine: Machine, said: list[str]
) -> None:
    cli = machine.install_pulumi("v3.100.0")
    before = cli.read_bytes()
    machine.install_go()

    engine = find_or_install_engine(said.append, site=None)

    assert engine.bin == machine.cache.folder / "bin"
    assert cli.read_bytes() == before


def test_a_cli_whose_language_host_lies_beside_what_it_links_to_is_whole(
    machine: Machine, said: list[str]
) -> None:
    real = machine.root / "cellar"
    machine.program("pulumi-language-python", "exit 0", real)
    machine.program("pulumi", "echo v3.250.0", real)
    (machine.bin / "pulumi").symlink_to(real / "pulumi")

    engine = find_or_install_engine(said.append, site=None)

    assert (engine.origin, engine.bin) == (Origin.PATH, machine.bin)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 3", "does not answer `pulumi version`"),
        ("echo hello", "answers `pulumi version` with 'hello'"),
    ],
)
def test_a_cli_that_does_not_say_its_version_is_passed_over(
    machine: Machine, said: list[str], body: str, reason: str
) -> None:
    machine.program("pulumi", body)

    with pytest.raises(EngineNotFoundError, match=re.escape(reason)):
        find_or_install_engine(said.append, site=None)


def test_the_download_is_preferred_to_a_build(
    machine: Machine, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install_go()
    _download_by(machine, monkeypatch, ENGINE_VERSION)

    with site_that_answers() as site:
        engine = find_or_install_engine(said.append, site=site)

    assert engine.origin is Origin.DOWNLOADED
    assert machine.go_calls == []
    assert f"is {site} there?" in said[0]


def test_without_the_site_the_engine_is_built(machine: Machine, said: list[str]) -> None:
    machine.install_go()

    engine = find_or_install_engine(said.append, site=site_that_refuses())

    assert engine.origin is Origin.BUILT
    assert any("can't be reached" in line for line in said)
    assert sorted(each.name for each in engine.bin.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ]
    assert all(each.stat().st_mode & 0o111 for each in engine.bin.iterdir())


def test_a_download_of_another_version_is_not_kept(
    machine: Machine, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _download_by(machine, monkeypatch, "v3.1.0")

    with (
        site_that_answers() as site,
        pytest.raises(EngineNotFoundError, match=r"what came is v3\.1\.0, not v3\.276\.0"),
    ):
        find_or_install_engine(said.append, site=site)

    assert machine.cache.finished() is None


def test_the_second_time_the_cache_has_it_and_knows_how_it_came(
    machine: Machine, said: list[str]
) -> None:
    machine.install_go()
    first = find_or_install_engine(said.append, site=None)
    said.clear()

    with site_that_answers() as site:
        second = find_or_install_engine(said.append, site=site)

    assert (second.origin, second.kept_as) == (Origin.CACHE, Origin.BUILT)
    assert second.words == first.words
    assert machine.builds == 2
    assert said == []


def test_the_projects_own_engine_on_path_is_still_the_caches(
    machine: Machine, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install_go()
    built = find_or_install_engine(said.append, site=None)
    monkeypatch.setenv("PATH", str(built.bin))

    assert find_or_install_engine(said.append, site=None).origin is Origin.CACHE


def test_go_builds_with_the_users_own_settings_and_without_c(
    machine: Machine, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install_go()
    monkeypatch.setenv("GOFLAGS", "-buildvcs=false")
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:9")

    find_or_install_engine(said.append, site=None)

    seen = (machine.root / "go-env.log").read_text().splitlines()
    assert seen == ["CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOPROXY=http://127.0.0.1:9"] * 2


def test_go_1_25_is_too_old(machine: Machine, said: list[str]) -> None:
    machine.install_go("go1.25.11")

    with pytest.raises(EngineNotFoundError, match=r"the Go on PATH \(.*\) is 1\.25\.11"):
        find_or_install_engine(said.append, site=None)

    assert machine.builds == 0


def test_a_failed_build_says_what_go_said_and_leaves_nothing(
    machine: Machine, said: list[str]
) -> None:
    machine.install_go(before_build="echo 'no space left on device' >&2; exit 1")

    with pytest.raises(EngineNotFoundError, match="no space left on device"):
        find_or_install_engine(said.append, site=None)

    assert [each.name for each in machine.cache.root.iterdir()] == ["engine.lock"]


def test_a_failure_names_the_three_ways_with_why_each_did_not_work_here(
    machine: Machine, said: list[str]
) -> None:
    site = site_that_refuses()

    with pytest.raises(EngineNotFoundError) as failure:
        find_or_install_engine(said.append, site=site)

    lines = [line.strip() for line in str(failure.value).splitlines()]
    assert [line[:10] for line in lines if line[0].isdigit()] == [
        "1. Install",
        "2. Have in",
        "3. Install",
    ]
    assert lines[2] == "Here: no `pulumi` on PATH"
    assert lines[4].startswith(f"Here: {site} can't be reached: ")
    assert lines[6] == "Here: no `go` on PATH"
    assert machine.cache.finished() is None


@pytest.mark.usefixtures("_own_signals")
def test_the_command_prints_the_folder_alone_on_stdout(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install_go()

    code = main(["--offline"])

    out, err = capsys.readouterr()
    assert code == 0
    assert out == f"{machine.cache.folder / 'bin'}\n"
    assert f"{ENGINE_VERSION}, built from Go modules, kept in " in err


@pytest.mark.usefixtures("machine", "_own_signals")
def test_the_command_ends_with_1_and_no_folder_when_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["--offline"])

    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert err.startswith("error: there is no Pulumi engine here")
    assert "Here: --offline was given" in err


def test_a_cache_that_cannot_be_written_is_named_with_the_way_out(
    machine: Machine, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install_go()
    in_the_way = machine.root / "file"
    in_the_way.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(in_the_way))

    with pytest.raises(CacheNotWritableError, match="Set XDG_CACHE_HOME"):
        find_or_install_engine(said.append, site=None)


def test_what_is_built_is_what_the_go_modules_pin() -> None:
    cli = (_TOOLS / "pulumi" / "go.mod").read_text()
    host = (_TOOLS / "language-python" / "go.mod").read_text()
    recipe = (_TOOLS / "build.py").read_text()

    assert f"github.com/pulumi/pulumi/pkg/v3 {ENGINE_VERSION} " in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 {ENGINE_VERSION} " in cli
    pinned = re.search(r"github\.com/pulumi/pulumi/sdk/v3 (v\S+)", host)
    assert pinned is not None
    assert f'"{pinned[1]}"' in recipe
