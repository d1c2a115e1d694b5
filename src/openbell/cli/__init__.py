"""The command `openbell`: it wires every part."""
