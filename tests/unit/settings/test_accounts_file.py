"""`accountsFile`: a rule's accounts in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from guardduty_eks_audit_logs.errors import SettingsError
from guardduty_eks_audit_logs.settings.accounts_file import read_accounts_file
from guardduty_eks_audit_logs.settings.configuration import Rule, Settings
from tests.support.vocabulary import account, accounts

if TYPE_CHECKING:
    from pathlib import Path

CSV = "account_id,name\n{0},shop\n\n{1},a b\n"


def _rule(folder: Path, reference: object, **more: object) -> Rule:
    written: dict[str, Any] = {"status": "ENABLED", "accountsFile": reference, **more}
    (rule,) = Settings.from_values({"members": [written]}, folder).members
    return rule


def _fault(folder: Path, reference: object, **more: object) -> str:
    with pytest.raises(SettingsError) as caught:
        _rule(folder, reference, **more)
    (fault,) = caught.value.faults
    return fault


def test_one_id_a_line_with_comments_and_blank_lines(tmp_path: Path) -> None:
    text = f"\ufeff# all of them\n{account(1)}\r\n\n  {account(2)}  # shop\n{account(1)}\n"
    (tmp_path / "ids.txt").write_text(text, newline="")

    rule = _rule(tmp_path, "ids.txt")

    assert rule.named == {account(1), account(2)}
    assert (rule.selector(), rule.selector_key) == ("accounts of ids.txt", "accountsFile")


def test_a_column_of_a_csv_file(tmp_path: Path) -> None:
    text = f'name, Account ID\n"Shop, EU",{account(1)}\n,\nPlay,"{account(2)}"\n'
    (tmp_path / "accounts.csv").write_text(text)

    reference = {"path": "accounts.csv", "column": "Account ID"}

    assert _rule(tmp_path, reference).named == {account(1), account(2)}


def test_a_path_begins_in_the_folder_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "ids").write_text(account(1))
    below = tmp_path / "project"
    below.mkdir()

    for path in ("../lists/ids", str(tmp_path / "lists" / "ids")):
        assert _rule(below, path).named == {account(1)}


def test_without_a_folder_a_path_begins_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ids.txt").write_text(account(1))
    monkeypatch.chdir(tmp_path)

    values = {"members": [{"status": "ENABLED", "accountsFile": "ids.txt"}]}

    assert Settings.from_values(values).members[0].named == {account(1)}


def test_ten_thousand_ids_are_read(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("\n".join(accounts(10_000)))

    assert _rule(tmp_path, "ids.txt").named == set(accounts(10_000))


def test_all_wrong_lines_are_told_with_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"{account(1)}\n# x\n7\n\nshop\n1234567890123\n")

    assert _fault(tmp_path, "ids.txt") == (
        "rule 1 (members[0].accountsFile): ids.txt has 3 lines without an account id: line 3 (7), "
        "line 5 (shop), line 6 (1234567890123). An id has 12 digits; a spreadsheet drops zeros "
        "in front."
    )


def test_of_many_wrong_lines_twenty_are_told(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("12345678901\n" * 5_000)

    fault = _fault(tmp_path, "ids.txt")

    assert "has 5000 lines without" in fault
    assert "line 20 (12345678901) and 4980 more." in fault
    assert "line 21" not in fault
    assert len(fault) < 700


def test_wrong_cells_are_told_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"name,id\nx,{account(1)}\ny\nz,7\n")

    assert _fault(tmp_path, {"path": "a.csv", "column": "id"}) == (
        "rule 1 (members[0].accountsFile): a.csv has 2 lines without an account id in column id: "
        'line 3 (""), line 4 (7). An id has 12 digits; a spreadsheet drops zeros in front.'
    )


@pytest.mark.parametrize(
    ("text", "reference", "sentence"),
    [
        ("", "ids.txt", "ids.txt has no account id, so the rule selects no account. Fill it or"),
        ("name\n", {"path": "ids.txt", "column": "id"}, "has no column id. Name one of name"),
        (
            "id,id\n",
            {"path": "ids.txt", "column": "id"},
            "ids.txt has the column id 2 times. Rename all but one.",
        ),
        (
            "",
            {"path": "ids.txt", "column": "id"},
            "ids.txt has no account id, so the rule selects no account. Fill it or",
        ),
        (
            f'id\n{account(1)}\n"x\n{account(2)}\n',
            {"path": "ids.txt", "column": "id"},
            (
                "ids.txt can't be read from line 3 on (unexpected end of data). Close the quotes "
                "that begin there, or remove them."
            ),
        ),
        (
            f"{account(1)},shop\n{account(2)},play\n",
            {"path": "ids.txt", "column": "id"},
            (
                "the first line of ids.txt has an account id, but is to name the columns. Write a "
                "line above it, in which the ids' column is id."
            ),
        ),
        ("", "nowhere.txt", "nowhere.txt can't be read (No such file or directory). Write"),
        ("", ".", ". can't be read (Is a directory). Write the path"),
        ("", 12, "12 is malformed. Write the path of a file with one account id a line"),
        ("", [], "[] is malformed. Write the path of a file"),
        ("", {"column": "id"}, "{'column': 'id'} is malformed. Write the path of a file"),
        ("", {"path": "ids.txt", "row": "1"}, "is malformed. Write the path of a file"),
        ("", {"path": "ids.txt", "column": 1}, "is malformed. Write the path of a file"),
    ],
)
def test_a_file_that_gives_no_accounts_is_refused(
    tmp_path: Path, text: str, reference: object, sentence: str
) -> None:
    (tmp_path / "ids.txt").write_text(text)

    fault = _fault(tmp_path, reference)

    assert fault.startswith("rule 1 (members[0].accountsFile): ")
    assert sentence in fault


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_bytes(f"{account(1)}\n".encode("utf-16"))

    fault = _fault(tmp_path, "ids.txt")
    assert "ids.txt can't be read ('utf-8' codec" in fault
    assert "a text file in UTF-8" in fault


def test_accounts_and_a_file_of_accounts_are_two_selectors(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(account(1))

    assert _fault(tmp_path, "ids.txt", accounts=[account(2)]) == (
        "rule 1 (members[0]): a rule selects by exactly one of accounts and accountsFile. Keep "
        "one of them."
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('"300000000001"\n300000000002,\n', "ids.txt"),
        ("id;name\n300000000001;shop\n300000000002;play\n", {"path": "ids.txt", "column": "id"}),
        ("name\tid\nshop\t300000000001\nplay\t300000000002\n", {"path": "ids.txt", "column": "id"}),
    ],
)
def test_quotes_commas_and_semicolons_of_other_programs_are_read(
    tmp_path: Path, text: str, written: object
) -> None:
    (tmp_path / "ids.txt").write_text(text)

    assert read_accounts_file(written, tmp_path).accounts == {account(1), account(2)}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_with_columns_is_told_to_name_one(tmp_path: Path, separator: str) -> None:
    row = f"{account(1)}{separator}shop\n"
    (tmp_path / "a.csv").write_text(f"id{separator}name\n{row}")

    assert _fault(tmp_path, "a.csv").endswith("write {path: a.csv, column: <its name>}.")
    assert _rule(tmp_path, {"path": "a.csv", "column": "id"}).named == {account(1)}

    (tmp_path / "a.csv").write_text(f"{row}{account(2)}{separator}\n")
    assert _fault(tmp_path, "a.csv").endswith(
        "write {path: a.csv, column: <its name>}, and let its first line name the columns."
    )


@pytest.mark.parametrize(
    "text",
    [
        "{0},{1}",
        "{0}, {1}",
        "{0} {1}",
        "{0}\t{1}",
        "{0};{1}",
        '["{0}", "{1}"]',
        '[\n  "{0}",\n  "{1}"\n]',
        "- {0}\n- {1}",
        "accounts:\n- '{0}'\n- '{1}'",
        "accounts: [{0}, {1}]",
        '{{"accounts": ["{0}",\n"{1}"]}}',
    ],
)
def test_a_list_in_another_form_is_told_to_be_one_id_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "ids").write_text(text.format(account(1), account(2)))

    assert _fault(tmp_path, "ids").endswith(
        "Write one id a line, without brackets, dashes and anything else that makes a list."
    )


def test_of_many_columns_ten_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",".join(f"c{number}" for number in range(5_000)))

    assert _fault(tmp_path, {"path": "a.csv", "column": "id"}).endswith("c8, c9, ….")
