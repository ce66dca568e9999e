#!/usr/bin/env python3
"""Pull people and devices out of other systems and upload them to Oomnitza."""

if __name__ == "__main__":
    try:
        from lib.cli import main

        main(prog_name="connector.py")
    except KeyboardInterrupt:  # it came before the command line listens for it
        raise SystemExit(130) from None
