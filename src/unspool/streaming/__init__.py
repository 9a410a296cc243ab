"""The streaming contract: a pure core and the wrapper around it."""
