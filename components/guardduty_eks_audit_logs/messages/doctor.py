"""The prerequisites that `eks-audit-logs doctor` looks for, and the ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.messages.wording import all_regions, counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def doctor_headline(regions: int, counts: Mapping[str, int]) -> str:
    """Writes the first line; `counts` has the number of prerequisites by their state."""
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    return f"Prerequisites in {counted(regions, 'region')}: {said or 'none'}."


def doctor_places(places: Sequence[str], everywhere: int) -> str:
    """Names the regions of a row; `everywhere` is how many there are in all."""
    if 1 < everywhere == len(places):
        return all_regions(everywhere)
    return ", ".join(places)


def quoted(operation: str, reason: str) -> str:
    """Quotes AWS's words whole."""
    return f'{operation}: "{reason}"'


def try_again_later() -> str:
    return "Run it again later; if it stays so, look at AWS Health."


def acts_as(caller: str, arn: str) -> str:
    return f"account {caller}, {arn}" if arn else f"account {caller}"


def account_not_excluded(caller: str) -> str:
    return f"account {caller}"


def needs_contact() -> str:
    return "needs credentials of an allowed account that AWS accepts in the region"


def region_answers() -> str:
    return "GuardDuty answers"


def region_not_listed(region: str) -> str:
    return f"AWS lists no region {region} for this account"


def correct_the_region() -> str:
    return "Correct aws:region or --regions."


def region_status(status: str) -> str:
    return f"RegionOptStatus: {status}"


def opt_in(region: str) -> str:
    return (
        f"Opt in to it, which takes minutes to hours: `aws account enable-region --region-name "
        f"{region}`; or keep no stack for it."
    )


def wait_for_the_region() -> str:
    return "Wait until AWS has enabled the region, and run it again."


def refused_there_only(reason: str) -> str:
    return f"AWS refuses the credentials in this region only. {reason}"


def in_no_organization(reason: str) -> str:
    return f"the account is in no organization: {reason}"


def use_an_organization() -> str:
    return "Use an account of the organization, or set mode: standalone."


def has_all_features(management: str) -> str:
    return f"management account {management}"


def billing_only() -> str:
    return "the organization has consolidated billing only"


def enable_all_features(management: str) -> str:
    return f"In the management account {management}, run `aws organizations enable-all-features`."


def no_trusted_access() -> str:
    return "GuardDuty has no trusted access to the organization"


def enable_trusted_access(management: str) -> str:
    return (
        f"In the management account{_named(management)}, run `aws organizations "
        "enable-aws-service-access --service-principal guardduty.amazonaws.com`."
    )


def designating_gives_access() -> str:
    return "off; designating the administrator turns it on"


def is_the_management_account(account: str) -> str:
    return f"account {account} is it"


def is_not_the_management_account(caller: str, management: str) -> str:
    return f"account {caller} is not it, but {management}"


def use_the_management_account(management: str) -> str:
    return f"Use credentials of the management account{_named(management)}."


def administers(caller: str) -> str:
    return f"account {caller} is the delegated administrator"


def has_no_administrator(caller: str) -> str:
    return f"account {caller} is nobody's member"


def is_a_member_of(caller: str, administrator: str) -> str:
    return f"account {caller} is a member of {administrator}"


def use_credentials_of(account: str) -> str:
    return f"Use credentials of account {account}."


def designate(caller: str, region: str, management: str) -> str:
    """Names the command, but not to the management account: AWS advises it against itself."""
    if caller == management:
        return (
            "Use credentials of the delegated administrator: `aws guardduty "
            f"list-organization-admin-accounts --region {region}` names it. If there is none, "
            "designate one; AWS advises against the management account itself."
        )
    return (
        f"In the management account{_named(management)}, run `aws guardduty "
        f"enable-organization-admin-account --admin-account-id {caller} --region {region}`; or, "
        "if another account is the administrator there, use its credentials."
    )


def not_listed_as_administrator(caller: str) -> str:
    return f"AWS Organizations does not list account {caller} as an administrator of GuardDuty"


def wanted_is_designated(account: str) -> str:
    return f"{account} is designated"


def wanted_can_be_designated(account: str) -> str:
    return f"{account} can be designated"


def detector_found(detector_id: str) -> str:
    return f"detector {detector_id}"


def stack_makes_detector() -> str:
    return "none; the stack makes it"


def account_without_detector(caller: str) -> str:
    return f"account {caller} has no detector"


def make_a_detector(region: str) -> str:
    return (
        f"Run `aws guardduty create-detector --enable --region {region}`, or set detector: create."
    )


def guardduty_is_suspended(detector_id: str) -> str:
    return f"GuardDuty is suspended (detector {detector_id})"


def resume_guardduty(detector_id: str, region: str) -> str:
    return (
        f"Run `aws guardduty update-detector --detector-id {detector_id} --enable --region "
        f"{region}`."
    )


def perhaps_not_of_this_stack(detector_id: str) -> str:
    return (
        f"detector: create, and detector {detector_id} is there without this stack's tag; only the "
        "stack's state knows whether the stack made it"
    )


def preview_finds_out() -> str:
    return "`pulumi preview` finds it out; if it did not, set detector: existing."


def feature_offered() -> str:
    return "offered"


def feature_missing() -> str:
    return "GuardDuty does not offer EKS_AUDIT_LOGS in the region"


def keep_no_stack() -> str:
    return (
        "Keep no stack for the region: `pulumi destroy`, which is safe for one that was never up, "
        "and `pulumi stack rm`."
    )


def policy_type_off() -> str:
    return "GUARDDUTY_POLICY is not enabled on the root"


def policy_type_on() -> str:
    return "GUARDDUTY_POLICY is enabled on the root: policies decide"


def auto_enable_has_no_effect(keys: Sequence[str]) -> str:
    has = "has" if len(keys) == 1 else "have"
    return (
        f"GUARDDUTY_POLICY is enabled on the root, so that {' and '.join(keys)} {has} no effect, "
        "and a run is refused"
    )


def let_policies_decide(keys: Sequence[str], root: str, management: str) -> str:
    written = " and ".join(f"{key}: NONE" for key in keys)
    return (
        f"Set {written}; or, in the management account{_named(management)}, run `aws "
        f"organizations disable-policy-type --root-id {root} --policy-type GUARDDUTY_POLICY`."
    )


def not_in_mode(mode: str) -> str:
    return f"mode: {mode}"


def nothing_to_ask_about(subject: str) -> str:
    return f"no {subject} is known that it could be asked about"


def give_permission(action: str) -> str:
    return f"Give the caller the permission {action} (docs/iam has the policies)."


def for_administrators() -> str:
    return "Only the management account and delegated administrators may ask."


def give_to_check(actions: Sequence[str]) -> str:
    named = " and ".join(actions)
    permission = "permission" if len(actions) == 1 else "permissions"
    return f"To have it checked, give the caller the {permission} {named}."


def goes_without(action: str, unknown: str) -> str:
    return f"A run goes on without it, and does not know {unknown}. {give_permission(action)}"


def simulated(decision: str) -> str:
    return f'SimulatePrincipalPolicy: "{decision}"'


def not_simulated() -> str:
    return "IAM simulates roles and users only, and the caller is neither"


def _named(account: str) -> str:
    return f" {account}" if account else ""


def help_of_doctor() -> str:
    r"""The help; `\b` keeps the lines that follow as they are."""
    return """Finds what stacks lack in AWS: credentials, opt-in, administrator, rights.

\b
It asks AWS and changes nothing. Every operation that a run reads is tried
once; what a run writes is simulated by IAM, if the caller may ask for it.
Without --stacks it takes every stack that has a file, but template, demo-...
and sample-...

\b
Examples:
  eks-audit-logs doctor
  eks-audit-logs doctor --stacks prod-us-east-1 --stacks 'test-*'
  eks-audit-logs doctor --regions us-east-1,eu-west-1 --profile security

\b
Exit codes:
  0  nothing is missing
  1  something is missing
  2  something could not be found out, or wrong use
"""
