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


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_decodes(name: str) -> None:
    pipeline = pipeline_for(format_of(name.split("/")[0]))
    chunks = []
    try:
        for chunk in [*pipeline.feed(sample_body(name)), *pipeline.flush()]:
            chunks.append(chunk)
    except ProviderError:
        assert "mid-stream" in name
    else:
        assert chunks


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_holds_no_secret(name: str) -> None:
    text = sample_path(name).read_text("utf-8").lower()
    assert not any(
        word in text for word in ("authorization", "x-api-key", "cookie", "organization", "bearer", "sk-")
    )


def test_an_unknown_sample_says_which_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"no sample 'nope'; there are .*openai/parallel-tools"):
        sample_path("nope")
