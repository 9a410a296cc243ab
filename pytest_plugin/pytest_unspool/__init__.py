"""The pytest plugin of Unspool. It imports nothing heavy: pytest loads it in every run."""
