"""Every error that is a person's to mend, with its own exit code. One tree; the command line prints `str(error)`."""


class DealcastError(Exception):
    """Base of all errors that are shown to people as one line, without a traceback.

    The message says what was given, where, what was expected and what to do.
    """

    exit_code = 10


class WorkspaceMissing(DealcastError):
    """The workspace does not exist or holds nothing yet."""

    exit_code = 11


class ConfigInvalid(DealcastError):
    """A `dealcast.toml` cannot be used."""

    exit_code = 12


class FileUnreadable(DealcastError):
    """A file is empty, truncated, or in no encoding or format we know."""

    exit_code = 13


class ColumnMissing(DealcastError):
    """A table lacks a required column."""

    exit_code = 14


class RowsQuarantined(DealcastError):
    """An import met rows that break a constraint; `report` says of each table what was read and what was refused."""

    exit_code = 15
    report: object | None = None


class DateInvalid(DealcastError):
    """A date, period or horizon that was asked for does not parse or makes no sense."""

    exit_code = 16


class NoHistory(DealcastError):
    """The as-of date lies before any data."""

    exit_code = 17


class StoreUnavailable(DealcastError):
    """The database cannot be reached, is of another version, or is locked."""

    exit_code = 18


class DealUnknown(DealcastError):
    """A deal, rep or scope was named that history does not hold."""

    exit_code = 19


class ModelUnavailable(DealcastError):
    """No model of that version, or its bundle is damaged or foreign."""

    exit_code = 20


class PortTaken(DealcastError):
    """The server cannot listen where it was told to."""

    exit_code = 21


class OutputInvalid(DealcastError):
    """A result cannot be written where or as it was asked for."""

    exit_code = 22


class RequestInvalid(DealcastError):
    """Input given directly (an API body, a setting, an option) cannot be used."""

    exit_code = 23


class NotAllowed(DealcastError):
    """A person may not say that, or not about this scope."""

    exit_code = 24


class RegistryUnavailable(DealcastError):
    """The models' tracking server cannot be reached or refuses; nothing was registered."""

    exit_code = 25


class GateRefused(DealcastError):
    """A retrained model was registered but not promoted: the gate found something and nobody approved."""

    exit_code = 26


class RetrainingInvalid(DealcastError):
    """A retraining cannot be begun or gone on with: nothing to learn from, another plan, another installation."""

    exit_code = 27


class DriftFound(DealcastError):
    """`dealcast drift` has seen a figure cross its threshold; the table names it."""

    exit_code = 28
