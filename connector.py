#!/usr/bin/env python3
"""Pull people and devices out of other systems and upload them to Oomnitza."""

from lib.cli import main

if __name__ == "__main__":
    main(prog_name="connector.py")
