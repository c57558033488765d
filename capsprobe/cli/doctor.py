"""`capsprobe doctor`: whether this machine and this installation are fit, in one table."""

import json
from dataclasses import asdict

import typer

from capsprobe.cli.findings import row
from capsprobe.cli.symptoms import examined


def doctor(*, as_json: bool) -> int:
    """Print what was found; return the exit code of the first fault, 0 where there is none."""
    found = examined()
    status = next((each.exit_code for each in found if each.exit_code), 0)
    if as_json:
        typer.echo(json.dumps({"findings": [asdict(each) for each in found], "status": status}))
    else:
        for each in found:
            typer.echo(row(each.what, each.state, each.text))
    return status
