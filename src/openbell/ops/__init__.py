"""What every part needs to run: settings, logging, readiness. Imports nothing of ours."""
