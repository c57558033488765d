"""What a user can cause, each with the exit code that the command line ends with.

Raised deep inside and shown as one line at the edge, so the text must say what was expected
and what came.
"""

from typing import ClassVar


class Fault(Exception):
    """A cause that the user can mend; `exit_code` is the process's exit status."""

    exit_code: ClassVar[int] = 1


class UsageFault(Fault):
    """A name, option or setting that cannot be meant."""

    exit_code: ClassVar[int] = 2


class ModelFault(Fault):
    """A model or checkpoint that cannot be used."""

    exit_code: ClassVar[int] = 3


class DataFault(Fault):
    """Images, labels or tables that cannot be used."""

    exit_code: ClassVar[int] = 3


class EnvironmentFault(Fault):
    """A device, folder or network that is not there."""

    exit_code: ClassVar[int] = 4
