"""Official SDKs as readers: each is given a stream's bytes and returns what its user gets of them.

These modules run in an environment of their own, where only the SDK is installed: they import nothing but the
standard library, each other and the SDK.
"""
