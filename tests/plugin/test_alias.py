"""`import litellm` as Unspool: a fixture, and an ini key for the whole session."""

from __future__ import annotations

import pytest

APPLICATION = """
    from litellm.types.utils import Delta
    import litellm
    answer = litellm.completion("gpt-4o", mock_response="Hi").choices[0].message.content
"""


def test_an_ini_key_holds_before_conftest_imports_the_application(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nunspool_alias_litellm = true")
    pytester.makepyfile(application=APPLICATION)
    pytester.makeconftest("import application")
    pytester.makepyfile("def test_it():\n    import application\n    assert application.answer == 'Hi'")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_fixture_holds_for_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        application=APPLICATION,
        test_it="""
            import sys

            def test_with_it(stream_alias_litellm):
                import application
                assert application.answer == "Hi"
                assert application.litellm is stream_alias_litellm

            def test_without_it():
                assert "litellm" not in sys.modules
        """,
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
