"""SAP AI Core's orchestration. LiteLLM fetches a token and the deployment's address first."""

from __future__ import annotations

import json

from tests.litellm_bodies.capture import Row
from tests.loopback import Answer

_HOST = "http://sap.invalid"
_DEPLOYMENT = "/v2/inference/deployments/d1"
_KEY = {"clientid": "c", "clientsecret": "s", "url": _HOST, "serviceurls": {"AI_API_URL": _HOST}}
_LISTED = {
    "id": "d1",
    "configurationId": "c1",
    "scenarioId": "orchestration",
    "deploymentUrl": _HOST + _DEPLOYMENT,
    "createdAt": "2026-01-01T00:00:00Z",
}
_ANSWERS = {
    "/oauth/token": Answer.json({"access_token": "sk-test", "expires_in": 3600}),
    "/v2/lm/deployments": Answer.json({"resources": [_LISTED]}),
    "/v2/lm/configurations/c1": Answer.json({"executableId": "orchestration"}),
}
_REASONS = {
    "config.modules.prompt_templating.prompt.tools.": "LiteLLM adds `strict: false` and an empty description",
    "reasoning effort": "LiteLLM asks its price list whether this model can do that; we ask the server",
}

ROWS = [
    Row(
        "sap/gpt-4o",
        _DEPLOYMENT,
        litellm_options={"api_key": json.dumps(_KEY)},
        answers=_ANSWERS,
        reasons=_REASONS,
    )
]
