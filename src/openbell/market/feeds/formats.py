"""The formats of files that are read, by name."""

FORMATS = ("lean", "lobster", "itch", "pcap")
