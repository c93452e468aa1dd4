"""The click group: commands load when called, and every ending of a command maps to one exit code in one place."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import click

from memeci import __version__
from memeci.cli.saying import NO_READER, VERDICT, discard_output, ignore_lost_output, say
from memeci.errors import (
    EXIT_GATE_FAILED,
    EXIT_INFRASTRUCTURE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_SIGNAL,
    ConfigError,
    MemeciError,
    explain_os_error,
)

# A path of a hundred folders, or a label that is a whole file: nobody reads it, and it hides the rest.
_LONG_WORD = re.compile(r"\S{400,}")

# One line per command, in the order of --help: name -> (module that holds `command`, summary).
COMMANDS = {
    "evaluate": ("memeci.cli.evaluate", "Compare predictions with the last tagged model and give a verdict."),
    "ci": ("memeci.cli.ci", "Evaluate, and bring the result to the pull request: what the action and the template call."),
    "publish": ("memeci.cli.publish", "Post the comment for an evaluation that another run made."),
    "release": ("memeci.cli.release", "Tag the evaluated model in git, with its record."),
    "history": ("memeci.cli.history", "The line of releases, with a sparkline per metric."),
    "leaderboard": ("memeci.cli.leaderboard", "The best releases of all models, by one metric."),
    "promote": ("memeci.cli.promote", "Put a release into a stage such as prod."),
    "gc": ("memeci.cli.gc", "Clear old records away."),
    "docker-tag": ("memeci.cli.docker_tag", "Read a commit hash aloud in Chinese, as a Docker tag."),
    "meme": ("memeci.cli.meme", "Draw a meme from a record, or from a caption of yours."),
    "noise": ("memeci.cli.noise", "How much do runs of the same code differ, and would your gate flip?"),
    "power": ("memeci.cli.power", "How small a loss can your examples show, and how many would you need?"),
    "init": ("memeci.cli.init", "Write memeci.yml and the workflow for your forge."),
    "demo": ("memeci.cli.demo", "A whole run on real reviews in a temporary repository."),
}
WITH_VERDICT = frozenset({"evaluate", "ci"})


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs, so ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> Any:
        """Run, and leave with one of the exit codes of memeci/errors.py: 0, 1 (gate failed), 2, 3, or 128 + the signal."""
        extra.pop("standalone_mode", None)
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by the caller: `memeci … >&-`
                setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for the rest of the process
        from memeci.cli.signals import stop_on_signals

        # A terminal that cannot show a character shows a "?" in its place.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")

        with stop_on_signals() as received:
            code = self._run(args, extra, received)
        with ignore_lost_output():
            sys.stdout.flush()
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and end well where its reader left (`memeci history | head`), which click itself would end with 1.

        A command with a verdict guards its printing itself. What it lets slip never becomes a pass.
        """
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
            return code
        except OSError as error:
            discard_output()
            if came_from_interrupt(error):
                raise KeyboardInterrupt from error
            if ctx.meta.get(VERDICT) == EXIT_GATE_FAILED:
                print_unexpected(error)
                return EXIT_GATE_FAILED
            if error.errno not in NO_READER:
                raise
            return print_unexpected(error) if ctx.invoked_subcommand in WITH_VERDICT else EXIT_OK

    def _run(self, args: Sequence[str] | None, extra: dict[str, Any], received: Sequence[int]) -> int:
        try:
            check_start(sys.argv[1:] if args is None else args)
            code = super().main(args=args, prog_name="memeci", standalone_mode=False, **extra)
        except (click.exceptions.Abort, KeyboardInterrupt):
            return _say_interrupted(received)
        except Exception as error:
            return _say_interrupted(received) if came_from_interrupt(error) else _say_why(error)
        return code if isinstance(code, int) else EXIT_OK


def _say_interrupted(received: Sequence[int]) -> int:
    say("interrupted")
    return EXIT_SIGNAL + received[0] if received else EXIT_INTERRUPTED


def _say_why(error: Exception) -> int:
    """Print why the command failed, and return its exit code."""
    if isinstance(error, (MemeciError, click.ClickException)):
        known = error if isinstance(error, MemeciError) else build_usage_error(error)
        with contextlib.suppress(OSError):  # nobody may take our words; the code says it all the same
            print_error(known)
        return known.exit_code
    return print_unexpected(error)


def came_from_interrupt(error: BaseException | None) -> bool:
    """Whether a signal or Ctrl-C is what led to this: in a class body, Python makes a RuntimeError of it."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    return False


def check_start(arguments: Sequence[str]) -> None:
    """Raise ConfigError where nothing can work: arguments that are no text, a current folder that is gone."""
    odd = next((argument for argument in arguments if any("\ud800" <= c <= "\udfff" for c in argument)), None)
    if odd is not None:
        why = "names go into records and files, which are UTF-8."
        raise ConfigError(f'"{odd}" is not UTF-8.', why, "rename it; or set PYTHONUTF8=1 where the terminal writes UTF-8.")
    try:
        os.getcwd()
    except FileNotFoundError:
        raise ConfigError("the current folder is gone.", "it was removed after the shell went there.", "cd into one that exists.") from None


def build_usage_error(error: click.ClickException) -> MemeciError:
    """Return click's complaint in our three lines."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = (
        f"usage: {' '.join(context.get_usage().removeprefix('Usage:').split())}"
        if context is not None
        else "usage: memeci COMMAND [OPTIONS]"
    )
    next_step = f"{context.command_path} --help" if context is not None else "memeci --help"
    return MemeciError(" ".join(error.format_message().split()), usage, next_step)


def print_error(error: MemeciError) -> None:
    """Print what, why and next on standard error."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(format_printable(str(error)), err=True)


def format_printable(text: str) -> str:
    """Return ``text`` with control characters escaped: file names and labels must not steer the terminal, nor a CI runner."""
    from memeci.report.escape import disarm_command

    shown = "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    short = _LONG_WORD.sub(lambda word: f"{word[0][:80]}…{word[0][-20:]}", shown)
    return "\n".join(map(disarm_command, short.split("\n")))


def print_unexpected(error: Exception) -> int:
    """Print what the operating system refused, or, of any other exception, that it is a bug; return the exit code."""
    known = explain_os_error(error) if isinstance(error, OSError) else None
    with contextlib.suppress(OSError):
        if known is not None:
            print_error(known)
        else:
            print_bug()
    return known.exit_code if known is not None else EXIT_INFRASTRUCTURE


def print_bug() -> None:
    import traceback

    click.echo(traceback.format_exc(), err=True)
    click.echo("error: this is a bug in memeci, not a mistake of yours.", err=True)
    click.echo("next:  please report it with the text above: https://github.com/memeci/memeci/issues", err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="memeci")
def main() -> None:
    """Is this model really better or worse than the last one you tagged?"""
