"""`python -m openbell.cli` is the command `openbell`."""

from openbell.cli.main import main

main()
