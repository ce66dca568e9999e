#!/usr/bin/env python3
"""Sync users and assets from your systems to Oomnitza."""

import gc
import sys

# Imports and records leave almost no garbage that only a search finds, so searches are rare.
OBJECTS_BETWEEN_SEARCHES = 10_000

if __name__ == "__main__":
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES)
    try:
        from lib import interruption
        from lib.cli import main

        try:
            main(prog_name="connector.py")
        except SystemExit as end:
            interruption.leave(end.code)
            raise
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"Error: the Python package {error.name} is not installed here. Run the connector with"
            " .venv/bin/python, which `make demo` creates."
        ) from None
    except OSError as error:
        sys.stdout = None  # else Python would try again at its end
        raise SystemExit(f"Error: cannot write the output ({error.strerror}).") from None
    except KeyboardInterrupt:  # it came before the command line listens for it
        raise SystemExit(130) from None
    finally:
        gc.freeze()  # the search at the end would take a tenth of the time of a short run
