"""The play of `make demo`: the production wiring against a simulator that runs as a process of its own."""
