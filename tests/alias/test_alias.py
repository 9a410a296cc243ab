"""`import litellm` as Unspool."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
import types
from collections.abc import Iterator
from types import ModuleType
from unittest import mock

import pytest

import unspool
from unspool import alias

FORMS = {
    "litellm": "completion acompletion stream_chunk_builder ModelResponse CustomStreamWrapper CustomLLM",
    "litellm.exceptions": "RateLimitError MidStreamFallbackError APIConnectionError Timeout",
    "litellm.types.utils": "Delta StreamingChoices ModelResponseStream Usage GenericStreamingChunk Message"
    " PromptTokensDetailsWrapper CompletionTokensDetailsWrapper",
    "litellm.utils": "CustomStreamWrapper ModelResponseListIterator ModelResponse token_counter Usage",
    "litellm.main": "completion acompletion stream_chunk_builder",
    "litellm.integrations.custom_logger": "CustomLogger",
    "litellm.llms.custom_llm": "CustomLLM CustomLLMError",
    "litellm.litellm_core_utils.streaming_handler": "CustomStreamWrapper",
    "litellm.litellm_core_utils.litellm_logging": "Logging",
    "litellm.litellm_core_utils.core_helpers": "map_finish_reason",
    "litellm.constants": "REPEATED_STREAMING_CHUNK_LIMIT",
}


@pytest.fixture
def litellm() -> Iterator[ModuleType]:
    with alias.litellm() as module:
        yield module


@pytest.mark.parametrize("module", FORMS)
def test_documented_names_are_unspools(litellm: ModuleType, module: str) -> None:
    for name in FORMS[module].split():
        found = getattr(importlib.import_module(module), name)
        assert getattr(found, "__module__", "unspool").startswith("unspool")


def test_every_form_of_import_works(litellm: ModuleType) -> None:
    code = (
        "import litellm, litellm.types.utils as utils, litellm.exceptions\n"
        "from litellm import completion\nfrom litellm.types.utils import Delta\n"
        "assert litellm.types.utils is utils and litellm.exceptions.Timeout is litellm.Timeout\n"
        "assert utils.Delta is Delta\n"
    )
    exec(compile(code, "application", "exec"), {})


def test_settings_are_the_packages(litellm: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, "callbacks", [])
    litellm.callbacks = ["one"]  # type: ignore[attr-defined]
    assert unspool.callbacks == ["one"]


def test_a_name_may_be_patched(litellm: ModuleType) -> None:
    original = unspool.completion
    with mock.patch("litellm.completion", return_value="patched"):
        assert unspool.completion("gpt-4o") == "patched"  # type: ignore[comparison-overlap]
    assert unspool.completion is original


def test_objects_are_pickled_by_unspools_names(litellm: ModuleType) -> None:
    data = pickle.dumps(litellm.RateLimitError("no"))
    assert b"litellm.exceptions" not in data
    assert isinstance(pickle.loads(data), unspool.RateLimitError)


@pytest.mark.parametrize("name", ["Router", "completion_cost", "nonsense"])
def test_what_is_not_covered_says_so_by_name(litellm: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError, match=f"{name} isn't covered by Unspool"):
        getattr(litellm, name)
    with pytest.raises(ImportError, match=f"{name} isn't covered by Unspool"):
        exec(f"from litellm import {name}", {})


@pytest.mark.parametrize("module", ["litellm.types.utils", "litellm.utils", "litellm.exceptions"])
def test_a_name_that_a_module_lacks_says_so_too(litellm: ModuleType, module: str) -> None:
    with pytest.raises(ImportError, match=f"{module}.LlmProviders isn't covered by Unspool"):
        exec(f"from {module} import LlmProviders", {})


@pytest.mark.parametrize("name", ["litellm.router", "litellm.proxy.proxy_server", "litellm.types.router"])
def test_a_module_that_is_not_covered_says_so_by_name(litellm: ModuleType, name: str) -> None:
    with pytest.raises(ImportError, match="isn't covered by Unspool"):
        importlib.import_module(name)


def test_at_the_end_every_entry_is_gone() -> None:
    with alias.litellm():
        import litellm  # noqa: F401
    assert [name for name in sys.modules if name.startswith("litellm")] == []


def test_inside_another_alias_nothing_changes(litellm: ModuleType) -> None:
    with alias.litellm() as inner:
        assert inner is litellm
    assert sys.modules["litellm"] is litellm


def test_a_loaded_litellm_is_an_error_that_lists_who_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = types.ModuleType("litellm")
    application = types.ModuleType("application")
    application.llm = theirs  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "litellm", theirs)
    monkeypatch.setitem(sys.modules, "application", application)
    with pytest.raises(unspool.MockError, match="in litellm, application"), alias.litellm():
        pass
    assert sys.modules["litellm"] is theirs


def test_a_lazy_object_stays_unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lazy:
        @property
        def __class__(self) -> type:
            raise AssertionError("it was loaded")

    application = types.ModuleType("application")
    application.audio = Lazy()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "application", application)
    with alias.litellm():
        pass


def test_a_module_that_holds_one_of_its_names_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    application = types.ModuleType("application")
    application.completion = type("completion", (), {"__module__": "litellm.main"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "application", application)
    with pytest.raises(unspool.MockError, match="in application"), alias.litellm():
        pass


@pytest.mark.parametrize("name", ["Router", "completion_cost", "text_completion", "BudgetExceededError"])
def test_the_package_says_by_name_what_it_does_not_cover(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'{name}'.*LiteLLM"):
        getattr(unspool, name)


@pytest.mark.parametrize("name", ["dropparams", "call_backs", "num_retries"])
def test_a_setting_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        setattr(unspool, name, True)
    with alias.litellm() as litellm, pytest.raises(AttributeError, match=name):
        setattr(litellm, name, True)


def test_what_only_changes_litellms_own_logs_is_accepted() -> None:
    code = "import unspool as litellm; litellm.set_verbose = True; litellm.suppress_debug_info = True"
    subprocess.run([sys.executable, "-c", code], check=True)
