"""The request for Bedrock's Converse, from messages and parameters in OpenAI's shape.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. The mapping is
LiteLLM's; where it differs, the comment says why. It has no signature yet: that needs a clock, and the
very bytes that are sent, so that the sender signs it.
"""

from __future__ import annotations

from urllib.parse import quote

from unspool.errors import BadRequestError
from unspool.providers.bedrock.messages import system_of, turns_of
from unspool.providers.bedrock.params import settings_from
from unspool.providers.request import CompletionRequest, HTTPRequest


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a conversation. Unknown parameters go to the model.

    Fields of the request:
        model: a model's id, an inference profile's, or an ARN of either; LiteLLM's prefix `converse/` is
            taken off.
        api_key: a Bedrock API key. Without one the request is to be signed.
        base_url: such as `https://bedrock-runtime.us-east-1.amazonaws.com`.

    Raises:
        UnsupportedParamsError: Converse has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be expressed in Converse's format, or the model's name isn't one.
    """
    model, conversation = _known_here(request.model), request.conversation
    turns = turns_of(conversation)
    if not turns:
        raise BadRequestError(
            "Converse needs a message that isn't a system message: add one of the role 'user'",
            model=model,
            llm_provider="bedrock",
        )
    body = {
        "messages": turns,
        **system_of(conversation),
        **settings_from(request.params, model, drop_params=request.drop_params),
    }
    path = f"/model/{quote(model, safe='')}/{'converse-stream' if request.stream else 'converse'}"
    return request.post(request.base_url.rstrip("/") + path, body, {"authorization": request.bearer})


def _known_here(model: str) -> str:
    """The model as Bedrock names it: LiteLLM's users write before it by which API, and where, it is asked."""
    model = model.removeprefix("converse/")
    if "/" in model and not model.startswith("arn:"):
        raise BadRequestError(
            f"Bedrock has no model {model!r}: pass its id, that of an inference profile, or an ARN; all are"
            " asked by Converse here, and the region is aws_region_name=…",
            model=model,
            llm_provider="bedrock",
        )
    return model
