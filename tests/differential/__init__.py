"""Unspool's wrapper and builder beside LiteLLM's, over the same chunks: `nox -s differential`."""
