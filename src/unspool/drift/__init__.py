"""Compare recordings with what SDKs read, what providers answer and what applications send today."""
