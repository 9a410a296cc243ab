"""Canned streams in the `CustomStreamWrapper` of the litellm that is installed: a project's real code path.

Its chunks are made as litellm's own, whatever the script holds, and its logging object is a real one, so
that litellm's callbacks are called. Nothing reaches for the network. Three things that its releases do in
different ways are smoothed here:

- `ModelResponse(**chunk, stream=True)`, which litellm documents for fake streams, is no chunk any more in
  1.110: whatever the release makes of it, it's taken for the chunk that it was written as.
- What breaks a stream is documented as `litellm.InternalServerError` and the like; 1.110, and 1.81 in async
  streams, raise a `MidStreamFallbackError` around it. Here it's both in one, and the error of
  that name in Unspool as well, with the attributes of either. A 4xx is raised bare, as in all releases.
- A stream that ends without a finish reason is an error in 1.110, but for litellm's own mocks, and a
  script is one of these here. A recording isn't: `CannedStream.is_mock`.

Before 1.110 litellm's sync streams can't be closed; its async ones run on asyncio only.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from inspect import signature
from typing import Any, cast
from unittest.mock import patch

from pydantic import BaseModel

from pytest_unspool.streams import CannedSource, CannedStream
from unspool import Clock, MockError, errors
from unspool.models import Record, response_id
from unspool.streaming.items import as_chunk, is_generic

if find_spec("litellm") is None:
    raise ImportError(
        "implementation='litellm' needs litellm, and it isn't installed: pip install litellm, or leave the"
        " argument out for Unspool's own wrapper, which keeps the same contract"
    )
with patch.dict(os.environ, {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}):  # or the import downloads its prices
    litellm: Any = import_module("litellm")
_OpenAIError: Any = import_module("openai").OpenAIError  # the base of all that litellm raises


class LiteLLMSource(CannedSource):
    """A script whose chunks are handed on as litellm's own, a new one each: litellm may change them."""

    def __init__(self, script: Iterable[Any], **options: Any) -> None:
        super().__init__(script, **options)
        self._id = response_id()  # for chunks without one: litellm would show an empty one

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except Exception as error:  # noqa: BLE001 - whatever the script raises
            raise _as_litellms(error) from error.__cause__

    async def __anext__(self) -> Any:
        try:
            return await super().__anext__()
        except Exception as error:  # noqa: BLE001 - whatever the script raises
            raise _as_litellms(error) from error.__cause__

    def _handed_on(self, item: Any) -> Any:
        item = super()._handed_on(item)
        if is_generic(item):
            return deepcopy(item)
        if isinstance(item, BaseModel) and not isinstance(item, Record | litellm.ModelResponse):
            return item.model_copy(deep=True)  # an SDK's chunk, or litellm's own
        fields = as_chunk(item).model_dump(exclude_none=True)
        return litellm.ModelResponseStream(**{**fields, "id": fields["id"] or self._id})


def _as_litellms(error: Exception) -> Exception:
    """The error as litellm itself would have raised it, where it's one of ours, or a timeout.

    Litellm maps other libraries' errors by their texts and statuses, and makes a bad request of each 4xx.
    """
    if isinstance(error, errors.ProviderError):
        kind = getattr(litellm.exceptions, type(error).__name__, None)
    else:
        is_timeout = any("Timeout" in base.__name__ for base in type(error).__mro__)
        kind = litellm.Timeout if is_timeout and not isinstance(error, _OpenAIError) else None
    if kind is None:
        return error
    message = str(error).removeprefix(f"unspool.{type(error).__name__}: ")
    details: dict[str, Any] = {
        name: getattr(error, name, "") for name in ("model", "llm_provider", "status_code")
    }
    details = {name: value for name, value in details.items() if value or name != "status_code"}
    details["message"] = message
    takes = signature(kind.__init__).parameters
    if "response" in takes:
        details["response"] = getattr(error, "response", None)
    made = kind(**{name: value for name, value in details.items() if name in takes})
    made.__dict__["headers"] = getattr(error, "headers", None)
    return cast("Exception", made)


class _DocumentedErrors(litellm.CustomStreamWrapper):  # type: ignore[misc]  # litellm may not be there
    """Litellm's wrapper, whose errors satisfy what is documented and what the release raises."""

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except _OpenAIError as error:
            if _is_bare(error):
                raise
            raise _smoothed(error, self) from error

    async def __anext__(self) -> Any:
        try:
            return await super().__anext__()
        except _OpenAIError as error:
            if _is_bare(error):
                raise
            raise _smoothed(error, self) from error


class LiteLLMStream(CannedStream, _DocumentedErrors):
    """Litellm's wrapper around a canned source."""

    def __init__(self, source: CannedSource, model: str, provider: str, **options: Any) -> None:
        options.setdefault("logging_obj", _logging(model, provider))
        super().__init__(source, model, custom_llm_provider=provider, **options)

    async def __anext__(self) -> Any:
        if not _is_asyncio():
            raise MockError(
                "litellm's async streams run on asyncio only, and this is another event loop; read it with"
                " 'for', or leave implementation='litellm' out"
            )
        return await super().__anext__()


def _is_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _logging(model: str, provider: str) -> Any:
    """Litellm's logging object, as `litellm.completion` makes it: it tells the callbacks that are set now."""
    logging, _ = litellm.utils.function_setup(
        "completion",
        litellm.utils.Rules(),
        datetime.now(),  # noqa: DTZ005 - litellm's own times are of this kind, and it subtracts them
        model=model,
        messages=[],
        stream=True,
        litellm_call_id=response_id(),
    )
    logging.update_environment_variables(
        litellm_params={}, optional_params={}, model=model, custom_llm_provider=provider
    )
    return logging


def _is_bare(error: Any) -> bool:
    """Whether it's one of those that no release wraps: a 4xx, but for 429."""
    if isinstance(error, litellm.exceptions.MidStreamFallbackError):
        return False
    status = getattr(error, "status_code", None) or 500
    return 400 <= status < 500 and status != 429


def _smoothed(error: Any, stream: Any) -> Any:
    """The error in both its classes, and in ours of that name."""
    original = getattr(error, "original_exception", None) or error
    kind = _in_both_classes(type(original))
    smoothed = kind.__new__(kind, *original.args)
    smoothed.__dict__.update(original.__dict__)
    smoothed.original_exception = original
    smoothed.generated_content = getattr(error, "generated_content", stream.response_uptil_now)
    smoothed.is_pre_first_chunk = getattr(error, "is_pre_first_chunk", not stream.sent_first_chunk)
    return smoothed


def _in_both_classes(documented: type[Exception]) -> Any:
    fallback = litellm.exceptions.MidStreamFallbackError
    bases = [documented, fallback, getattr(errors, documented.__name__, errors.ProviderError)]
    if issubclass(fallback, documented):
        del bases[0]
    return type(documented.__name__, tuple(bases), {"__module__": documented.__module__})


@contextmanager
def _limited(limit: int | None) -> Iterator[None]:
    """Litellm's limit for all streams, until the end of the block."""
    if limit is None:
        yield
        return
    with patch.object(litellm, "REPEATED_STREAMING_CHUNK_LIMIT", limit):
        yield


def _check_release() -> None:
    """Refuse a litellm that is too old.

    Raises:
        MockError: it has no `MidStreamFallbackError`.
    """
    if not hasattr(litellm.exceptions, "MidStreamFallbackError"):
        raise MockError(
            f"implementation='litellm' needs litellm 1.75 or newer, got {version('litellm')}: upgrade"
            " litellm, or leave implementation='litellm' out"
        )


@contextmanager
def open_stream(
    script: Iterable[Any],
    model: str,
    *,
    repeat: float,
    provider: str,
    clock: Clock,
    limit: int | None,
    **options: Any,
) -> Iterator[CannedStream]:
    """A script in litellm's wrapper, closed afterwards; the arguments are those of `stream_wrapper`."""
    _check_release()
    source = LiteLLMSource(script, repeat=repeat, provider=provider, clock=clock)
    with _limited(limit), closing(source):
        yield LiteLLMStream(source, model, provider, **options)
