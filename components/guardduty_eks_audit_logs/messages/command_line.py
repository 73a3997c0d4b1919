"""What the command `eks-audit-logs` says of itself."""

from __future__ import annotations

_WHAT = {
    "preview": (
        "Says what a run would change, from previews of all stacks.",
        "0 every stack was previewed",
    ),
    "run": (
        "Says what runs have changed, and what they have left.",
        "0 every run came to its end",
    ),
    "drift": (
        "Says where AWS differs from the stacks, from previews of all of them.",
        "0 every stack was previewed, and nothing differs; 7 something differs",
    ),
}


def help_of_report(kind: str) -> str:
    return _WHAT[kind][0]


def help_of_exit_codes(kind: str) -> str:
    """Gives an example and the exit codes, line by line."""
    return (
        f"Example:    eks-audit-logs report {kind} results/* --html report.html\n"
        f"Exit codes: {_WHAT[kind][1]}\n"
        "            1 a stack is refused, failed, or has no result\n"
        "            2 an option is wrong, or a file can't be written\n"
        "Without an option that writes a file, all of it is printed.\n"
        "docs/run-report.md says what a folder of results has."
    )


def result_no_file(name: str) -> str:
    return f"{name} is no regular file."


def words_not_on_a_line(longest: int) -> str:
    return f"give one line of at most {longest} printable characters"


def output_not_writable(file: str, reason: str) -> str:
    return f"{file} can't be written ({reason.rstrip('.')}). Name another file."
