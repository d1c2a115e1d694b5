"""The admin door: commands of the exchange's staff and reads of its state, one table for API and terminal."""
