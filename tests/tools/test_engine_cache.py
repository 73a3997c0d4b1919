"""What counts as a finished engine, and where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.machine import Machine, machine_in
from tools.cache import EngineCache, Origin, cache_folder
from tools.engine import find_or_install_engine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


def _put_together(workshop: Path, machine: Machine) -> Path:
    made = workshop / "made"
    machine.program("pulumi", "echo v1.0.0", made / "bin")
    return made


def test_the_cache_is_under_xdg_cache_home() -> None:
    folder = cache_folder({"XDG_CACHE_HOME": "/somewhere"})

    assert folder == Path("/somewhere/guardduty-eks-audit-logs")


@pytest.mark.parametrize(
    "environ", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "not/absolute"}]
)
@pytest.mark.usefixtures("machine")
def test_without_a_usable_xdg_cache_home_it_is_in_the_home(environ: dict[str, str]) -> None:
    assert cache_folder(environ) == Path.home() / ".cache" / "guardduty-eks-audit-logs"


def test_each_version_has_its_own_folder(tmp_path: Path) -> None:
    assert EngineCache(tmp_path, "v3.276.0").folder == tmp_path / "pulumi-v3.276.0"


def test_what_was_kept_is_found_with_its_origin(machine: Machine) -> None:
    cache = machine.cache
    with cache.locked(print), cache.workshop() as workshop:
        kept = cache.keep(_put_together(workshop, machine), Origin.DOWNLOADED)

    assert cache.finished() == kept
    assert (kept.bin, kept.made) == (cache.folder / "bin", Origin.DOWNLOADED)


def test_what_was_made_but_not_kept_is_not_found(machine: Machine) -> None:
    cache = machine.cache
    with cache.locked(print), cache.workshop() as workshop:
        _put_together(workshop, machine)

        assert cache.finished() is None

    assert not workshop.exists()


def test_leftovers_of_makers_that_died_are_removed(machine: Machine) -> None:
    cache = machine.cache
    leftover = cache.root / ".unfinished-dead" / "bin"
    leftover.mkdir(parents=True)

    with cache.locked(print), cache.workshop():
        assert not leftover.exists()


@pytest.mark.parametrize("damage", ["truncated", "gone", "not executable", "no record"])
def test_a_damaged_engine_is_made_anew(machine: Machine, damage: str) -> None:
    machine.install_go()
    built = find_or_install_engine(print, site=None)
    cli = built.bin / "pulumi"
    match damage:
        case "truncated":
            cli.write_bytes(cli.read_bytes()[:5])
        case "gone":
            cli.unlink()
        case "not executable":
            cli.chmod(0o644)
        case _:
            (machine.cache.folder / "engine.json").unlink()

    assert find_or_install_engine(print, site=None).origin is Origin.BUILT
    assert find_or_install_engine(print, site=None).origin is Origin.CACHE
