"""Call a part of a run, and return any exception as a ConnectorError."""

from __future__ import annotations

import logging
from collections.abc import Callable

from lib.errors import ConnectorError, Interrupted
from lib.logs import IN_SUMMARY

log = logging.getLogger(__name__)


def attempt(section: str, act: Callable[[], None]) -> ConnectorError | None:
    """Call `act`; return its error, or None. Only BrokenPipeError is raised."""
    try:
        act()
    except ConnectorError as error:
        return error
    except KeyboardInterrupt:
        return Interrupted("the run was interrupted")
    except BrokenPipeError:
        raise  # the reader of the output of a dry run has closed it
    except (Exception, SystemExit) as error:  # a connector may raise anything
        log.exception("[%s] unexpected error", section, extra=IN_SUMMARY)
        return ConnectorError(
            f"unexpected error ({type(error).__name__})",
            fix="Report this bug, with the details in the log file",
        )
    return None
