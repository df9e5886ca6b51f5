"""`dealcast`: the verbs, and how an error becomes one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from cli.accuracy import accuracy
from cli.audit import audit
from cli.backtest import backtest
from cli.call import call
from cli.changed import changed
from cli.coach import coach
from cli.cues import cues
from cli.demo import demo
from cli.doctor import doctor
from cli.drift import drift
from cli.flags import flags
from cli.forecast import forecast
from cli.funnel import funnel
from cli.generate import generate
from cli.imports import import_
from cli.linearity import linearity
from cli.migrate import migrate_
from cli.models import models, promote, rollback
from cli.moved import moved
from cli.options import Session, shared_options
from cli.pace import pace
from cli.retrain import retrain
from cli.review import review
from cli.score import score
from cli.scorecard import scorecard
from cli.serve import serve
from cli.shadow import shadow
from cli.train import train
from cli.user import user
from history.errors import DealcastError

UNEXPECTED = 70
OBJECTS_BETWEEN_LOOKS = 10_000
"""How many objects are made before Python looks for garbage; its own number costs a verb a tenth of its time in
looking through the libraries that it has just loaded."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name=None, version="0.1.0", prog_name="dealcast")
@shared_options
def dealcast(session: Session) -> None:
    """Deal health, pipeline attainment, forecast accuracy and the scorecard, from a CRM's own history.

    \b
    Example:
      dealcast demo
      dealcast --workspace acme score --as-of 2026-07-01
    """


for verb in (
    accuracy,
    audit,
    backtest,
    call,
    changed,
    coach,
    cues,
    demo,
    doctor,
    drift,
    flags,
    forecast,
    funnel,
    generate,
    import_,
    linearity,
    migrate_,
    models,
    moved,
    pace,
    promote,
    retrain,
    review,
    rollback,
    score,
    scorecard,
    serve,
    shadow,
    train,
    user,
):
    dealcast.add_command(verb)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one verb and leaves with its exit code: 0 when done, else one line says what was wrong."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; gives the exit code."""
    try:
        # Without its standalone mode click gives back the code of a verb that ended itself, else None.
        code = dealcast.main(args=arguments, prog_name="dealcast", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return fail("stopped before it was done; run it again.", 130)
    except KeyboardInterrupt:
        return fail("stopped before it was done; run it again.", 130)
    except click.UsageError as error:
        return fail(_usage(error), error.exit_code)
    except click.ClickException as error:
        return fail(error.format_message(), error.exit_code)
    except DealcastError as error:
        return fail(str(error), error.exit_code)
    except (BrokenPipeError, SystemExit):
        # The reader of the output left early, as `head` does; click turns that into an exit of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return fail(_unexpected(error), UNEXPECTED)
    return code or 0


def fail(message: str, code: int) -> int:
    """One line on standard error, whatever the message holds."""
    print("dealcast: " + " ".join(message.split()), file=sys.stderr, flush=True)
    return code


def _usage(error: click.UsageError) -> str:
    where = error.ctx.command_path if error.ctx else "dealcast"
    return f"{error.format_message().rstrip('.')}. Try `{where} --help`."


def _unexpected(error: Exception) -> str:
    handle, name = tempfile.mkstemp(prefix="dealcast-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return f"an error nobody foresaw ({type(error).__name__}: {error}); the whole of it is in {name}. Please report it."
