"""The command line inside a notebook: what a reader types in a shell, and what it answers."""

from __future__ import annotations

import shlex

from analysis.cli import cli


def terminal(command: str) -> None:
    """Run a command as a shell would, and print what it prints, errors and a failing exit code included.

    Parameters
    ----------
    command : str
        One line, such as ``'chains check "Jiangsu 2017"'``.

    Raises
    ------
    ValueError
        If the line is no command of ``chains``.
    """
    # the tool by which click itself shows commands in examples; it starts no other program
    from click.testing import CliRunner

    program, *arguments = shlex.split(command, comments=True)
    if program != "chains":
        raise ValueError(f"{command!r} does not start with 'chains'")
    result = CliRunner().invoke(cli, arguments, prog_name=program)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    print(result.output, end="")
    if result.exit_code:
        print(f"[exit code {result.exit_code}]")
