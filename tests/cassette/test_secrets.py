from __future__ import annotations

import json
import re
from itertools import cycle, islice

import pytest

from unspool.cassette.redact import Redactor
from unspool.cassette.secrets import (
    ALLOWED_HEADERS,
    FIELDS,
    GUARDED,
    HARMLESS_NAMES,
    PARAMETERS,
    PATTERNS,
    URL_HEADERS,
)


def letters(count: int, among: str = "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zAb0CdEf") -> str:
    """Text that looks random enough; made here, so that no scanner takes this file for a leak."""
    return "".join(islice(cycle(among), count))


def hexes(count: int) -> str:
    return letters(count, "9f86d081884c7d659a2feaa0c55ad015")


def digits(count: int) -> str:
    return letters(count, "8675309421")


KEYS = {
    "OpenAI": "sk-" + letters(48),
    "OpenAI project": "sk-proj-" + letters(60) + "_" + letters(60) + "-" + letters(12),
    "OpenAI service account": "sk-svcacct-" + letters(40) + "-" + letters(40),
    "OpenAI admin": "sk-admin-" + letters(60),
    "OpenAI session": "sess-" + letters(40),
    "OpenAI client secret": "ek_" + hexes(32),
    "OpenAI organisation": "org-" + letters(24),
    "OpenAI project id": "proj_" + letters(24),
    "DeepSeek": "sk-" + hexes(32),
    "LiteLLM": "sk-" + letters(11) + "_" + letters(10),
    "Anthropic": "sk-ant-api03-" + letters(60) + "-" + letters(30) + "AA",
    "Anthropic admin": "sk-ant-admin01-" + letters(90),
    "Anthropic OAuth": "sk-ant-oat01-" + letters(90),
    "OpenRouter": "sk-or-v1-" + hexes(64),
    "Langfuse": "sk-lf-" + "-".join((hexes(8), hexes(4), hexes(4), hexes(4), hexes(12))),
    "Google API": "AIza" + "Sy" + letters(33),
    "Google API, new": "AQ." + "Ab8" + letters(46),
    "Google OAuth": "ya29." + letters(40) + "-" + letters(60),
    "Google OAuth, compute": "ya29." + "c." + letters(80),
    "Google refresh": "1//0" + letters(60),
    "Google client": "GOCSPX-" + letters(28),
    "Groq": "gsk_" + letters(52),
    "Groq organisation": "org_01" + letters(24, "hq3x9m5z7k2v"),
    "xAI": "xai-" + letters(80),
    "Hugging Face": "hf_" + letters(34, "aBcDeFgHiJkLmNoPqRsTuVwXyZ"),
    "Replicate": "r8_" + letters(37),
    "Perplexity": "pplx-" + letters(48),
    "Fireworks": "fw_" + letters(22),
    "NVIDIA": "nvapi-" + letters(30) + "_" + letters(33),
    "Cerebras": "csk-" + letters(48),
    "Voyage": "pa-" + letters(20) + "_" + letters(22),
    "LangSmith": "lsv2_pt_" + hexes(32) + "_" + hexes(10),
    "LangSmith, old": "ls__" + hexes(32),
    "W&B": "wandb_v1_" + letters(60),
    "Tavily": "tvly-dev-" + letters(32),
    "Firecrawl": "fc-" + hexes(32),
    "E2B": "e2b_" + hexes(40),
    "Pinecone": "pcsk_" + letters(6) + "_" + letters(60),
    "Vercel": "vck_" + letters(56),
    "Databricks": "dapi" + hexes(32),
    "AWS access key": "AKIA" + letters(16, "IOSFODNN7EXAMPLE"),
    "AWS temporary key": "ASIA" + letters(16, "JEXAMPLEXEG2JICE"),
    "AWS session token": "IQoJb3JpZ2lu" + letters(60) + "/+" + letters(60) + "==",
    "Bedrock": "ABSK" + "QmVkcm9ja0FQSUtleS1" + letters(90) + "=",
    "Bedrock, short-lived": "bedrock-api-key-" + letters(200),
    "Azure OpenAI": letters(52) + "JQQJ99" + "BCACHYHv6XJ3w3AAABACOG" + "a1b2",
    "GitHub": "ghp_" + letters(36),
    "GitHub OAuth": "gho_" + letters(36),
    "GitHub, fine-grained": "github_pat_" + letters(22) + "_" + letters(59),
    "GitLab": "glpat-" + letters(20),
    "Slack bot": "xoxb-" + digits(12) + "-" + digits(12) + "-" + letters(24),
    "Slack app": "xapp-1-" + letters(11) + "-" + digits(13) + "-" + hexes(64),
    "Slack webhook": f"https://hooks.slack.com/services/T{letters(9)}/B{letters(9)}/{letters(24)}",
    "Stripe": "sk_live_" + letters(24),
    "Stripe, restricted": "rk_live_" + letters(24),
    "ElevenLabs": "sk_" + hexes(48),
    "npm": "npm_" + letters(36),
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + letters(70),
    "SendGrid": "SG." + letters(22) + "." + letters(43),
    "Mailgun": "key-" + hexes(32),
    "Twilio": "SK" + hexes(32),
    "Telegram": digits(10) + ":AA" + letters(33),
    "Notion": "ntn_" + letters(46),
    "Linear": "lin_api_" + letters(40),
    "DigitalOcean": "dop_v1_" + hexes(64),
    "Vault": "hvs." + letters(90),
    "Together": "tgp_v1_" + letters(43),
    "Jina": "jina_" + letters(60),
    "Baidu": "bce-v3/ALTAK-" + letters(21) + "/" + hexes(40),
    "Alibaba": "LTAI" + letters(20),
    "Yandex": "AQVN" + letters(38),
    "Brave": "BSA" + letters(28),
    "Docker": "dckr_pat_" + letters(27),
    "Figma": "figd_" + letters(40),
    "Square": "sq0atp-" + letters(22),
    "Square production": "EAAA" + letters(60),
    "Doppler": "dp.pt." + letters(43),
    "PlanetScale": "pscale_tkn_" + letters(43),
    "Grafana": "glsa_" + letters(32) + "_" + hexes(8),
    "Grafana cloud": "glc_" + letters(60),
    "New Relic": "NRAK-" + letters(27).upper(),
    "Postman": "PMAK-" + hexes(24) + "-" + hexes(34),
    "age": "AGE-SECRET-KEY-1" + letters(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    "Mapbox": "sk." + "eyJ1Ijoi" + letters(60) + "." + letters(22),
    "Discord": "MT" + letters(24) + "." + letters(6) + "." + letters(38),
    "PostHog": "phc_" + letters(43),
    "Azure client": letters(3) + "8Q~" + letters(34),
    "Airtable": "pat" + letters(14) + "." + hexes(64),
    "HubSpot": "pat-na1-" + "-".join((hexes(8), hexes(4), hexes(4), hexes(4), hexes(12))),
    "Pulumi": "pul-" + hexes(40),
    "Netlify": "nfp_" + letters(40),
    "Sourcegraph": "sgp_" + hexes(40),
    "RubyGems": "rubygems_" + hexes(48),
    "Discord webhook": f"https://discord.com/api/webhooks/{digits(18)}/{letters(68)}",
    "Teams webhook": f"https://acme.webhook.office.com/webhookb2/{letters(36)}@{letters(36)}/IncomingWebhook/{letters(32)}",
    "JWT": "eyJhbGciOiJIUzI1NiJ9." + "eyJ" + letters(60) + "." + letters(43),
    "bearer token": "Bearer " + letters(40),
    "basic credentials": "Basic " + "dXNlcjpodW50ZXIy" + "cGFzczE5ODQ=",
    "basic credentials without a digit": "Basic " + "dXNlcjpw" + "YXNz",
    "AWS signature": "AWS4-HMAC-SHA256 Credential=AKIA"
    + letters(16, "IOSFODNN7EXAMPLE")
    + f"/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature={hexes(64)}",
}
"""A key of each kind, all by themselves."""

ESCAPED = {
    "private key": f"-----BEGIN PRIVATE KEY-----\n{letters(64)}\n{letters(9)}=\n-----END PRIVATE KEY-----\n",
    "private key with headers": "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
    f"DEK-Info: AES-128-CBC,{hexes(32)}\n\n{letters(64)}\n-----END RSA PRIVATE KEY-----",
    "private key, cut": f"-----BEGIN EC PRIVATE KEY-----\n{letters(64)}\n{letters(20)}",
    "password in a URL": f"postgres://admin:{letters(12)}@db.example.com/main",
    "token in a URL": f"https://{letters(32)}@o1.ingest.example.com/2",
    "SAS": f"https://x.blob.example.com/a?sv=2024&sig={letters(30)}%2B{letters(12)}%3D&se=2027",
    "SAS after an escaped ampersand": f"https://x.example.com/a?sv=2024\\u0026sig={letters(40)}",
    "presigned URL": f"https://x.s3.example.com/a?X-Amz-Expires=9&X-Amz-Signature={hexes(64)}",
    "storage account": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={letters(86)}==;",
    "bare key in the environment": f"export MISTRAL_API_KEY={letters(32)}",
    "bare key in code": f'client = Client(api_key="{letters(32)}")',
    "bare key in a header": f"curl -H 'x-api-key: {letters(32)}'",
    "token in a header": f"curl -H 'Authorization: token {letters(32)}'",
    "field of a document in a text": json.dumps({"cohere_api_key": letters(40)}),
    "field of a dict in a text": repr({"password": "hunter" + digits(3)}),
}
"""Secrets that are known by what stands around them, and that JSON or a URL would escape."""

INNOCENT = (
    "chatcmpl-" + letters(29),
    "msg_01" + letters(22),
    "toolu_01" + letters(22),
    "call_" + letters(24),
    "req_011" + letters(22),
    "resp_" + hexes(50),
    "rs_" + hexes(50),
    "fc_" + hexes(50),
    "asst_" + letters(24),
    "file-" + letters(24),
    "gen-" + digits(10) + "-" + letters(20),
    "fp_" + hexes(10),
    "batch_" + hexes(32),
    "ft:gpt-4o-mini-2024-07-18:acme::" + letters(8),
    "550e8400-e29b-41d4-a716-446655440000",
    "gAAAAA" + letters(300) + "-_" + letters(200) + "==",
    "EqoBCkgIARAB" + letters(300) + "+/" + letters(100) + "==",
    "sk-toggleable__content-arrow",
    "sk-...",
    "sk-proj-****abcd",
    "Incorrect API key provided: sk-abcd********wxyz.",
    "task-force-with-a-long-name-2024-12",
    "risk-management-committee-2024-report",
    "pa-rticularly-unremarkable",
    "org-mode and proj_ects",
    "https://example.com/@user/post?page=2&sort=key",
    "http://localhost:8080/v1?alt=sse&pageToken=abc",
    "git@github.com:acme/widgets.git",
    "Use Authorization: Bearer YOUR_API_KEY_GOES_HERE",
    'Bearer realm="x", resource_metadata="https://mcp.example.com"',
    "Bearer tokens are explained below",
    "Basic understanding of authentication",
    "Basic JavaScript programming",
    "api_key = os.environ['OPENAI_API_KEY']",
    "secret = base64.b64encode(data)",
    "password: see the administrator",
    "max_tokens=4096&top_logprobs=5",
    "the key is max_completion_tokens_details",
    "-----BEGIN PUBLIC KEY-----\n" + letters(64) + "\n-----END PUBLIC KEY-----",
    "-----BEGIN PRIVATE KEY----- is how a private key begins",
    "eyJ" + letters(200),
    "data:image/png;base64,iVBORw0KGgo" + letters(500, "aB3/dE6+gH9") + "==",
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0",
    "/projects/acme/issues and /accounts/billing",
    "sk-2024-conference-notes",
    "sk-container-id-1-x",
    "sk-learn-pipeline-v2-final-report",
    "basic information1234567",
    "hf_transformerstokenizers",
    '{"cookie": "chocolate chip"}',
    '{"secret": "The Secret Garden"}',
    '{"pass": true, "pwd": "/home/me", "credentials": "include"}',
    "https://example.com/shop?key=red-shoes&colour=1",
    "access-control-allow-credentials: true",
    "SKU1234567890123456789012345678901234",
    "https://example.com/a-long-path/with-dapi-and-hf_and_r8_in_it",
)
"""What must not be taken for a secret."""

INNOCENT_JSON = (
    {"key": letters(40), "value": 1},
    {"token": " sk", "logprob": -0.1, "bytes": [32]},
    {"signature": letters(300), "thinking": "hm"},
    {"thoughtSignature": letters(300)},
    {"thought_signature": letters(300)},
    {"encrypted_content": letters(300)},
    {"obfuscation": letters(16)},
    {"max_tokens": 5, "stop_sequences": ["key"]},
    {"usage": {"prompt_tokens": 5, "total_tokens": 9, "cached_tokens": 0}},
    {"properties": {"api_key": {"type": "string"}, "password": {"type": "string"}}},
    {"required": ["api_key", "password"]},
    {"is_secret": True, "api_key": None, "password": ""},
    {"prompt_cache_key": "user-" + digits(12), "safety_identifier": hexes(64)},
    {"pageToken": letters(80), "next_page_token": letters(80)},
    {"client_id": letters(40), "private_key_id": hexes(40)},
    {"sig": letters(40), "auth": letters(40)},
    {"partial_json": '{"password":'},
    {"eos_token": "<|endoftext|>", "bos_token": "<s>", "pad_token": "[PAD]", "stop_token": "END"},
    {"continuation_token": letters(80), "nextToken": letters(80)},
    {"input_cost_per_token": 0.0000025, "time_to_first_token": 0.3},
    {"code": "print(1234567890)", "language": "python"},
    {"cookie": "chocolate chip", "secret": "The Secret Garden"},
    {"tokens": [" sk", "-"], "token": "hello"},
)
"""Documents that must not be taken for any that hold one."""


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_is_found_in_a_text(kind: str) -> None:
    data = f"Use {KEYS[kind]}, please.".encode()

    found = b" ".join(secret for _, secret in Redactor().secrets_in(data))

    assert found
    assert len(found) >= min(20, len(KEYS[kind]) - 14)


@pytest.mark.parametrize("kind", ESCAPED)
def test_a_secret_is_known_by_what_stands_around_it(kind: str) -> None:
    assert list(Redactor().secrets_in(ESCAPED[kind].encode()))


@pytest.mark.parametrize("text", INNOCENT)
def test_an_innocent_text_stays_as_it_is(text: str) -> None:
    for data in (text.encode(), json.dumps({"content": f"\n{text}\n"}).encode()):
        assert list(Redactor().secrets_in(data)) == []


@pytest.mark.parametrize("document", INNOCENT_JSON, ids=json.dumps)
def test_an_innocent_document_stays_as_it_is(document: object) -> None:
    for text in (json.dumps(document), json.dumps(document, separators=(",", ":"))):
        nested = json.dumps({"arguments": text})
        assert list(Redactor().secrets_in(f"data: {text}\n\ndata: {nested}\n\n".encode())) == []


def test_every_pattern_has_a_source() -> None:
    assert [pattern.kind for pattern in PATTERNS if not pattern.source] == []


def test_names_are_written_in_lower_case() -> None:
    names = ALLOWED_HEADERS | FIELDS | PARAMETERS | GUARDED | HARMLESS_NAMES

    assert {name for name in names if name != name.lower()} == set()


def test_fields_are_written_with_underscores() -> None:
    assert {name for name in FIELDS | PARAMETERS if not re.fullmatch(r"\*?[a-z]+(_[a-z]+)*", name)} == set()


@pytest.mark.parametrize(
    "name",
    [
        "anthropic-organization-id",
        "api-key",
        "authorization",
        "cf-ray",
        "cookie",
        "openai-organization",
        "openai-project",
        "proxy-authorization",
        "set-cookie",
        "x-amz-security-token",
        "x-api-key",
        "x-goog-api-key",
        "x-goog-user-project",
    ],
)
def test_headers_that_hold_secrets_are_not_allowed(name: str) -> None:
    allowed = [entry for entry in ALLOWED_HEADERS if re.fullmatch(entry.replace("*", ".*"), name)]

    assert allowed == []


def test_headers_whose_value_is_a_url_are_allowed_ones() -> None:
    assert URL_HEADERS <= ALLOWED_HEADERS


def test_patterns_of_words_can_be_tried_together() -> None:
    for pattern in PATTERNS:
        if pattern.at_word:
            assert pattern.compiled.groups == 0, pattern.kind
            assert pattern.compiled.flags == 0, pattern.kind


def test_other_patterns_point_out_one_secret() -> None:
    assert {pattern.kind for pattern in PATTERNS if pattern.compiled.groups > 1} == set()
