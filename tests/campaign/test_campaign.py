"""The campaign in short, and that it finds what is broken: each promise can be violated."""

# ruff: noqa: ANN401 (what stands in for functions of the product takes whatever they take)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.dynamic import ReadResult

import guardduty_eks_audit_logs.planning.plan
import guardduty_eks_audit_logs.resources.eks_audit_logs
import guardduty_eks_audit_logs.resources.member_features
import guardduty_eks_audit_logs.resources.prior_settings
import guardduty_eks_audit_logs.writing.member_features
import guardduty_eks_audit_logs.writing.prior_settings
import tests.campaign.__main__
from guardduty_eks_audit_logs.errors import UserError
from guardduty_eks_audit_logs.model import FeatureStatus
from guardduty_eks_audit_logs.writing.members import Outcome, set_member_statuses
from guardduty_eks_audit_logs.writing.release import do_release
from tests.campaign.__main__ import main
from tests.campaign.batch import Batch, play_batch
from tests.campaign.play import Figures, play
from tests.campaign.promises import ViolationError
from tests.campaign.script import (
    Destroy,
    Event,
    Fault,
    History,
    Interruption,
    Selector,
    Shape,
    Up,
    Wish,
)
from tests.campaign.world import OFF, ON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardduty_eks_audit_logs.aws.guardduty import GuardDutyApi

ORGANIZATION = Shape("organization", 60, 7)
EVERYBODY = Wish((Selector(ON, "all"),), on_release="RESTORE", max_disabled="100%")
ONE = Wish((Selector(ON, "accounts", (1,)),), on_release="RESTORE", max_disabled="100%")

REJECTED = (("kind", "Unprocessed"), ("result", "The request is rejected."))


def replace_changes(found: Any) -> Any:
    """The same answer of `diff`, with changes."""
    found.changes = True
    return found


def refused_whole(bad: tuple[int, ...]) -> Fault:
    """AWS refuses every call that names one of these."""
    effect = (("kind", "BadRequest"),)
    return Fault(effect, operation="UpdateMemberDetectors", accounts=bad)


def violated(history: History) -> int:
    """The number of the promise that a history finds broken."""
    with pytest.raises(ViolationError) as caught:
        play(history)
    return caught.value.promise


@pytest.mark.parametrize("seed", [1, 2])
def test_random_histories_keep_all_promises(seed: int) -> None:
    batch = play_batch(seed, 20)

    assert batch.violation is None
    assert batch.figures.histories >= 20
    assert batch.figures.runs > 60


def test_the_same_seed_plays_the_same_histories() -> None:
    first, second = play_batch(3, 3), play_batch(3, 3)

    assert first == second


@pytest.mark.parametrize("at", range(0, 60, 5))
def test_killed_at_any_moment_the_next_runs_end_right(at: int) -> None:
    figures = Figures()
    play(History(ORGANIZATION, EVERYBODY, (Up(interruption=Interruption("kill", at)),)), figures)
    assert figures.kills == 1


@pytest.mark.parametrize("at", range(0, 40, 4))
def test_killed_while_it_makes_its_detector_a_stack_knows_it_for_its_own(at: int) -> None:
    figures = Figures()
    killed = Up(interruption=Interruption("kill", at))
    play(History(Shape("organization", 20, 7, creates=True), EVERYBODY, (killed,)), figures)
    assert figures.kills == 1


def test_a_detector_that_is_made_without_the_stacks_tag_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guardduty_eks_audit_logs.resources.eks_audit_logs, "OWNER_TAG", "another")
    assert violated(History(Shape("organization", 3, 7, creates=True), EVERYBODY, (Up(),))) == 5


def test_a_detector_of_somebody_else_that_is_taken_over_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guardduty_eks_audit_logs.planning.plan, "caller_refusals", lambda *_: ())
    steps = (Up(), Event("detector"), Up())
    assert violated(History(Shape("organization", 3, 7, creates=True), EVERYBODY, steps)) == 2


@pytest.mark.parametrize("at", range(0, 20, 3))
def test_without_a_network_from_any_write_on_the_next_runs_end_right(at: int) -> None:
    gone = Interruption("gone", at, only_writes=True)
    play(History(ORGANIZATION, EVERYBODY, (Up(interruption=gone), Destroy(interruption=gone))))


def test_an_account_that_leaves_between_two_batches_is_named() -> None:
    leaves = Interruption("event", 9, only_writes=True, event=Event("leave", 59))
    play(History(Shape("organization", 130, 7), EVERYBODY, (Up(interruption=leaves),)))


def test_a_restore_that_forgets_an_account_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(
        api: GuardDutyApi, detector: Any, wanted: Mapping[Any, FeatureStatus], *more: Any
    ) -> Outcome:
        kept = dict(list(wanted.items())[1:])
        done = set_member_statuses(api, detector, kept, *more)
        return replace(done, statuses={**done.statuses, **wanted})

    monkeypatch.setattr("guardduty_eks_audit_logs.writing.release.set_member_statuses", forgetful)

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(),))) == 4


def test_a_write_outside_the_rules_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(
        api: GuardDutyApi, detector: Any, wanted: Mapping[Any, FeatureStatus], *more: Any
    ) -> Outcome:
        everybody = {m.account: FeatureStatus.ENABLED for m in api.members(detector)}
        return set_member_statuses(api, detector, {**everybody, **wanted}, *more)

    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.member_features, "set_member_statuses", too_many
    )

    assert violated(History(ORGANIZATION, ONE, (Up(),))) == 5


def test_a_status_of_a_half_done_run_taken_for_the_one_before_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        guardduty_eks_audit_logs.resources.prior_settings.PriorSettingsProvider,
        "read",
        lambda _self, _id, _props: ReadResult("", {}),
    )
    killed = Up(interruption=Interruption("kill", 13, only_writes=True))

    assert violated(History(ORGANIZATION, EVERYBODY, (killed,))) == 4


def suspended_for_a_while(monkeypatch: pytest.MonkeyPatch) -> History:
    """Members that wait lose their record, and get another one later: of what the stack wrote."""
    plan = guardduty_eks_audit_logs.planning.plan.Plan
    to_record, revision = plan.to_record, plan.revision

    def forgetful(self: Any) -> dict[str, str]:
        return {a: s for a, s in to_record.__get__(self).items() if a not in self.inactive}

    monkeypatch.setattr(plan, "to_record", property(forgetful))
    counted = property(lambda self: revision.__get__(self) + bool(self.inactive))
    monkeypatch.setattr(plan, "revision", counted)
    provider = guardduty_eks_audit_logs.resources.prior_settings.PriorSettingsProvider
    update = provider.update

    def without_a_look_at_the_last(self: Any, id_: str, olds: Any, news: Any) -> Any:
        return update(self, id_, {**olds, "before": None}, news)

    monkeypatch.setattr(provider, "update", without_a_look_at_the_last)
    away = tuple(Event("suspend", number) for number in range(60))
    back = tuple(Event("resume", number) for number in range(60))
    return History(ORGANIZATION, EVERYBODY, (Up(), *away, Up(), *back, Up()))


def test_a_waiting_account_that_loses_its_record_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert violated(suspended_for_a_while(monkeypatch)) == 4


def test_a_record_that_the_state_loses_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = suspended_for_a_while(monkeypatch)
    monkeypatch.setattr("tests.campaign.promises._check_lost", lambda _run: None)

    assert violated(history) == 4


def test_a_failure_that_names_not_all_accounts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*asked: Any) -> Outcome:
        done = set_member_statuses(*asked)
        return replace(done, unprocessed=dict(list(done.unprocessed.items())[1:]))

    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.member_features, "set_member_statuses", silent
    )
    fault = Fault(REJECTED, operation="UpdateMemberDetectors", accounts=tuple(range(8)))

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(faults=(fault,)),))) == 2


def test_a_failure_that_names_nobody_and_keeps_nothing_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def all_or_nothing(*asked: Any) -> Outcome:
        done = set_member_statuses(*asked)
        if done.unprocessed:
            raise UserError("some members could not be set.")
        return done

    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.member_features, "set_member_statuses", all_or_nothing
    )
    fault = Fault(REJECTED, operation="UpdateMemberDetectors", accounts=tuple(range(8)))

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(faults=(fault,)),))) == 2


def test_a_failure_that_keeps_not_what_it_did_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    lifecycle = guardduty_eks_audit_logs.writing.member_features.MemberFeaturesLifecycle
    done = lifecycle._set

    def forgetful(self: Any, wanted: Any) -> Any:
        outputs = done(self, wanted)
        return outputs.model_copy(update={"wanted": {}}) if outputs.unprocessed else outputs

    monkeypatch.setattr(lifecycle, "_set", forgetful)
    fault = Fault(REJECTED, operation="UpdateMemberDetectors", accounts=tuple(range(8)))

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(faults=(fault,)),))) == 2


def test_an_update_that_names_nobody_it_could_not_let_go_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def all_or_nothing(*asked: Any) -> Any:
        done = do_release(*asked)
        if done.unreleased:
            raise UserError("some members could not be let go.")
        return done

    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.prior_settings, "do_release", all_or_nothing
    )
    fault = Fault(REJECTED, operation="UpdateMemberDetectors", accounts=tuple(range(60)))
    nobody = replace(EVERYBODY, rules=())

    steps = (Up(), nobody, Up(faults=(fault,)))
    assert violated(History(ORGANIZATION, EVERYBODY, steps)) == 4


@pytest.mark.parametrize("bad", [(2,), (2, 47)])
def test_accounts_that_a_refused_batch_takes_with_it_are_found(
    monkeypatch: pytest.MonkeyPatch, bad: tuple[int, ...]
) -> None:
    monkeypatch.setattr(
        "guardduty_eks_audit_logs.writing.members._may_be_split", lambda _call, _refused: False
    )

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(faults=(refused_whole(bad),)),))) == 2


def test_accounts_that_a_refused_batch_takes_with_it_on_destroy_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "guardduty_eks_audit_logs.writing.members._may_be_split", lambda _call, _refused: False
    )
    destroy = Destroy(faults=(refused_whole((2, 10, 47)),))

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(), destroy))) == 2


@pytest.mark.parametrize("bad", [(2,), (5, 8, 58), tuple(range(60))])
def test_a_refused_batch_is_halved_until_only_the_bad_accounts_are_left(
    bad: tuple[int, ...],
) -> None:
    faults = (refused_whole(bad),)
    play(History(ORGANIZATION, EVERYBODY, (Up(faults=faults), Destroy(faults=faults))))


def test_accounts_that_nobody_looks_at_after_a_lost_answer_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "guardduty_eks_audit_logs.writing.members._Writes.look_again", lambda _self: None
    )
    # As often as botocore tries.
    lost = Fault((("kind", "AnswerLost"),), operation="UpdateMemberDetectors", times=10)

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(faults=(lost,)),))) == 2


def test_a_write_whose_answer_was_lost_is_no_failure() -> None:
    lost = Fault((("kind", "AnswerLost"),), operation="UpdateMemberDetectors", times=10)
    figures = Figures()
    steps = (Up(faults=(lost,)), Destroy(faults=(lost,)))
    play(History(ORGANIZATION, EVERYBODY, steps), figures)

    assert figures.faults["AnswerLost"] == 2 * 3  # so often botocore tries a write
    assert figures.failed == 0


@pytest.mark.parametrize("reason", ["Internal error", "Rate exceeded"])
def test_an_account_that_time_cures_is_tried_again(reason: str) -> None:
    effect = (("kind", "Unprocessed"), ("result", reason))
    fault = Fault(effect, operation="UpdateMemberDetectors", accounts=tuple(range(60)), times=1)
    patient = replace(EVERYBODY, retry_minutes=5)
    figures = Figures()
    play(History(ORGANIZATION, patient, (Up(faults=(fault,)), Destroy(faults=(fault,)))), figures)

    assert figures.faults["Unprocessed"] == 2
    assert figures.failed == 0


def test_a_success_that_is_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def idle(
        _api: GuardDutyApi, _detector: Any, wanted: Mapping[Any, FeatureStatus], *_more: Any
    ) -> Outcome:
        return Outcome(wanted, {}, 0, 1)

    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.member_features, "set_member_statuses", idle
    )

    assert violated(History(ORGANIZATION, EVERYBODY, (Up(),))) == 1


def test_a_second_run_that_writes_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = guardduty_eks_audit_logs.resources.member_features.MemberFeaturesProvider
    diff = provider.diff

    def never_content(self: Any, *asked: Any) -> Any:
        return replace_changes(diff(self, *asked))

    def again(
        api: GuardDutyApi, detector: Any, wanted: Mapping[Any, FeatureStatus], *more: Any
    ) -> Outcome:
        done = set_member_statuses(api, detector, wanted, *more)
        api.set_member_status(detector, list(wanted)[:1], FeatureStatus.ENABLED)
        return done

    monkeypatch.setattr(provider, "diff", never_content)
    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.member_features, "set_member_statuses", again
    )

    assert violated(History(ORGANIZATION, EVERYBODY, ())) == 3


def test_a_destroy_that_turns_off_more_than_the_limit_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        guardduty_eks_audit_logs.writing.prior_settings, "refuse_too_many", lambda *_: None
    )
    few = replace(EVERYBODY, on_release="DISABLE", max_disabled=3)

    assert violated(History(ORGANIZATION, few, ())) == 1


def test_a_wish_for_off_is_drawn_too() -> None:
    off = replace(EVERYBODY, rules=(Selector(OFF, "all"),))
    figures = Figures()
    play(History(ORGANIZATION, off, ()), figures)
    assert figures.accounts_written > 0


def test_it_prints_figures_and_the_seed_of_each_violation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--histories", "2", "--engine-histories", "0", "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert "provider histories: 2" in told
    assert "violations: 0" in told

    broken = Batch(300017, violation="promise 4: 300000000001 is put back to what it was not")
    monkeypatch.setattr(tests.campaign.__main__, "play_batch", lambda *_args, **_more: broken)
    assert main(["--replay", "provider:300017"]) == 1
    assert "promise 4" in capsys.readouterr().out


def test_what_to_replay_has_to_be_a_kind_and_a_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--replay", "17"]) == 2
    assert "provider:SEED" in capsys.readouterr().err
