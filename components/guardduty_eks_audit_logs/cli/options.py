"""Options that several commands have: where they look, or what they run."""

from __future__ import annotations

from typing import Annotated

import typer

Stacks = Annotated[
    list[str] | None,
    typer.Option(
        "--stacks",
        metavar="NAME|GLOB",
        help="A stack, or stacks by a pattern such as 'prod-*'; may be repeated.",
        show_default=False,
    ),
]
Regions = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Regions to read without stacks.", show_default=False),
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The AWS profile that reads --regions; the environment's credentials by default.",
        show_default=False,
    ),
]
