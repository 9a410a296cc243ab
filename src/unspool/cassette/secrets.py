"""What secrets look like, and what they are called. A table; `redact` is what uses it.

Secrets are known in three ways. Keys of most providers begin with a prefix of their own and are one long
word; some stand in a telling context, as after `Bearer`; the rest are known by their name only: that of a
header, a JSON field, a query's or a form's parameter.

A key's shortest length here is below the real ones, so that shorter test keys are found too, and above
what ids and words with the same beginning have. None of the expressions goes back and forth over a long
text: a hostile body costs no more than its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one kind of secret looks like.

    Attributes:
        kind: what it is, in a word or two.
        regex: finds it; its group, if it has one, is the secret, else all of it is.
        at_word: match it only where a run of at least 20 letters, digits, `-` and `_` begins. That is
            much faster than to search for it. Such a regex has neither flags nor groups.
    """

    kind: str
    regex: re.Pattern[bytes]
    at_word: bool = False


def _words(*rows: tuple[str, bytes]) -> tuple[Pattern, ...]:
    return tuple(Pattern(kind, re.compile(regex), at_word=True) for kind, regex in rows)


def _contexts(*rows: tuple[str, bytes]) -> tuple[Pattern, ...]:
    return tuple(Pattern(kind, re.compile(regex)) for kind, regex in rows)


# A digit within the first letters tells a key from a class name such as sk-toggleable__content.
_DIGIT_SOON = rb"(?=[A-Za-z_-]{0,40}[0-9])"

_KEYS = _words(
    ("OpenAI key", rb"sk-(?:proj|svcacct|service|admin|None)-[\w-]{12,}"),
    ("Anthropic key", rb"sk-ant-[\w-]{13,}"),
    ("OpenRouter key", rb"sk-or-[\w-]{14,}"),
    ("Langfuse secret key", rb"sk-lf-[\w-]{14,}"),
    ("sk- key", rb"sk-" + _DIGIT_SOON + rb"[\w-]{20,}"),
    ("OpenAI session key", rb"sess-[A-Za-z0-9]{24,}"),
    ("OpenAI client secret", rb"ek_[A-Za-z0-9]{24,}"),
    ("OpenAI organisation", rb"org-[A-Za-z0-9]{16,}"),
    ("Groq organisation", rb"org_[A-Za-z0-9]{20,}"),
    ("OpenAI project", rb"proj_[A-Za-z0-9]{15,}"),
    ("Google API key", rb"AIza[\w-]{30,40}(?![\w-])"),
    ("Google API key", rb"(?<=AQ\.)Ab[\w-]{30,}"),
    ("Google access token", rb"(?:(?<=ya29\.)|(?<=ya29\.[a-z]\.))[\w-]{20,}"),
    ("Google refresh token", rb"(?:(?<=1//)|(?<=1%2F%2F))0[\w-]{30,}"),
    ("Google client secret", rb"GOCSPX-[\w-]{16,}"),
    ("Groq key", rb"gsk_[A-Za-z0-9]{20,}"),
    ("xAI key", rb"xai-[A-Za-z0-9]{20,}"),
    ("Hugging Face token", rb"hf_[A-Za-z0-9]{20,}"),
    ("Hugging Face token", rb"api_org_[A-Za-z0-9]{20,}"),
    ("Replicate token", rb"r8_[A-Za-z0-9]{20,}"),
    ("Perplexity key", rb"pplx-[A-Za-z0-9]{20,}"),
    ("Fireworks key", rb"fw_[A-Za-z0-9]{20,}"),
    ("NVIDIA key", rb"nvapi-[\w-]{20,}"),
    ("Cerebras key", rb"csk-[A-Za-z0-9]{20,}"),
    ("Voyage key", rb"pa-" + _DIGIT_SOON + rb"[\w-]{36,}"),
    ("Vercel key", rb"vck_[A-Za-z0-9]{20,}"),
    ("LangSmith key", rb"ls(?:v2_(?:pt|sk)|_)_[A-Za-z0-9_]{20,}"),
    ("W&B key", rb"wandb_v1_[\w-]{20,}"),
    ("Tavily key", rb"tvly-[\w-]{20,}"),
    ("Firecrawl key", rb"fc-[0-9a-f]{32}(?![\w-])"),
    ("E2B key", rb"e2b_[0-9a-f]{20,}"),
    ("Pinecone key", rb"pcsk_\w{20,}"),
    ("Databricks token", rb"dapi[0-9a-f]{32}"),
    ("AWS access key id", rb"A[KS]IA[A-Z0-9]{16}(?![\w-])"),
    ("Bedrock key", rb"ABSKQmVkcm9ja[A-Za-z0-9+/=]{20,}"),
    ("Bedrock key", rb"bedrock-api-key-[A-Za-z0-9+/=%]{20,}"),
    ("Azure key", rb"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,30}={0,2}"),
    ("GitHub token", rb"gh[opsur]_[A-Za-z0-9]{20,}"),
    ("GitHub token", rb"github_pat_\w{20,}"),
    ("GitLab token", rb"gl(?:pat|dt|rt|ptt|cbt|soat)-[\w-]{16,}"),
    ("Slack token", rb"xox[abeoprs]-[\w-]{16,}"),
    ("Slack token", rb"xapp-[0-9]-[\w-]{16,}"),
    ("Stripe key", rb"[rs]k_(?:live|test|prod)_[A-Za-z0-9]{16,}"),
    ("webhook secret", rb"whsec_[A-Za-z0-9]{20,}"),
    ("ElevenLabs key", rb"sk_[0-9a-f]{40,}"),
    ("npm token", rb"npm_[A-Za-z0-9]{20,}"),
    ("PyPI token", rb"pypi-[\w-]{30,}"),
    ("SendGrid key", rb"(?<=SG\.)[\w-]{20,30}\.[\w-]{20,}"),
    ("Mailgun key", rb"key-[0-9a-f]{32}(?![\w-])"),
    ("Twilio key", rb"SK[0-9a-f]{32}(?![\w-])"),
    ("Telegram token", rb"(?:(?<=[0-9]:)|(?<=[0-9]%3A))AA[\w-]{33}(?![\w-])"),
    ("Notion token", rb"(?:ntn_|secret_)[A-Za-z0-9]{40,}"),
    ("Linear key", rb"lin_api_[A-Za-z0-9]{20,}"),
    ("DigitalOcean token", rb"do[opr]_v1_[0-9a-f]{20,}"),
    ("Supabase token", rb"sbp_[0-9a-f]{20,}"),
    ("Shopify token", rb"shp(?:at|ca|pa|ss)_[0-9a-f]{20,}"),
    ("Sentry token", rb"sntr(?:ys|yu)_[\w-]{20,}"),
    ("Vault token", rb"(?<=hvs\.)[\w-]{20,}"),
    ("Atlassian token", rb"ATATT3[\w-]{30,}"),
    ("JWT", rb"eyJ[\w-]{17,}+\.[\w-]{8,}+(?:\.[\w-]*+){0,3}"),
)

# Credentials have a digit or are long; `Bearer resource_metadata="…"` and `Bearer YOUR_KEY` are none.
_TOKEN = (
    rb"(?![A-Z_]++(?![\w-]))(?![a-z_]++=\\{0,15}+[\"'])"
    rb"(?=[A-Za-z_.~+/%-]*+[0-9]|[\w.~+/%-]{32})([\w.~+/%-]{16,}+={0,2})"
)
_SPACE = rb"(?:\s|%20|\+)++"
_IN_URL = rb"[^/@:\s\"'<>\\?#\x80-\xff]"

# Base64 has a digit, ends with an equals sign, or goes up and down in blocks of four: no word does.
_BASIC = (
    rb"((?=[A-Za-z+/]*+[0-9])[A-Za-z0-9+/]{12,}+={0,2}|[A-Za-z0-9+/]{8,}+={1,2}"
    rb"|(?=(?:[A-Z+/]*+[a-z]++[A-Z]){2})(?:[A-Za-z+/]{4}){3,}+(?![\w+/-]))"
)
_USER_OR_PASSWORD = rb"((?:" + _IN_URL + rb"{0,200}+:|[\w-]{16,}+)" + _IN_URL + rb"{0,200}+)"
_PEM = (
    rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}?PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\s|\\++[nrt])*+(?:Proc-Type|Version|Comment|[A-Za-z0-9+/=]{16})"
    rb"(?:[A-Za-z0-9+/=\s:,.]|\\++[nrt]|-(?!-))*+(?:-----END [A-Z0-9 ]{0,40}+-----)?"
)

_IN_CONTEXT = _contexts(
    ("bearer token", rb"earer(?<=[Bb]earer)" + _SPACE + _TOKEN),
    ("basic credentials", rb"asic(?<=[Bb]asic)" + _SPACE + _BASIC),
    ("AWS signature", rb"AWS4-HMAC-SHA256" + _SPACE + rb"(Credential[^&\"'\\\r\n\x80-\xff]{8,4000}+)"),
    ("AWS session token", rb"IQoJb3JpZ2lu[A-Za-z0-9+/=%]{40,}+"),
    ("AWS session token", rb"FwoGZXIvYXdz[A-Za-z0-9+/=%]{40,}+"),
    ("Slack webhook", rb"hooks\.slack\.com(?:/|%2F)services(?:/|%2F)([\w/%]{16,}+)"),
    ("password in a URL", rb"://" + _USER_OR_PASSWORD + rb"@"),
    ("private key", _PEM),
)

PATTERNS = _KEYS + _IN_CONTEXT
"""What is looked for in URLs, header values and bodies."""

FIELDS = frozenset(
    {
        "*access_key",
        "*access_token",
        "*account_key",
        "*api_key",
        "*api_token",
        "*auth_token",
        "*authorization",
        "*bearer_token",
        "*passphrase",
        "*password",
        "*private_key",
        "*refresh_token",
        "*secret",
        "*secret_key",
        "*security_token",
        "*session_token",
        "*subscription_key",
        "cookie",
        "id_token",
        "set_cookie",
        "x_amz_signature",
    }
)
"""Names of fields whose text is a secret, in lower case; `_` stands for `_`, `-` and nothing.

A leading `*` stands for any beginning, and such a name is heeded in text too, as in `MISTRAL_API_KEY=…`.
Not among them are names with ordinary uses: `key`, `token` (of logprobs), `signature` (of thinking).
"""

PARAMETERS = frozenset(
    {
        "auth",
        "key",
        "sig",
        "signature",
        "token",
        "x_goog_signature",
    }
)
"""Names that are secret in a query or a form only, written as those of `FIELDS`."""

ALLOWED_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "age",
        "allow",
        "alt-svc",
        "anthropic-beta",
        "anthropic-dangerous-direct-browser-access",
        "anthropic-ratelimit-*",
        "anthropic-version",
        "apim-request-id",
        "cache-control",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-type",
        "date",
        "etag",
        "expect",
        "expires",
        "grpc-encoding",
        "grpc-message",
        "grpc-status",
        "grpc-timeout",
        "host",
        "inference-id",
        "keep-alive",
        "last-event-id",
        "last-modified",
        "link",
        "location",
        "mcp-protocol-version",
        "mistral-correlation-id",
        "openai-beta",
        "openai-model",
        "openai-processing-ms",
        "openai-version",
        "operation-location",
        "pragma",
        "proxy-connection",
        "range",
        "ratelimit",
        "ratelimit-*",
        "ratelimitbysize-*",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "server",
        "server-timing",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "vary",
        "via",
        "www-authenticate",
        "x-accel-buffering",
        "x-amz-date",
        "x-amz-target",
        "x-amzn-bedrock-*",
        "x-amzn-errortype",
        "x-amzn-requestid",
        "x-content-type-options",
        "x-envoy-upstream-service-time",
        "x-generation-id",
        "x-goog-api-client",
        "x-groq-region",
        "x-inference-provider",
        "x-ms-client-request-id",
        "x-ms-region",
        "x-ms-request-id",
        "x-ms-retry-after-ms",
        "x-ratelimit-*",
        "x-request-id",
        "x-should-retry",
        "x-stainless-*",
    }
)
"""Headers whose values may be kept, in lower case; a trailing `*` stands for any ending.

They are what a replay needs and a reviewer wants. Nobody can list every header that holds a secret, so
all others keep their name only.
"""

URL_HEADERS = frozenset({"content-location", "link", "location", "operation-location"})
"""Those of them whose value is a URL, so that its query is looked at by name."""
