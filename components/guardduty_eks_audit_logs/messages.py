"""Every sentence that a user reads, together, so that they speak with one voice.

A refusal names the key, the value, the account, and the way out. AWS's own words are quoted whole.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from guardduty_eks_audit_logs.texts import accounts_by_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

UNKNOWN = "UNKNOWN"
"""Stands for a status that AWS did not tell: unknown is not off."""

_NAMED = 3
_MANY = 10
_IN_A_LINE = 5
_LINE_SHOWN = 40
_DROP = (
    "`pulumi state delete --all` (in a larger program: --target-dependents and the URN of "
    "PriorSettings) drops the record and writes nothing to AWS; then run `pulumi up`"
)
_REPLACED = "docs/replaced-administrator.md has the steps"
_CENT = Decimal("0.01")


def some(accounts: Collection[str], named: int = _NAMED) -> str:
    """Names the first few accounts of a list."""
    names = sorted(accounts)
    return ", ".join(names[:named]) + (", …" if len(names) > named else "")


def counted(number: int, noun: str) -> str:
    """Writes a number with its noun: `1 member`, `12 members`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def in_region(region: str, sentence: str) -> str:
    """Says of which region a sentence is, if it does not by itself."""
    return sentence if region in sentence else f"{region}: {sentence}"


def all_regions(regions: int) -> str:
    return f"all {regions} regions"


def rule_at(index: int, path: str = "") -> str:
    """Names a rule, counted from 1, with its place in the configuration.

    Args:
        index: the rule's place in the list, from 0.
        path: to a part of the rule: `rule 1 (members[0].accounts[2])` for `.accounts[2]`.
    """
    return f"rule {index + 1} (members[{index}]{path})"


def _share(limit: int, written: int | str) -> str:
    return f" (maxDisabled: {written})" if str(written) != str(limit) else ""


# Configuration


def key_nested(project: str) -> str:
    return (
        f"{project}:{project} is not a key: a key and its namespace stand on one line, for "
        f"instance `{project}:status: ENABLED`."
    )


def key_is_a_path(key: str) -> str:
    return f"{key} is a place in a key; remove it, and set it with `pulumi config set --path`."


def key_twice_in_config(file: str, key: str) -> str:
    return (
        f"{file}: {key} is written twice below `config:`, once without its namespace, and which "
        "one counts is left to chance; keep one."
    )


def unknown_key(key: str, suggestion: str) -> str:
    return f"{key} is not a configuration key of this project; {suggestion}"


def regions_malformed(value: str) -> str:
    return f"regions: {value} names no region; write a list, for instance [eu-central-1, us-east-1]"


def misspelt_namespace(key: str, meant: str, *, single: bool = True) -> str:
    """Says that nobody reads a key's namespace.

    Args:
        key: as it is written.
        meant: the key that was meant; empty if there is none like it.
        single: whether its value is no list and no map.
    """
    if meant:
        return f"{key} is in a namespace that nobody reads; {_in_its_place(key, meant, single)}"
    return (
        f"{key} is in a namespace that nobody reads, and no key of this project has that name; "
        "remove it where it stands, in the stack's file or in Pulumi.yaml."
    )


def unknown_to_reader(key: str, meant: str, reader: str, *, single: bool = True) -> str:
    """Says that who reads the keys of a namespace has none of that name."""
    return f"{key} is no key of {reader}; {_in_its_place(key, meant, single)}"


def _in_its_place(key: str, meant: str, single: bool) -> str:  # noqa: FBT001
    namespace, by_command = "", ""
    if not meant.startswith(_NAMESPACES_OF_OTHERS):
        namespace = " The namespace of this project's keys is its name in Pulumi.yaml."
    if single:
        by_command = (
            f"; for a single value of the stack's file, `pulumi config set {meant} <value>` and "
            f"`pulumi config rm {key}` do that"
        )
    return (
        f"did you mean {meant}?{namespace} Write {meant} in place of {key} where it stands, in the "
        f"stack's file or in Pulumi.yaml{by_command}."
    )


def misspelt_namespaces(meant_by_key: Mapping[str, str], project: str) -> str:
    """Says of several keys of this project that nobody reads them where they stand."""
    head = (
        f"{counted(len(meant_by_key), 'key')} of this project stand where nobody reads them; their "
        f"namespace is {project}, the project's name in Pulumi.yaml. Write the second in place of "
        "the first where it stands, in the stack's file or in Pulumi.yaml:"
    )
    return "\n".join([head, *(f"  {key} -> {meant}" for key, meant in meant_by_key.items())])


_NAMESPACES_OF_OTHERS = ("aws:", "pulumi:")


def value_undecided(key: str, why: str) -> str:
    return f"{key} can't be told from the files alone: {why}."


def pulumi_config_failed(stack: str, reason: str) -> str:
    return (
        f"`pulumi config` does not tell the configuration of stack {stack} ({reason.rstrip('.')}). "
        "Check `pulumi login` and the stack's passphrase or secrets provider."
    )


def no_project(folder: str) -> str:
    return (
        f"there is no Pulumi.yaml in {folder} or above it; name the folder of a Pulumi project, or "
        "one below it."
    )


def file_malformed(file: str, reason: str) -> str:
    return f"{file} can't be read ({reason.rstrip('.')}). Correct the file."


def key_twice(key: str) -> str:
    return f"the key {key} is there twice"


def key_no_text(key: str) -> str:
    return f"the key {key} is no text"


def outside_of_config(file: str, key: str, *, has_config: bool = True) -> str:
    where = (
        "move it to the keys below `config:`, with two spaces in front"
        if has_config
        else "write the line `config:` above it, and two spaces in front of it"
    )
    return (
        f"{file}: {key} is outside of `config:`, where nobody reads it; {where}, or remove it. "
        "Edit the file before anything else: `pulumi config set` drops such a key."
    )


def outside_of_projects_config(file: str, key: str, name: str) -> str:
    """Says it of the project's file; `name` is the key's without its namespace if it is ours."""
    way_out = (
        f"write its value there as `default:` of `config: {name}:`"
        if name
        else "move it to the keys below `config:`, with two spaces in front"
    )
    return f"{file}: {key} is outside of `config:`, and nobody reads it; {way_out}, or remove it."


def config_in_capitals(file: str, written: str) -> str:
    return f"{file}: nobody reads what is below `{written}:`; write `config:` in small letters."


def second_document(file: str) -> str:
    return (
        f"{file}: nobody reads what comes after the line ---; move it to the keys below `config:`, "
        "and remove the line."
    )


def stack_file_ignored(stack: str, file: str, right: str, *, there: bool) -> str:
    """Says that nobody reads a file; `there` if the right one is there as well."""
    way_out = f"rename it to {right}"
    if there:
        way_out = f"move what it has to {right}, and remove it"
    return f"{file} is read by nobody: the file of stack {stack} is {right}; {way_out}."


def account_id_lines(
    file: str, wrong: Sequence[str], lines: int, column: str | None, way_out: str
) -> str:
    """Says which lines of a file have no account id; `wrong` has the first of them."""
    where = f" in column {column}" if column else ""
    more = f" and {lines - len(wrong)} more" if lines > len(wrong) else ""
    return (
        f"{file} has {counted(lines, 'line')} without an account id{where}: {', '.join(wrong)}"
        f"{more}. {way_out}"
    )


def digits_of_an_id() -> str:
    return "An id has 12 digits; a spreadsheet drops zeros in front."


def one_id_a_line() -> str:
    return "Write one id a line, without brackets, dashes and anything else that makes a list."


def name_the_column(file: str, *, has_names: bool) -> str:
    first = "" if has_names else ", and let its first line name the columns"
    return f"For a file with columns write {{path: {file}, column: <its name>}}{first}."


def no_names_of_columns(file: str, column: str) -> str:
    return (
        f"the first line of {file} has an account id, but is to name the columns; write a line "
        f"above it, in which the ids' column is {column}."
    )


def line_malformed(file: str, line: int, reason: str) -> str:
    return (
        f"{file} can't be read from line {line} on ({reason.rstrip('.')}). Close the quotes that "
        "begin there, or remove them."
    )


def accounts_file_unreadable(file: str, reason: str) -> str:
    return (
        f"{file} can't be read ({reason.rstrip('.')}); write the path of a text file in UTF-8, as "
        "seen from the folder of Pulumi.yaml."
    )


def accounts_file_empty(file: str) -> str:
    return f"{file} has no account id, so the rule selects nobody; fill it or remove the rule."


def accounts_file_malformed(value: str) -> str:
    return (
        f"{value} is malformed; write the path of a file with one account id a line, or of a CSV "
        "file with its column, {path: accounts.csv, column: account_id}."
    )


def no_such_column(file: str, column: str, columns: Sequence[str]) -> str:
    if column in columns:
        return f"{file} has the column {column} {columns.count(column)} times; rename all but one."
    more = ", …" if len(columns) > _MANY else ""
    return f"{file} has no column {column}; name one of {', '.join(columns[:_MANY])}{more}."


def accounts_of_file(file: str) -> str:
    return f"accounts of {file}"


def more_of_the_same(place: str, number: int, total: int) -> str:
    return f"{place}: {number} more of {total} wrong entries; each is to be corrected."


def account_id_digits(digits: str) -> str:
    return (
        f"{digits} has {counted(len(digits), 'digit')}; an account id has 12. "
        "If it begins with zeros, put it in quotes."
    )


def account_id_malformed(value: str) -> str:
    return f"{value} is not an account id; write its 12 digits, in quotes."


def minutes_out_of_range(value: str, most: int) -> str:
    return f"{value} is not a value it takes; write a number of minutes from 0 to {most}."


def not_a_list(value: str) -> str:
    return f"{value} is not a list; write a list of rules, as in stacks/Pulumi.template.yaml."


def text_of_a_list(value: str) -> str:
    return (
        f"{value} is text and no list; in the stack's file, write the list without quotes and "
        "without a |, as in stacks/Pulumi.template.yaml; by `pulumi config set`, write it as JSON."
    )


def no_selector(selectors: Sequence[str]) -> str:
    return f"the rule selects nobody; add one of {', '.join(selectors)}."


def one_selector(selectors: Sequence[str]) -> str:
    return f"a rule selects by exactly one of {' and '.join(selectors)}; keep one of them."


def empty_selector(selector: str) -> str:
    return f"{selector} is empty, so the rule selects nobody; fill it or remove the rule."


def unit_id_malformed(value: str) -> str:
    return f"{value} is not the id of an organizational unit; write it like ou-ab12-cdef3456."


def unit_path_malformed(value: str) -> str:
    return f"{value} is not a path of organizational units; write it like Root/Prod/EU."


def not_in_this_mode(key: str, value: str, mode: str) -> str:
    return f"{key}: {value} has no effect with mode: {mode}; remove {key}, or correct the mode."


def members_given_nowhere(kept_by_region: Mapping[str, int]) -> str:
    """The same of a program that names its settings and its regions itself."""
    kept = ", ".join(
        f"{counted(number, 'account')} in {where}" for where, number in kept_by_region.items()
    )
    return (
        f"this program gives its settings no members, but its stack keeps {kept}, which would all "
        'be released. Give them the rules, `"members": […]`; if all are to be released, '
        '`"members": []`.'
    )


def members_not_in_this_mode(mode: str, region: str, accounts: int) -> str:
    return (
        f"mode: {mode} has no members, but this stack keeps {counted(accounts, 'account')} in "
        f"{region}, which would all be released. Put the mode back; if all are to be released, "
        "write members: []."
    )


def administrator_missing() -> str:
    return (
        "administratorAccountId is missing; with mode: delegation it names the account to "
        "designate."
    )


def not_by_invitation(index: int, selector: str) -> str:
    return (
        f"{rule_at(index, f'.{selector}')}: members by invitation need not be in the same "
        "organization, so their units and tags can't be read with mode: invitation. Use accounts "
        "or all."
    )


def by_units(units: Sequence[str]) -> str:
    return f"OU {some(units)}"


def by_tags(tags: Mapping[str, str]) -> str:
    return f"tag {some([f'{key}={value}' for key, value in tags.items()])}"


def max_disabled_malformed(value: str) -> str:
    return f'{value} is malformed; write a number of accounts, or a share of all like "25%".'


def no_region() -> str:
    return "aws:region is not set; run `pulumi config set aws:region <region>`."


def perhaps_no_region(region: str) -> str:
    return f"Or correct the region, if {region} is none of AWS's."


def aws_setting_not_followed(key: str, instead: str) -> str:
    return (
        f"aws:{key} would make pulumi-aws act as somebody else than the member settings; {instead}."
    )


def one_file_only(key: str) -> str:
    return f"{key} names several files, but only one can be followed; keep one."


def keys_belong_together() -> str:
    return (
        "aws:accessKey and aws:secretKey belong together, aws:token to both of them; set them all, "
        "or none and use aws:profile or the environment."
    )


def credentials_in_clear(key: str) -> str:
    return (
        f"{key} is in the stack's configuration in clear, and would be in its state. Make a new "
        "access key in AWS and delete this one, which others may have read. Then take the keys out "
        f"and use aws:profile or the environment; or write the new aws:accessKey, and {key} by "
        f"`pulumi config set --secret {key}`."
    )


def secret_to_show(key: str, entry: str = "") -> str:
    """Says that a value is a secret.

    Args:
        key: of the value.
        entry: of a list, the path to a single entry, which may be the secret: `[0]`.
    """
    single = (
        "; or, if only single entries are secrets, each of them as in `pulumi config set --path "
        f"--plaintext '{key}{entry}' <value>`"
        if entry
        else ""
    )
    return (
        f"{key} is a secret, but a preview shows it and the state has it in clear. Write it in "
        f"clear: `pulumi config set --plaintext {key} <value>`{single}."
    )


def identity_with_secrets(keys: Sequence[str]) -> str:
    named = ", ".join(f"identity.{key}" for key in keys)
    return (
        f"{named} can't be given, since an identity is kept in the stack's state in clear. Use "
        "profile or assumeRoles, or keys in the environment."
    )


def identity_used(used: str, unused: Sequence[str]) -> str:
    ignored = " and ".join(unused)
    are = "is" if len(unused) == 1 else "are"
    return f"Credentials: {used} of this stack is used; {ignored} of the environment {are} not."


def address_malformed(reason: str) -> str:
    return (
        f"AWS has no such address ({reason.rstrip('.')}). Correct aws:region, or aws:endpoints or "
        "AWS_ENDPOINT_URL if one is set; an endpoint begins with http:// or https://."
    )


def duration_malformed(duration: str) -> str:
    return f"aws:assumeRoles: duration {duration} is malformed; write it like 1h or 30m."


# Connection and credentials


def no_credentials(reason: str) -> str:
    return (
        f"no AWS credentials: {reason.rstrip('.')}. Set aws:profile in the stack; or AWS_PROFILE, "
        "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment."
    )


def no_profile(profile: str, named_by: str) -> str:
    return (
        f"no AWS credentials: profile {profile}, which {named_by} names, is in neither of AWS's "
        f"files. Correct {named_by}, or add the profile to them."
    )


def no_credentials_from(source: str, reason: str, way_out: str) -> str:
    return f"no AWS credentials from {source}: {reason.rstrip('.')}. {way_out}."


def credentials_rejected(
    operation: str,
    code: str,
    reason: str,
    source: str = "the credentials",
    way_out: str = "Renew them",
) -> str:
    region = (
        ""
        if code in _EXPIRED
        else "; or enable the region for this account if it is one to opt in to"
    )
    return f"AWS does not accept {source} ({operation}: {reason.rstrip('.')}). {way_out}{region}."


_EXPIRED = ("ExpiredToken", "ExpiredTokenException")


def credentials_source(method: str, profile: str) -> tuple[str, str]:
    """Names a source of credentials, and what to do if it gives none.

    Args:
        method: botocore's name of the source, for instance `sso`.
        profile: the profile that is used.
    """
    name, way_out = _SOURCES.get(method, _OTHER_SOURCE)
    return name.format(profile=profile), way_out.format(profile=profile)


_OTHER_SOURCE = (
    "the AWS environment variables and files",
    "Correct them, or set aws:profile in the stack",
)

_SOURCES = {
    "assume-role": (
        "the role of profile {profile}",
        (
            "Correct role_arn, and source_profile or credential_source, of profile {profile}; the "
            "role's trust policy has to name the caller, and the caller's own policies have to "
            "allow sts:AssumeRole"
        ),
    ),
    "assume-role-with-web-identity": (
        "the web identity token of profile {profile}",
        (
            "Let a new token be written into the file that web_identity_token_file of profile "
            "{profile} names, and set role_arn there"
        ),
    ),
    "environment-web-identity": (
        "the web identity token",
        (
            "Let the job write a new token into the file that AWS_WEB_IDENTITY_TOKEN_FILE names, "
            "and set AWS_ROLE_ARN"
        ),
    ),
    "config-file": (
        "the keys of profile {profile}",
        "Write new ones, for instance by `aws configure --profile {profile}`",
    ),
    "container-role": (
        "the container's role",
        (
            "Correct AWS_CONTAINER_CREDENTIALS_FULL_URI or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, "
            "and the role of the task or pod"
        ),
    ),
    "custom-process": (
        "credential_process of profile {profile}",
        (
            "Run that program by itself: without asking anybody, it has to print JSON with "
            "Version 1, AccessKeyId and SecretAccessKey"
        ),
    ),
    "env": (
        "the keys in the environment",
        (
            "Set new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for keys that expire, "
            "AWS_SESSION_TOKEN"
        ),
    ),
    "explicit": (
        "aws:accessKey of the stack",
        (
            "Set new ones: aws:accessKey and, by `pulumi config set --secret`, aws:secretKey and, "
            "for keys that expire, aws:token"
        ),
    ),
    "iam-role": (
        "the role of this machine",
        "Attach a role to it, or set aws:profile in the stack or AWS_PROFILE in the environment",
    ),
    "login": (
        "profile {profile}, which signs in by `aws login`",
        "Run `aws login --profile {profile}`",
    ),
    "sso-assignment": (
        "profile {profile}, which signs in by SSO",
        (
            "Correct sso_account_id and sso_role_name of profile {profile}, or let IAM Identity "
            "Center assign that account and role to you"
        ),
    ),
    "sso": (
        "profile {profile}, which signs in by SSO",
        "Run `aws sso login --profile {profile}`",
    ),
}
_SOURCES["shared-credentials-file"] = _SOURCES["config-file"]


def files_source(files: Sequence[str]) -> tuple[str, str]:
    named = " and ".join(files)
    return (
        f"AWS's files ({named})",
        "Correct them, or name others by AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
    )


def file_unreadable(file: str) -> str:
    return f"{file} can't be read"


def no_ca_bundle(file: str) -> str:
    return (
        f"the file of certificates {file} is not there. Correct aws:customCaBundle, or "
        "AWS_CA_BUNDLE or ca_bundle of the profile."
    )


def web_identity_denied(role: str, claims: Mapping[str, str]) -> tuple[str, str]:
    """Names a web identity token that a role does not accept, with what its policy looks at."""
    told = " and ".join(f"{name} {value}" for name, value in claims.items())
    return (
        f"the web identity token with {told}" if told else "the web identity token",
        (
            f"Let the trust policy of {role or 'the role'} accept the token's provider, aud and "
            "sub, and let the role's account have that identity provider; or name another role"
        ),
    )


def role_way_out(prefix: str, has_external_id: bool) -> str:  # noqa: FBT001
    external = (
        f"with the externalId of {prefix}assumeRoles"
        if has_external_id
        else f"and, if it asks for an external id, set externalId in {prefix}assumeRoles"
    )
    return (
        f"Let the role's trust policy name the caller, {external}; and let the caller's own "
        "policies allow sts:AssumeRole"
    )


def asks_for_mfa(profile: str) -> str:
    return (
        f"profile {profile} asks for an MFA code (mfa_serial), and a run asks nobody. Put keys "
        'into the environment by `eval "$(aws configure export-credentials --profile '
        f'{profile} --format env)"`, where aws:profile is not set; or use a profile without '
        "mfa_serial."
    )


def keys_incomplete() -> str:
    return "the access key or the secret key is missing"


def keys_malformed() -> str:
    return "a key or the session token has a line break or another character that keys never have"


def no_json() -> str:
    return "what it gave is no JSON"


def dependency_missing(profile: str) -> str:
    return (
        f"profile {profile} signs in by `aws login`, for which the Python package awscrt is "
        "missing; install requirements.txt again."
    )


def unexpected_answer() -> str:
    return "it is empty, or gave something else than it should, such as a proxy's page"


def no_role() -> str:
    return "no role is named"


def correct_profile() -> str:
    return "Correct the profile in AWS's files, for instance in ~/.aws/config"


def profile_without_credentials(profile: str) -> str:
    return (
        f"no AWS credentials: profile {profile} has none. Add keys, a role, SSO or a "
        "credential_process to it, or name another profile."
    )


def account_excluded(caller: str, key: str, allowed: Sequence[str]) -> str:
    """Says which setting excludes the caller; `allowed` is empty if it is listed as forbidden."""
    of_stack = " of this stack" if key.startswith("aws:") else ""
    if allowed:
        return (
            f"the credentials are of account {caller}, but {key}{of_stack} lists only "
            f"{', '.join(allowed)}. Use credentials of that account."
        )
    return (
        f"the credentials are of account {caller}, which {key}{of_stack} lists. Use credentials of "
        "another account."
    )


def acts_as_the_state_says(fault: str) -> str:
    """Adds the way out where the credentials are those of the last `pulumi up`."""
    return (
        f"{fault} A refresh and a destroy act as the state says, so as the last `pulumi up` did. "
        "If other credentials are configured since then, run `pulumi up --refresh=false` once, "
        "also before a destroy; `pulumi preview --refresh=false` shows it."
    )


def no_answer(operation: str, reason: str, *, proxy: bool = False) -> str:
    check = (
        "the proxy that HTTPS_PROXY or HTTP_PROXY names, which may want somebody to sign in"
        if proxy
        else "the network, and aws:endpoints or AWS_ENDPOINT_URL if one is set"
    )
    return f"no answer from AWS ({operation}: {reason.rstrip('.')}). Check {check}."


def no_answer_within(seconds: int) -> str:
    return f"none within {seconds} s"


def reading_too_long(region: str, operation: str, seconds: int, answers: int) -> str:
    return (
        f"reading {region} has come to no end within {seconds} s ({counted(answers, 'answer')}; "
        f"{operation} was asked last). Check the network; where AWS is slow, run again later."
    )


def waiting_for(region: str, operation: str, answers: int, seconds: int) -> str:
    so_far = f", {counted(answers, 'answer')} so far" if answers else ""
    return f"{region}: waiting for {operation}{so_far}, {seconds} s"


def call_failed(operation: str, code: str, reason: str, denied: bool) -> str:  # noqa: FBT001
    way_out = f" Give the caller the permission for {operation}." if denied else ""
    return f"{operation} failed: {code}: {reason.rstrip('.')}.{way_out}"


def unknown_value(value: str) -> str:
    return f"the answer has {value}, which this release does not know. Use a newer release."


def malformed_answer() -> str:
    return "the answer is not what this operation answers. Check aws:endpoints and the proxy."


def token_again() -> str:
    return "a page leads back to one that was read before, so the list has no end. Try again later."


def page_again(times: int) -> str:
    return f"{times} pages say the same, so the list seems to have no end. Try again later."


def status_not_told() -> str:
    return "GuardDuty does not tell the status of EKS_AUDIT_LOGS for this account."


# Refusals


def no_detector(region: str, caller: str) -> str:
    return (
        f"detector: existing, but account {caller} has no GuardDuty detector in {region}. Use "
        "credentials of the account that is to keep GuardDuty; enable GuardDuty there, or set "
        "detector: create."
    )


def not_delegated(caller: str, reason: str | None) -> str:
    asked = f" ({reason.rstrip('.')})" if reason else ""
    return (
        f"detector: create, but AWS Organizations does not tell that account {caller} is a "
        f"delegated administrator of GuardDuty{asked}. Use the administrator's credentials, with "
        "the permission organizations:ListDelegatedAdministrators."
    )


def other_account(region: str, caller: str, account: str) -> str:
    return (
        f"this stack in {region} is account {account}'s, but the credentials are of account "
        f"{caller}. Use credentials of {account}. If another account has replaced {account}, "
        f"{_REPLACED}; if {account} can't act any more, {_DROP}."
    )


def provider_of_another_account(region: str, provider: str, account: str) -> str:
    return (
        f"the aws provider in {region} is account {provider}'s, but the plan is of account "
        f"{account}. Make the provider with the same identity, by components.aws_provider."
    )


def detector_there_already(region: str, caller: str, detector_id: str, arn: str, tag: str) -> str:
    return (
        f"detector: create, but account {caller} has detector {detector_id} in {region} already, "
        "which this stack did not make. Set detector: existing; or, for this stack to import it, "
        f"run `aws guardduty tag-resource --resource-arn {arn} --tags {tag}` and `pulumi up`."
    )


def detector_suspended(region: str, caller: str, detector_id: str) -> str:
    return (
        f"GuardDuty is suspended in {region} for account {caller} (detector {detector_id}), so no "
        "feature of it works. Resume it in GuardDuty's settings."
    )


def caller_is_member(region: str, caller: str, administrator: str) -> str:
    return (
        f"account {caller} is a GuardDuty member in {region}, and only its administrator "
        f"{administrator} may set EKS audit log monitoring. Use credentials of {administrator}."
    )


def caller_not_administrator(region: str, caller: str, reason: str) -> str:
    return (
        f"account {caller} is not the delegated GuardDuty administrator in {region} ({reason}). "
        "Use the administrator's credentials, or designate this account first."
    )


def administrator_replaced(region: str, account: str) -> str:
    """Says what the two refusals before leave out if the stack's account was the administrator."""
    return (
        f"the record of this stack is of account {account} in {region}. If another account has "
        f"replaced it as administrator, {_REPLACED}."
    )


def permission_missing(caller: str, operation: str, reason: str) -> str:
    return (
        f"account {caller} may not call {operation} ({reason}). Give the caller the permission "
        f"guardduty:{operation}."
    )


def feature_not_offered(region: str) -> str:
    return (
        f"aws:region: GuardDuty does not offer EKS_AUDIT_LOGS in {region}. Keep no stack for it: "
        "`pulumi destroy`, which is safe for one that was never up, and `pulumi stack rm`."
    )


def all_with_exceptions(index: int, accounts: Collection[str]) -> str:
    """Says which accounts the rule excepts; none while nobody knows the members."""
    of_them = f" for {len(accounts)} of them ({some(accounts)})" if accounts else ""
    return (
        "autoEnable: ALL turns EKS audit logs on for every account, but "
        f"{rule_at(index)} wants DISABLED{of_them}. "
        "Use autoEnable: NEW with rules, or drop the rule."
    )


def rule_names_administrator(index: int, account: str, selector: str = "accounts") -> str:
    return (
        f"{rule_at(index, f'.{selector}')}: {account} is the administrator itself, which is no "
        "member; its own detector is set by the key status. Remove it from the rule."
    )


def rule_names_stranger(index: int, account: str, region: str, selector: str = "accounts") -> str:
    return (
        f"{rule_at(index, f'.{selector}')}: {account} is not a GuardDuty member in {region}. "
        "Correct the id, remove it from the rule, or add the account as a member first."
    )


def rule_names_non_members(  # noqa: PLR0913 - each is told
    index: int,
    reasons: Mapping[str, str],
    region: str,
    selector: str = "accounts",
    file: str | None = None,
    *,
    listed: int,
) -> str:
    """Says which accounts of a rule are no members, in groups; `listed` of them are named."""
    of_file = f" of {file}" if file else ""
    head = (
        f"{rule_at(index, f'.{selector}')}: {counted(len(reasons), 'account')}{of_file} are no "
        f"GuardDuty members in {region}. Correct the ids, remove them from the rule, or add the "
        "accounts as members first:"
    )
    named = dict(sorted(reasons.items(), key=lambda one: (one[1] != NOT_ADDED, *one))[:listed])
    told = {a: s if s == NOT_ADDED else relationship(s) for a, s in named.items()}
    more = len(reasons) - len(named)
    return "\n".join([head, *by_reason(told), *([f"  {_and_more(more)}"] if more else [])])


def members_not_written(region: str, accounts: int) -> str:
    return (
        f"members is written nowhere, but this stack keeps {counted(accounts, 'account')} in "
        f"{region}, which would all be released. Bring the stack's file back, or its rules; if all "
        "are to be released, write members: []."
    )


def auto_enable_not_written(region: str, exception: int | None) -> str:
    """Says that ALL would be left; `exception` is the first rule that ALL does not go with."""
    and_drop = "" if exception is None else f", and drop {rule_at(exception)}, which wants DISABLED"
    return (
        f"autoEnable is written nowhere, which means NEW, but {region} has ALL: existing accounts "
        f"would be reached no more. Write autoEnable: ALL to keep it{and_drop}; or write "
        "autoEnable: NEW to change it."
    )


def rule_names_unknown_unit(index: int, unit: str) -> str:
    return (
        f"{rule_at(index, '.organizationalUnits')}: {unit} is no organizational unit of this "
        "organization. Correct it (a path begins with the root's name, as in Root/Prod/EU), or "
        "remove it from the rule."
    )


def rule_names_ambiguous_unit(index: int, unit: str, ids: Sequence[str]) -> str:
    return (
        f"{rule_at(index, '.organizationalUnits')}: {unit} is the path of {len(ids)} "
        f"organizational units, {' and '.join(ids)}, since names of units have a / in them. Write "
        "the id of the one that is meant."
    )


def organizations_refused(
    index: int, selector: str, caller: str, operations: Sequence[str], reason: str
) -> str:
    permissions = ", ".join(f"organizations:{operation}" for operation in operations)
    return (
        f"{rule_at(index)} selects by {selector}, but account {caller} may not read AWS "
        f"Organizations ({reason.rstrip('.')}). Give the caller the "
        f"permission{'s' if len(operations) > 1 else ''} {permissions}."
    )


def no_effect_by_policy(key: str, value: str) -> str:
    return (
        f"{key}: {value} would have no effect, since the policy type GUARDDUTY_POLICY is enabled "
        f"on the organization's root. Set {key}: NONE and use a GuardDuty policy or rules, or "
        "disable the policy type."
    )


def policy_decides(index: int, wanted: str, accounts: Collection[str], word: str) -> str:
    return (
        f"{rule_at(index)} wants {wanted} for {some(accounts, _MANY)}, but an organization policy "
        f"(GUARDDUTY_POLICY) keeps {'them' if len(accounts) > 1 else 'it'} {word}. Change the "
        f"policy, or leave {'them' if len(accounts) > 1 else 'it'} out of the rule."
    )


def policy_decides_own(wanted: str, account: str, word: str) -> str:
    return (
        f"status: {wanted} for the own detector of account {account}, but an organization "
        f"policy (GUARDDUTY_POLICY) keeps it {word}. Change the policy, or set status: {word}."
    )


def rule_names_former_member(
    index: int, account: str, status: str, selector: str = "accounts"
) -> str:
    return (
        f"{rule_at(index, f'.{selector}')}: {account} is no longer a GuardDuty member "
        f"(relationship status {status}). Remove it from the rule, or add it as a member again."
    )


def too_many_disabled(
    by_rule: Mapping[str, Sequence[str]], limit: int, written: int | str, unknown: int = 0
) -> str:
    """Says which accounts would be turned off, by the rule that decides them."""
    number = sum(map(len, by_rule.values()))
    untold = f", {unknown} of them of a status that AWS does not tell now" if unknown else ""
    head = (
        f"maxDisabled: {counted(number, 'member')} would be turned off{untold}, but at most "
        f"{limit} may be in one run{_share(limit, written)}. If that is meant, set maxDisabled: "
        f"{number}. Turned off:"
    )
    return "\n".join([head, *_listed(by_rule)])


def record_of_another(
    region: str, administrator: str, accounts: int, caller: str, regions: Sequence[str]
) -> str:
    """Says that the state is another account's or region's, with the ways that there are."""
    return (
        f"this stack keeps account {administrator} in {region} "
        f"({counted(accounts, 'member')} recorded), but this run is account {caller} in "
        f"{', '.join(regions)}. Put the region ({region}) and the credentials of {administrator} "
        "back; or make a stack of its own for the other (`pulumi stack init`); or run `pulumi "
        f"destroy` first. If another account has replaced {administrator}, {_REPLACED}; if "
        f"{administrator} can't act any more, {_DROP}."
    )


def record_not_taken_over(region: str) -> str:
    return (
        f"the record of {region} stays where it is, since the resource that was to take it over "
        "could not be made in this run. Run `pulumi up` again."
    )


def record_incomplete(region: str, accounts: Collection[str]) -> str:
    return (
        f"the program does not hand on what is recorded of {counted(len(accounts), 'account')} in "
        f"{region}: {some(accounts)}. Give `make_plan` the stack's last state, "
        "`last=read_own_state()`."
    )


def record_lost(region: str, administrator: str) -> str:
    """Says that the state lacks what was before the stack, though the stack has written."""
    return (
        f"the state of this stack has settings of account {administrator} in {region}, but no "
        "PriorSettings with what was there before: this run would take for that what the stack "
        "itself wrote. Bring it back (`pulumi state move`, or `pulumi stack import` of a backup); "
        "or give the record up: `pulumi state delete --all`, then `pulumi up`."
    )


def designation_of_another(region: str, designated: str, now: str) -> str:
    """Says that a run would remove a designation; `now` is what the configuration asks for."""
    return (
        f"this stack designates account {designated} as GuardDuty administrator in {region}, but "
        f"this run {now}. No run removes a designation, since that disassociates all members. "
        f"Put the configuration back; or make a stack of its own for the other (`pulumi stack "
        "init`); or run `pulumi destroy` first, which removes the "
        "designation; or keep it: `pulumi state delete --all` lets this stack forget it. If the "
        f"administrator is to be replaced, {_REPLACED}."
    )


def designates(account: str, region: str) -> str:
    return f"designates account {account} in {region}"


def designates_nobody() -> str:
    return "has another mode than delegation"


def designation_gone(region: str, account: str) -> str:
    return f"Account {account} is not designated in {region} any more: nothing is removed."


def designation_removed(region: str, account: str) -> str:
    return (
        f"Account {account} is not the GuardDuty administrator in {region} any more; its members "
        "are disassociated, and GuardDuty stays on in them."
    )


def designation_on_destroy(region: str, account: str, others: int | None) -> str:
    many = "all its members" if others is None else f"all its members, at most {others}"
    return (
        f"removes the designation of {account} in {region} (DisableOrganizationAdminAccount), "
        f"which disassociates {many}"
    )


def state_rewritten() -> str:
    return (
        "State: rewritten in this release's form by this run (PriorSettings, MemberFeatures); that "
        "writes nothing to AWS."
    )


def destroy_leaves(on_release: str) -> str:
    return f"nothing: AWS keeps what it has (onRelease: {on_release})"


def destroy_of_a_leaving_region() -> str:
    return "nothing: this run releases all of the region"


def destroy_changes_nothing(on_release: str) -> str:
    return f"nothing: all is as onRelease: {on_release} would have it"


def destroy_refused(number: int, limit: int, written: int | str) -> str:
    return (
        f"a destroy would turn {counted(number, 'member')} off, but at most {limit} may be in one "
        f"run{_share(limit, written)}: it is refused. If it is meant, set maxDisabled: {number} "
        "and run `pulumi up` before."
    )


def not_written(region: str, changes: Mapping[str, str]) -> str:
    told = ", ".join(f"{key} {change}" for key, change in changes.items())
    return (
        f"{region} needs {told}, but this run leaves that out, as with --refresh=false, --target, "
        "--exclude or --run-program. Run the command again without these."
    )


def members_left_out(region: str, accounts: Collection[str]) -> str:
    was = "was" if len(accounts) == 1 else "were"
    return (
        f"{counted(len(accounts), 'member')} in {region} that the rules set {was} left out of this "
        f"run, as with --target, --exclude or --run-program: {some(accounts, _MANY)}. Run the "
        "command again without these."
    )


def releases_left_out(region: str, accounts: Collection[str]) -> str:
    number = len(accounts)
    drops, was = ("drops", "was") if number == 1 else ("drop", "were")
    return (
        f"{counted(number, 'account')} in {region} that {drops} out of the rules {was} left out of "
        f"this run, as with --target, --exclude or --run-program: {some(accounts, _MANY)}. Run the "
        "command again without these."
    )


def report_not_writable(variable: str, path: str, reason: str) -> str:
    way_out = _REPORT_WAYS_OUT.get(reason, "Name another file")
    return (
        f"{variable}: {path} can't be written ({reason.rstrip('.')}). {way_out}, or unset the "
        "variable."
    )


_REPORT_WAYS_OUT = {
    "No such file or directory": "Name a file in a folder that exists",
    "Not a directory": "Name a file in a folder that exists",
    "Is a directory": "Name a file in that folder",
    "Permission denied": "Name a file that you may write",
    "Read-only file system": "Name a file that you may write",
}


def no_temporary_file(path: str, reason: str) -> str:
    return (
        f"{path} can't be used ({reason.rstrip('.')}), and a run notes there which records it "
        "keeps. Set TMPDIR to a folder of your own."
    )


def text_malformed(line: str) -> str:
    return f"{line[:_LINE_SHOWN]} is not a line that this product writes"


def value_unknown(key: str, value: str, known: Sequence[str]) -> str:
    return f"{key} is {value}, which is none of {', '.join(known)}"


def last_state_unreadable(stack: str, reason: str) -> str:
    return (
        f"the last state of stack {stack} can't be read ({reason.rstrip('.')}). Check `pulumi "
        "login` and the stack's passphrase or secrets provider."
    )


def too_many_disabled_on_destroy(
    accounts: Collection[str], on_release: str, limit: int, written: int | str
) -> str:
    number = len(accounts)
    head = (
        f"maxDisabled: this destroy would turn {counted(number, 'member')} off, but at most "
        f"{limit} may be in one run{_share(limit, written)}. If that is meant, set maxDisabled: "
        f"{number}, or onRelease: LEAVE for them to stay as they are; run `pulumi up`, and destroy "
        "again. Turned off:"
    )
    return "\n".join([head, *_listed({by_release(on_release): sorted(accounts)})])


def not_the_management_account(caller: str, reason: str) -> str:
    return (
        f"mode: delegation is for the organization's management account, and account {caller} is "
        f"not it ({reason.rstrip('.')}). Use credentials of the management account."
    )


def another_administrator(region: str, wanted: str, designated: str) -> str:
    return (
        f"administratorAccountId: {wanted}, but {designated} is the delegated GuardDuty "
        f"administrator in {region}, and there is only one. Set administratorAccountId: "
        f"{designated}; or remove its designation first, which disassociates its members: "
        f"`aws guardduty disable-organization-admin-account --admin-account-id {designated}`. If "
        f"it is to be replaced, {_REPLACED}."
    )


def administrator_ending(region: str, designated: str) -> str:
    return (
        f"administratorAccountId: the designation of {designated} in {region} is being removed "
        "(DISABLE_IN_PROGRESS). Run again when that is done."
    )


def administrator_is_a_stranger(wanted: str) -> str:
    return (
        f"administratorAccountId: {wanted} is not an account of this organization. Correct the id, "
        "or invite the account into the organization first."
    )


def administrator_not_active(wanted: str, status: str) -> str:
    return (
        f"administratorAccountId: {wanted} is {status} in AWS Organizations, and only an ACTIVE "
        "account can be designated. Name another account."
    )


def malformed_state(resource: str, faults: Sequence[str]) -> str:
    told = "; ".join(fault.rstrip(".") for fault in faults[:_NAMED])
    more = f"; {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
    return (
        f"the state of {resource} was not written by this program ({told}{more}). Restore "
        "the state from a backup (`pulumi stack import`), or run `pulumi state delete --all`: the "
        "next run records anew what is there."
    )


# What a run does


def headline_of_delegation(region: str, caller: str) -> str:
    return f"Delegated GuardDuty administrator in {region}, management account {caller}"


def designated_already(wanted: str) -> str:
    return f"{wanted} is designated already, and stays so."


def designating(wanted: str) -> str:
    return f"{wanted} is designated in this run; AWS enables GuardDuty for it."


def administrators_elsewhere(wanted: str, others: Collection[str]) -> str:
    return (
        f"AWS Organizations knows other GuardDuty administrators beside {wanted}: {some(others)}. "
        "AWS's guide asks for the same one in every region. One that was replaced in all regions "
        "is deregistered once: `aws organizations deregister-delegated-administrator "
        "--service-principal guardduty.amazonaws.com --account-id <its id>`."
    )


def destroy_removes_designation(region: str, others: int | None) -> str:
    many = "its members" if others is None else f"its members, at most {others},"
    return (
        f"A destroy of this stack removes the designation in {region} "
        f"(DisableOrganizationAdminAccount): {many} are disassociated, and GuardDuty stays on "
        "in them. To keep it, run `pulumi state delete --all` in place of a destroy."
    )


def change(current: str | None, wanted: str | None) -> str:
    return f"{current or UNKNOWN} -> {wanted}"


def on_off(status: str | None) -> str:
    return {"ENABLED": "on", "DISABLED": "off"}.get(status or "", "unknown")


def more_accounts(number: int) -> str:
    return _and_more(number, " on")


def _and_more(number: int, what: str = "") -> str:
    return f"… and {number} more{what}; GUARDDUTY_EKS_AUDIT_LOGS_REPORT=<file> names them all"


def changes_of_a_rule(number: int, status: str, rule: str) -> str:
    return f"{number} {on_off(status)} by {rule}"


def by_release(on_release: str) -> str:
    return f"release (onRelease {on_release})"


def left_out_of_this_run() -> str:
    return "left out of this run (--target, --exclude or --run-program)"


def setting_written(key: str, before: str | None, now: str) -> str:
    return f"{key}: {change(before, now)}" if before else f"{key}: {now}"


def headline_after(region: str, on: int, off: int) -> str:
    if not on and not off:
        return f"EKS audit log monitoring in {region}: changed no member."
    return f"EKS audit log monitoring in {region}: turned {on} on, {off} off."


def headline_of_detector(region: str) -> str:
    return f"EKS audit log monitoring in {region}: making the detector."


def headline_of_leaving(region: str, accounts: int) -> str:
    return f"EKS audit logs in {region}: releasing {counted(accounts, 'account')} and the region."


def region_leaves(on_release: str) -> str:
    return (
        "The program does not name this region any more: all that is recorded there is released "
        f"(onRelease {on_release}). Once all is, the next run drops it from the state."
    )


def headline(region: str, on: int, off: int) -> str:
    if not on and not off:
        return f"EKS audit log monitoring in {region}: this run changes no member."
    return f"EKS audit log monitoring in {region}: turning {on} on, {off} off."


def members_now(on: int, off: int, unknown: int) -> str:
    told = f"{counted(on + off + unknown, 'member')}: {on} on, {off} off"
    return f"{told}, {unknown} unknown. " if unknown else f"{told}. "


def members_then(on: int, off: int, stay: int) -> str:
    if not on and not off:
        return "This run changes none of them."
    return f"This run turns {on} on, {off} off; {stay} {'stays' if stay == 1 else 'stay'}."


def whose_monitoring(region: str, caller: str, mode: str) -> str:
    whose = {"invitation": "administrator by invitation", "standalone": "standalone account"}
    return f"EKS audit log monitoring in {region}, {whose.get(mode, 'administrator')} {caller}"


def own_detector(current: str | None, wanted: str, *, alone: bool) -> str:
    whose = "Own detector" if alone else "Administrator's own detector"
    if current == wanted:
        return f"{whose}: {on_off(wanted)}, and stays so."
    if current is None:
        return f"{whose}: made with EKS audit logs {on_off(wanted)}."
    return f"{whose}: {on_off(current)} -> {on_off(wanted)}."


def detector_first(*, alone: bool) -> str:
    then = "" if alone else "; GuardDuty attaches member accounts to it afterwards"
    return f"The detector is made in this run{then}."


def detector_is_new() -> str:
    return (
        "The detector is another one than in the last run: this run releases nobody, since its "
        "members may not be attached yet; the next run does."
    )


def record_left_out(region: str) -> str:
    return (
        f"PriorSettings of {region} is left out of this run (--target or --exclude), so that "
        "nothing is recorded of what was before. Run `pulumi up` without these first."
    )


def members_later(rules: int) -> str:
    return f"{counted(rules, 'rule')} for members: run `pulumi up` once more to have them applied."


def all_in_a_day(off: int, unknown: int, total: int, *, by_rules: int = 0) -> str:
    """Tells of the monitored members how many are not on yet, and of how many AWS did not tell."""
    if not off and not unknown:
        then = "with this run, " if by_rules else ""
        return f"Organization: {then}every member that can be set has EKS audit logs on."
    does = "does" if off == 1 else "do"
    yet = f"{does} not have EKS audit logs on yet"
    if unknown and not off:
        yet = f"{'is' if unknown == 1 else 'are'} unknown"
    elif unknown:
        yet += f", and {unknown} more {'is' if unknown == 1 else 'are'} unknown"
    then = f", beside {by_rules} that this run turns on" if by_rules else ""
    return (
        f"Organization: {off or unknown} of {counted(total, 'member')} {yet}{then}. GuardDuty "
        "turns on whoever is not on, by itself within 24 hours."
    )


def all_no_more(wanted: str) -> str:
    then = "accounts that join, and for no others" if wanted == "NEW" else "no account any more"
    return (
        f"Organization: autoEnable ALL -> {wanted}: existing accounts are reached no more. "
        f"GuardDuty turns EKS audit logs on for {then}. What is on stays on."
    )


def auto_enable(current: str | None, wanted: str, members: str | None) -> str:
    """Says what the setting does; `members` is the one of GuardDuty itself, None if unknown."""
    effect = _EFFECTS.get((wanted, members)) or _EFFECTS[wanted, None]
    return f"Organization: autoEnable {_from_to(current, wanted)}; {effect}."


_EFFECTS = {
    ("ALL", "ALL"): "all accounts get EKS audit logs by themselves",
    ("ALL", "NEW"): (
        "all members and new accounts get EKS audit logs by themselves, other accounts only once "
        "they are members (autoEnableMembers NEW)"
    ),
    ("ALL", "NONE"): (
        "all members get EKS audit logs by themselves, other accounts, new ones too, only once "
        "they are added as members (autoEnableMembers NONE)"
    ),
    ("ALL", None): (
        "all accounts for which GuardDuty itself is turned on get EKS audit logs by themselves"
    ),
    ("NEW", "ALL"): "new accounts get EKS audit logs by themselves",
    ("NEW", "NEW"): "new accounts get EKS audit logs by themselves",
    ("NEW", "NONE"): (
        "new accounts get no GuardDuty by themselves (autoEnableMembers NONE), and EKS audit logs "
        "only once they are added as members"
    ),
    ("NEW", None): (
        "new accounts for which GuardDuty itself is turned on get EKS audit logs by themselves"
    ),
    ("NONE", None): "new accounts are left alone, and nothing is turned off",
}
"""What `autoEnable` does, by its value and that of `autoEnableMembers`."""


def auto_enable_members(current: str | None, wanted: str) -> str:
    effect = {
        "ALL": "GuardDuty itself is turned on for all accounts",
        "NEW": "GuardDuty itself is turned on for new accounts",
        "NONE": "GuardDuty itself is turned on for no account",
    }[wanted]
    return f"Organization: autoEnableMembers {_from_to(current, wanted)}; {effect}."


def _from_to(current: str | None, wanted: str) -> str:
    return wanted if current in {None, wanted} else f"{current} -> {wanted}"


def new_leaves_off(accounts: Collection[str]) -> str:
    return (
        f"Organization: NEW leaves existing accounts as they are; "
        f"{counted(len(accounts), 'member')} that no rule sets "
        f"{'stays' if len(accounts) == 1 else 'stay'} off: {some(accounts)}"
    )


def policies_decide(current: str | None, auto_enable: str) -> str:
    idle = "" if auto_enable == "NONE" else f", and autoEnable {auto_enable} has no effect"
    changed = f" autoEnable {_from_to(current, auto_enable)}." if current != auto_enable else ""
    return (
        "Organization: the policy type GUARDDUTY_POLICY is enabled on the root: policies decide "
        f"for accounts{idle}.{changed}"
    )


def policy_type_unknown(reason: str | None) -> str:
    asked = f" ({reason.rstrip('.')})" if reason else ""
    return (
        "Organization: unknown whether the policy type GUARDDUTY_POLICY, which would make "
        f"autoEnable idle, is enabled on the root{asked}. The permission organizations:ListRoots "
        "tells."
    )


def own_decided_by_policy() -> str:
    return "Own detector: decided by policy (GUARDDUTY_POLICY)."


def decided_by_policy(accounts: Collection[str]) -> str:
    return (
        f"{counted(len(accounts), 'member')} decided by policy (GUARDDUTY_POLICY): {some(accounts)}"
    )


def all_reaches_released(on_release: str) -> str:
    return (
        f"Organization: ALL is for all accounts: one that onRelease: {on_release} turns off may be "
        "turned on again by GuardDuty, which AWS does not document."
    )


def all_reaches_unmanaged(accounts: Collection[str]) -> str:
    return (
        f"Organization: ALL reaches {counted(len(accounts), 'UNMANAGED member')} too: "
        f"{some(accounts)}"
    )


def all_leaves_invited(accounts: Collection[str]) -> str:
    are = "is" if len(accounts) == 1 else "are"
    return (
        f"Members by invitation: ALL does not reach them; {len(accounts)} that no rule sets {are} "
        f"off: {some(accounts)}"
    )


def all_needs_members(reasons: Mapping[str, str]) -> str:
    """Says whom ALL does not reach, and of each why it is no member."""
    return f"Organization: ALL does not reach {_no_members(reasons)}"


def rule_selects_non_members(label: str, reasons: Mapping[str, str], *, added: bool) -> str:
    """Says whom a rule selects in vain; `added` if GuardDuty makes them members by itself."""
    them, members = ("it", "a member") if len(reasons) == 1 else ("them", "members")
    way = f"Add {them} as {members} first"
    if added:
        way = f"GuardDuty adds {them} by itself within 24 hours (autoEnableMembers ALL)"
    return f"{label} selects {_no_members(reasons)}. {way}."


NOT_ADDED = "not added"
"""Why an account is no member that ListMembers does not list."""


def _no_members(reasons: Mapping[str, str]) -> str:
    are = "is no GuardDuty member" if len(reasons) == 1 else "are no GuardDuty members"
    named = some([f"{account} ({why})" for account, why in reasons.items()])
    return f"{counted(len(reasons), 'account')} that {are}: {named}"


_WHY_NOT_SET = {
    "AccountSuspended": "the account is suspended in AWS",
    "Created": "not invited yet",
    "Disabled": "suspended in GuardDuty",
    "EmailVerificationFailed": "its e-mail address could not be verified",
    "EmailVerificationInProgress": "its e-mail address is being verified",
    "Invited": "has not accepted the invitation",
    "RegionDisabled": "has not opted in to the region",
}


def relationship(status: str) -> str:
    """Says why a member can't be set, by its relationship status."""
    why = f", {_WHY_NOT_SET[status]}" if status in _WHY_NOT_SET else ""
    return f"relationship status {status}{why}"


def skipped(status: str, accounts: Collection[str], labels: Sequence[str]) -> str:
    return (
        f"{counted(len(accounts), 'member')} can't be set ({relationship(status)}): "
        f"{some(accounts)} ({'; '.join(labels)})"
    )


def rule_decides_nothing(label: str) -> str:
    return f"{label} decides no account: none is selected, or earlier rules decide them."


def setting_members(changing: int, total: int) -> str:
    return f"EKS audit logs: setting {changing} of {counted(total, 'member')}"


def trying_again(left: int, seconds: float) -> str:
    return f"EKS audit logs: {counted(left, 'member')} left, trying again in {seconds:.0f} s"


def run_cancelled(reason: str | None = None) -> str:
    """Why an account is left; `reason` is AWS's for its last attempt, if there was one."""
    said = f"{reason.rstrip('.')}; " if reason else ""
    return f"{said}the run was cancelled before {'another' if reason else 'an'} attempt."


def cancelled(region: str, left: int) -> str:
    return (
        f"EKS audit logs in {region}: the run was cancelled, {counted(left, 'member')} left. "
        "`pulumi up` sets them."
    )


def reading_again(left: int, seconds: float) -> str:
    return (
        f"EKS audit logs: AWS does not tell what {counted(left, 'member')} had before, asking "
        f"again in {seconds:.0f} s"
    )


def members_set(region: str, written: int, as_wanted: int, unprocessed: int, attempts: int) -> str:
    told = f"EKS audit logs in {region}: {counted(written, 'member')} set, {as_wanted} were so"
    if not unprocessed:
        return f"{told} already."
    tried = f", tried {attempts} times" if attempts > 1 else ""
    return f"{told} already, {unprocessed} could not be set{tried}."


def unprocessed(
    region: str,
    reasons: Mapping[str, str],
    total: int,
    off_by_rule: Mapping[str, str] | None = None,
) -> str:
    """The table of accounts that could not be set, and what comes next.

    Args:
        region: where.
        reasons: AWS's for each account.
        total: how many accounts the rules set.
        off_by_rule: the rule of each account that was to be turned off.
    """
    head = (
        f"{len(reasons)} of {counted(total, 'member')} in {region} could not be set; "
        f"all others ({total - len(reasons)}) are, and are recorded."
    )
    return "\n".join(
        [head, *by_reason(reasons, off_by_rule), "`pulumi up` again tries only these."]
    )


def left_by_the_last_run(
    reasons: Mapping[str, str], off_by_rule: Mapping[str, str] | None = None
) -> str:
    head = f"The last run could not set {counted(len(reasons), 'account')} of these:"
    return "\n".join([head, *by_reason(reasons, off_by_rule)])


def by_reason(
    reasons: Mapping[str, str], off_by_rule: Mapping[str, str] | None = None
) -> list[str]:
    """Writes each reason once, with its accounts below it.

    First come those that were to be turned off, with the rule that `off_by_rule` has for them.
    """
    off = off_by_rule or {}
    first = {a: f"to be off by {off[a]}: {why}" for a, why in reasons.items() if a in off}
    then = {account: why for account, why in reasons.items() if account not in off}
    return [*_listed(accounts_by_reason(first)), *_listed(accounts_by_reason(then))]


def _listed(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Writes groups of accounts, each with its title and its number, within 80 columns."""
    lines = []
    for title, accounts in groups.items():
        number = f" ({len(accounts)})" if len(accounts) > 1 else ""
        lines.append(f"  {title.rstrip('.')}{number}:")
        lines += [
            f"    {', '.join(accounts[start : start + _IN_A_LINE])}"
            for start in range(0, len(accounts), _IN_A_LINE)
        ]
    return lines


# Costs


def trials(turned_on: int, remaining: Collection[int], not_read: Collection[str]) -> str:
    """Says in one sentence how many accounts have how much left of their trial.

    Args:
        turned_on: how many accounts are to be turned on.
        remaining: the days of those that AWS told of.
        not_read: of each that could not be read, why not.
    """
    left = [days for days in remaining if days > 0]
    used_up = len(remaining) - len(left)
    not_told = turned_on - len(remaining) - len(not_read)
    parts = []
    if left:
        parts.append(f"{len(left)} {_has(len(left))} days left (fewest: {min(left)})")
    if used_up:
        parts.append(f"{used_up} {_has(used_up)} used it up")
    if not_told:
        parts.append(
            f"{not_told} {_is(not_told)} unknown (GuardDuty tells none; an account that never had "
            "EKS audit logs on gets 30 days)"
        )
    if not_read:
        why = some({reason.rstrip(".") for reason in not_read})
        parts.append(f"{len(not_read)} {_is(len(not_read))} unknown ({why})")
    return f"Trial: of {counted(turned_on, 'account')} to be turned on, {', '.join(parts)}."


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def trial(days: int) -> str:
    return f"trial: {counted(days, 'day')}" if days > 0 else "trial used up"


def usage(amount: Decimal, unit: str, on_now: int) -> str:
    told = f"less than {_CENT}" if 0 < amount < _CENT else f"{amount:.2f}"
    return (
        f"Usage: EKS_AUDIT_LOGS came to {told} {unit} in the last 30 days in this region, with "
        f"{counted(on_now, 'account')} on now."
    )


def usage_not_told(on_now: int) -> str:
    return (
        "Usage: GuardDuty lists none of EKS_AUDIT_LOGS for the last 30 days in this region, with "
        f"{counted(on_now, 'account')} on now."
    )


def no_detector_yet() -> str:
    return "the detector is only being made"


def not_recorded_yet(*, left_out: bool) -> str:
    """Why an account is not set; `left_out` if this run leaves `PriorSettings` out."""
    if left_out:
        return (
            "what it had before is not recorded, since this run left PriorSettings out (--target "
            "or --exclude); `pulumi up` without these records and sets it."
        )
    return "AWS did not tell what it had before; it is set once that is recorded."


def usage_unknown(reason: str) -> str:
    return f"Usage: unknown ({reason.rstrip('.')})."


def unreleased(
    region: str, reasons: Mapping[str, str], off_by_rule: Mapping[str, str] | None = None
) -> str:
    """The table of accounts that could not be let go as onRelease says."""
    head = (
        f"{counted(len(reasons), 'member')} in {region} could not be let go as onRelease says; all "
        "else is done, and recorded."
    )
    return "\n".join(
        [head, *by_reason(reasons, off_by_rule), "`pulumi up` again tries only these."]
    )


# Letting go


def dropping_out(word: str, total: int, changes: Mapping[str, int], stay: Sequence[str]) -> str:
    """What happens to the accounts that drop out of the rules; `stay` tells of those that stay."""
    drop = "drops" if total == 1 else "drop"
    goes = _by_status(changes, lambda number: f"{number} {'goes' if number == 1 else 'go'}")
    return (
        f"{counted(total, 'account')} {drop} out of the rules (onRelease {word}): "
        f"{', '.join([*goes, *stay])}."
    )


def own_detector_left_to_policy() -> str:
    return "Own detector: decided by policy (GUARDDUTY_POLICY), and left as it is."


def let_go(verb: str, changes: Mapping[str, int], stayed: Sequence[str]) -> str:
    """What has happened to accounts: `2 accounts put back to DISABLED, 1 to ENABLED; …`."""
    done = _by_status(changes, lambda number: f"{counted(number, 'account')} {verb}")
    return f"{'; '.join([', '.join(done) or 'No account was to be set', *stayed])}."


def turned_off(accounts: Collection[str], named: int) -> str:
    more = len(accounts) - named
    return f"Turned off: {some(accounts, named)}{f' and {more} more' if more > 0 else ''}."


def _by_status(changes: Mapping[str, int], first: Callable[[int], str]) -> list[str]:
    texts = [f"{number} to {status}" for status, number in changes.items()]
    for status, number in list(changes.items())[:1]:
        texts[0] = f"{first(number)} to {status}"
    return texts


def setting_left(key: str, prior: str, *, of_others: bool = False) -> str:
    """Says what becomes of a setting that the stack wrote; `of_others` by now, it may be."""
    still = ", if the organization is this account's then" if of_others else ""
    return (
        f"Organization: {key} is not configured any more and stays as it is. pulumi destroy puts "
        f"back {prior}, which it was before this stack{still}."
    )


def stay_as_they_are(number: int) -> str:
    return f"{number} {'stays as it is' if number == 1 else 'stay as they are'}"


def were_as_they_are(number: int) -> str:
    return f"{number} {'was as it is' if number == 1 else 'were as they are'}"


def not_attached_yet(accounts: Collection[str]) -> str:
    keep = "keeps its record" if len(accounts) == 1 else "keep their record"
    return f"{len(accounts)} not attached to the detector {keep} ({some(accounts)})"


def setting_put_back(key: str, change: str) -> str:
    return f"{key}: {change}, put back."


def no_members_any_more(accounts: Collection[str]) -> str:
    number = len(accounts)
    told = "is no member" if number == 1 else "are no members"
    return f"{number} {told} any more ({some(accounts)})"


def cannot_be_set_now(status: str, accounts: Collection[str]) -> str:
    return f"{len(accounts)} can't be set ({relationship(status)}): {some(accounts)}"


def left_to_policy(accounts: Collection[str]) -> str:
    number = len(accounts)
    told = "is" if number == 1 else "are"
    return f"{number} {told} decided by policy (GUARDDUTY_POLICY: {some(accounts)})"


def could_not_be_set(number: int) -> str:
    return f"{number} could not be set"


def not_let_go(region: str, reasons: Mapping[str, str]) -> str:
    """The accounts that a destroy could not let go, and the ways out."""
    head = f"{counted(len(reasons), 'member')} in {region} could not be let go as onRelease says."
    ways = (
        "`pulumi destroy` again tries only these. To leave them as they are, set onRelease: LEAVE, "
        "run `pulumi up`, and destroy."
    )
    return "\n".join([head, *by_reason(reasons), ways])


def detector_gone(region: str, detector_id: str) -> str:
    return f"Detector {detector_id} in {region} is gone: there is nothing to put back."


def organization_restored(key: str, current: str | None, prior: str | None) -> str:
    return f"Organization: {key} put back, {current} -> {prior}."


def organization_not_restored(reason: str) -> str:
    return f"Organization: left as it is, since it is not this account's any more ({reason})"


def own_detector_restored(current: str, prior: str) -> str:
    return f"Own detector: put back, {on_off(current)} -> {on_off(prior)}."


# Drift


def drifted(region: str, changes: Mapping[str, str]) -> str:
    told = some([f"{account} {change}" for account, change in changes.items()], _MANY)
    return (
        f"EKS audit logs in {region}: {counted(len(changes), 'member')} not as this stack's last "
        f"finished run left them (somebody else, another stack, or a run that broke off): {told}"
    )
