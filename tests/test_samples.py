"""The sample cassettes: what they promise, and that vcrpy can read them."""

from __future__ import annotations

import pytest
import vcr
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from unspool.errors import ProviderError
from unspool.providers import format_of, pipeline_for
from unspool.samples import sample_body, sample_names, sample_path

assert vcr  # vcrpy's own loader is what is under test


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_is_a_cassette_that_vcrpy_loads(name: str) -> None:
    requests, responses = deserialize(sample_path(name).read_text("utf-8"), yamlserializer)
    assert [request.method for request in requests] == ["POST"]
    assert responses[0]["body"]["string"] == sample_body(name)


WHOLE = [name for name in sample_names() if "mid-stream" not in name]


@pytest.mark.parametrize("name", WHOLE)
def test_a_sample_is_a_whole_stream(name: str) -> None:
    pipeline = pipeline_for(format_of(name.partition("/")[0]))
    chunks = [*pipeline.feed(sample_body(name)), *pipeline.flush()]
    assert [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]


@pytest.mark.parametrize("name", sorted(set(sample_names()) - set(WHOLE)))
def test_a_sample_of_an_error_reports_it(name: str) -> None:
    pipeline = pipeline_for(format_of(name.partition("/")[0]))
    with pytest.raises(ProviderError):
        list(pipeline.feed(sample_body(name)))


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_holds_no_secret(name: str) -> None:
    text = sample_path(name).read_text("utf-8").lower()
    assert not any(
        word in text for word in ("authorization", "x-api-key", "cookie", "organization", "bearer", "sk-")
    )


def test_an_unknown_sample_says_which_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"no sample 'nope'; there are .*openai/parallel-tools"):
        sample_path("nope")
