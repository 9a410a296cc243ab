"""Shapes and names of secrets: tables, used by `redact`.

Secrets are known in three ways. Keys of most providers begin with a unique prefix and are one long word; some
occur in a typical context, such as after `Bearer`; the others are known by their name only: that of a header,
a JSON field, a query's or a form's parameter.

A key's shortest length here is below the real ones, so that shorter test keys are found too, and above
what ids and words with the same beginning have. None of the expressions goes back and forth over a long
text: a hostile body costs no more than its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Pattern:
    """The shape of one kind of secret.

    Attributes:
        kind: its name, in a word or two.
        regex: finds it; bytes are compiled when they are first needed. Its group, if it has one, is the
            secret, else the whole match is.
        at_word: match it only where a run of at least 20 letters, digits, `-` and `_` begins. That is
            much faster than a search. Such a regex has neither flags nor groups.
        source: where the shape is documented: a scanner's rule, or the provider.
    """

    kind: str
    regex: bytes | re.Pattern[bytes]
    at_word: bool = False
    source: str = ""

    @property
    def text(self) -> bytes:
        """The regex as it is written."""
        return self.regex if isinstance(self.regex, bytes) else self.regex.pattern

    @property
    def compiled(self) -> re.Pattern[bytes]:
        """The regex, ready to search."""
        return _compiled(self.regex) if isinstance(self.regex, bytes) else self.regex


@cache
def _compiled(regex: bytes) -> re.Pattern[bytes]:
    return re.compile(regex)


def _words(*rows: tuple[str, bytes, str]) -> tuple[Pattern, ...]:
    return tuple(Pattern(kind, regex, at_word=True, source=source) for kind, regex, source in rows)


def _contexts(*rows: tuple[str, bytes, str]) -> tuple[Pattern, ...]:
    return tuple(Pattern(kind, regex, source=source) for kind, regex, source in rows)


# Words and numbers joined by hyphens are a name, such as sk-2024-conference-notes, and no key.
_WORDY = rb"(?:[A-Za-z]?[a-z]*+[0-9]{0,4}+|[A-Z]++|[0-9]++[a-z]{0,3}+)"
_NO_NAME = rb"(?!" + _WORDY + rb"(?:[-_]++" + _WORDY + rb")*+(?![\w-]))"
# One word in lower case, without a digit, is no key either.
_NO_WORD = rb"(?![a-z]++(?![\w-]))"
_ALNUM = _NO_WORD + rb"[A-Za-z0-9]"
_WORD = _NO_NAME + rb"[\w-]"

_GITLEAKS = "gitleaks: "
_DETECT = "detect-secrets: "
_TRUFFLE = "trufflehog: "
_DOCS = "provider: "

_KEYS = _words(
    (
        "OpenAI key",
        rb"sk-(?:proj|svcacct|service|admin|None)-" + _WORD + rb"{12,}",
        _GITLEAKS + "openai-api-key",
    ),
    ("Anthropic key", rb"sk-ant-" + _WORD + rb"{13,}", _GITLEAKS + "anthropic-api-key"),
    ("OpenRouter key", rb"sk-or-" + _WORD + rb"{14,}", _DOCS + "OpenRouter"),
    ("Langfuse secret key", rb"sk-lf-" + _WORD + rb"{14,}", _DOCS + "Langfuse"),
    ("sk- key", rb"sk-" + _WORD + rb"{20,}", _DETECT + "OpenAIDetector"),
    ("OpenAI session key", rb"sess-[A-Za-z0-9]{24,}", _DOCS + "OpenAI"),
    ("OpenAI client secret", rb"ek_[A-Za-z0-9]{24,}", _DOCS + "OpenAI Realtime"),
    ("OpenAI organisation", rb"org-[A-Za-z0-9]{16,}", _DOCS + "OpenAI"),
    ("Groq organisation", rb"org_[A-Za-z0-9]{20,}", _DOCS + "Groq"),
    ("OpenAI project", rb"proj_[A-Za-z0-9]{15,}", _DOCS + "OpenAI"),
    ("Anthropic workspace", rb"wrkspc_[A-Za-z0-9]{16,}", _DOCS + "Anthropic"),
    ("Google API key", rb"AIza[\w-]{30,40}(?![\w-])", _GITLEAKS + "gcp-api-key"),
    ("Google API key", rb"(?<=AQ\.)Ab[\w-]{30,}", _DOCS + "Vertex AI express mode"),
    ("Google access token", rb"(?:(?<=ya29\.)|(?<=ya29\.[a-z]\.))[\w-]{20,}", _TRUFFLE + "googleoauth2"),
    ("Google refresh token", rb"(?:(?<=1//)|(?<=1%2F%2F))0[\w-]{30,}", _DOCS + "Google OAuth"),
    ("Google client secret", rb"GOCSPX-[\w-]{16,}", _TRUFFLE + "googleoauth2"),
    ("Groq key", rb"gsk_" + _ALNUM + rb"{20,}", _TRUFFLE + "groq"),
    ("xAI key", rb"xai-" + _ALNUM + rb"{20,}", _TRUFFLE + "xai"),
    ("Hugging Face token", rb"hf_" + _ALNUM + rb"{20,}", _GITLEAKS + "huggingface-access-token"),
    (
        "Hugging Face token",
        rb"api_org_" + _ALNUM + rb"{20,}",
        _GITLEAKS + "huggingface-organization-api-token",
    ),
    ("Replicate token", rb"r8_" + _ALNUM + rb"{20,}", _TRUFFLE + "replicate"),
    ("Perplexity key", rb"pplx-" + _ALNUM + rb"{20,}", _GITLEAKS + "perplexity-api-key"),
    ("Fireworks key", rb"fw_" + _ALNUM + rb"{20,}", _DOCS + "Fireworks"),
    ("NVIDIA key", rb"nvapi-" + _WORD + rb"{20,}", _TRUFFLE + "nvapi"),
    ("Cerebras key", rb"csk-" + _ALNUM + rb"{20,}", _DOCS + "Cerebras"),
    ("Together key", rb"tgp_v1_[\w-]{20,}", _DOCS + "Together"),
    ("Jina key", rb"jina_" + _WORD + rb"{20,}", _TRUFFLE + "jina"),
    (
        "Baidu key",
        rb"(?:(?<=bce-v3/)|(?<=bce-v3%2F))ALTAK-[A-Za-z0-9]{14,}(?:(?:/|%2F)[0-9a-f]{32,})?",
        _DOCS + "Baidu Qianfan",
    ),
    ("Alibaba access key id", rb"LTAI[A-Za-z0-9]{16,26}(?![\w-])", _GITLEAKS + "alibaba-access-key-id"),
    ("Yandex key", rb"AQVN[\w-]{35,38}(?![\w-])", _GITLEAKS + "yandex-api-key"),
    ("Yandex access token", rb"(?<=t1\.)[\w-]{20,}=*\.[\w-]{80,}", _GITLEAKS + "yandex-access-token"),
    ("Yandex secret", rb"YC[\w-]{38}(?![\w-])", _GITLEAKS + "yandex-aws-access-token"),
    ("Brave key", rb"BSA(?=[a-zA-Z_-]*[0-9])[\w-]{24,}", _DOCS + "Brave Search"),
    ("Docker token", rb"dckr_(?:pat|oat)_[\w-]{20,}", _TRUFFLE + "dockerhub"),
    ("Figma token", rb"fig[durpo]{1,2}_[\w-]{30,}", _TRUFFLE + "figmapersonalaccesstoken"),
    ("Square token", rb"sq0(?:atp|csp|idp)-[\w-]{20,}", _GITLEAKS + "square-access-token"),
    ("Square token", rb"EAAA[\w-]{56,}", _GITLEAKS + "square-access-token"),
    (
        "Doppler token",
        rb"(?:(?<=dp\.pt\.)|(?<=dp\.(?:ct|sa)\.)|(?<=dp\.scim\.)|(?<=dp\.audit\.))[A-Za-z0-9]{32,}",
        _GITLEAKS + "doppler-api-token",
    ),
    ("PlanetScale token", rb"pscale_(?:tkn|pw|oauth)_[\w=.-]{20,}", _GITLEAKS + "planetscale-api-token"),
    ("Grafana token", rb"glc_[A-Za-z0-9+/]{32,}={0,3}", _GITLEAKS + "grafana-cloud-api-token"),
    ("Grafana token", rb"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}", _GITLEAKS + "grafana-service-account-token"),
    ("Grafana key", rb"eyJrIjoi[A-Za-z0-9]{60,}={0,3}", _GITLEAKS + "grafana-api-key"),
    ("New Relic key", rb"NR(?:AK|JS|II|AA|RA)-[A-Za-z0-9_-]{19,}", _GITLEAKS + "new-relic-user-api-key"),
    ("New Relic licence", rb"[0-9a-f]{36}NRAL", _DOCS + "New Relic"),
    ("Postman key", rb"PMAK-[A-Za-z0-9]{24}-[A-Za-z0-9]{34}", _GITLEAKS + "postman-api-token"),
    ("age secret key", rb"AGE-SECRET-KEY-1[0-9A-Za-z]{50,}", _GITLEAKS + "age-secret-key"),
    ("Mapbox token", rb"(?<=[ps]k\.)eyJ[\w-]{30,}(?:\.[\w-]{16,})?", _TRUFFLE + "mapbox"),
    (
        "Discord token",
        rb"[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6,7}\.[\w-]{27,}",
        _DETECT + "DiscordBotTokenDetector",
    ),
    ("Vercel key", rb"vc[kpiar]_[A-Za-z0-9]{20,}", _DOCS + "Vercel"),
    ("LangSmith key", rb"ls(?:v2_(?:pt|sk)|_)_[A-Za-z0-9_]{20,}", _TRUFFLE + "langsmith"),
    ("W&B key", rb"wandb_v1_[\w-]{20,}", _DOCS + "Weights & Biases"),
    ("Tavily key", rb"tvly-" + _WORD + rb"{20,}", _TRUFFLE + "tavily"),
    ("Firecrawl key", rb"fc-[0-9a-f]{32}(?![\w-])", _DOCS + "Firecrawl"),
    ("E2B key", rb"e2b_[0-9a-f]{20,}", _DOCS + "E2B"),
    ("Pinecone key", rb"pcsk_\w{20,}", _DOCS + "Pinecone"),
    ("Voyage key", rb"pa-" + _WORD + rb"{36,}", _DOCS + "Voyage"),
    ("Databricks token", rb"dapi[0-9a-f]{32}", _GITLEAKS + "databricks-api-token"),
    ("PostHog key", rb"ph[cxs]_[A-Za-z0-9]{30,}", _TRUFFLE + "posthog"),
    ("RunPod key", rb"rpa_[A-Z0-9]{30,}", _DOCS + "RunPod"),
    ("Helicone key", rb"(?:sk|pk)-helicone-[\w-]{20,}", _DOCS + "Helicone"),
    ("Neon key", rb"napi_[a-z0-9]{40,}", _DOCS + "Neon"),
    ("Resend key", rb"re_[A-Za-z0-9]{6,10}_[A-Za-z0-9]{18,}", _DOCS + "Resend"),
    ("Browserbase key", rb"bb_(?:live|test)_[\w-]{20,}", _DOCS + "Browserbase"),
    ("Infisical token", rb"(?<=st\.)[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}", _DOCS + "Infisical"),
    (
        "AWS access key id",
        rb"A(?:3T[A-Z0-9]|[KSB]IA|CCA)[A-Z0-9]{16}(?![\w-])",
        _GITLEAKS + "aws-access-token",
    ),
    (
        "Bedrock key",
        rb"ABSKQmVkcm9ja[A-Za-z0-9+/=]{20,}",
        _GITLEAKS + "aws-amazon-bedrock-api-key-long-lived",
    ),
    (
        "Bedrock key",
        rb"bedrock-api-key-[A-Za-z0-9+/=%]{20,}",
        _GITLEAKS + "aws-amazon-bedrock-api-key-short-lived",
    ),
    ("Azure key", rb"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,30}={0,2}", _TRUFFLE + "azure_openai"),
    (
        "Azure client secret",
        rb"(?<=[0-9]Q~)[\w~.-]{31,34}",
        _GITLEAKS + "azure-ad-client-secret",
    ),
    ("GitHub token", rb"gh[opsur]_[A-Za-z0-9]{20,}", _GITLEAKS + "github-pat"),
    ("GitHub token", rb"github_pat_\w{20,}", _GITLEAKS + "github-fine-grained-pat"),
    (
        "GitLab token",
        rb"gl(?:pat|dt|rt|ptt|cbt|soat|agent|ft|imt|rtr|oas)-[\w-]{16,}",
        _GITLEAKS + "gitlab-pat",
    ),
    ("Slack token", rb"xox[abeoprs]-[\w-]{16,}", _GITLEAKS + "slack-bot-token"),
    ("Slack token", rb"xox[de]\.xox[bp]-[\w-]{16,}", _GITLEAKS + "slack-config-access-token"),
    ("Slack token", rb"xapp-[0-9]-[\w-]{16,}", _GITLEAKS + "slack-app-token"),
    ("Stripe key", rb"[rs]k_(?:live|test|prod)_[A-Za-z0-9]{16,}", _GITLEAKS + "stripe-access-token"),
    ("webhook secret", rb"whsec_[A-Za-z0-9]{20,}", _DOCS + "Stripe, Svix"),
    ("ElevenLabs key", rb"sk_[0-9a-f]{40,}", _TRUFFLE + "elevenlabs"),
    ("npm token", rb"npm_" + _ALNUM + rb"{20,}", _GITLEAKS + "npm-access-token"),
    ("PyPI token", rb"pypi-" + _WORD + rb"{30,}", _GITLEAKS + "pypi-upload-token"),
    ("RubyGems key", rb"rubygems_[0-9a-f]{40,}", _GITLEAKS + "rubygems-api-token"),
    ("Clojars token", rb"CLOJARS_[A-Za-z0-9]{60}", _GITLEAKS + "clojars-api-token"),
    ("crates.io token", rb"cio[A-Za-z0-9]{32}(?![\w-])", _DOCS + "crates.io"),
    ("SendGrid key", rb"(?<=SG\.)[\w-]{20,30}\.[\w-]{20,}", _GITLEAKS + "sendgrid-api-token"),
    ("Brevo key", rb"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}", _GITLEAKS + "sendinblue-api-token"),
    ("Mailgun key", rb"key-[0-9a-f]{32}(?![\w-])", _GITLEAKS + "mailgun-private-api-token"),
    ("Mailchimp key", rb"[0-9a-f]{32}-us[0-9]{1,2}(?![\w-])", _GITLEAKS + "mailchimp-api-key"),
    ("Twilio key", rb"SK[0-9a-f]{32}(?![\w-])", _GITLEAKS + "twilio-api-key"),
    (
        "Telegram token",
        rb"(?:(?<=[0-9]:)|(?<=[0-9]%3A))AA[\w-]{33}(?![\w-])",
        _GITLEAKS + "telegram-bot-api-token",
    ),
    ("Notion token", rb"(?:ntn_|secret_)[A-Za-z0-9]{40,}", _GITLEAKS + "notion-api-token"),
    ("Linear key", rb"lin_(?:api|oauth)_[A-Za-z0-9]{20,}", _GITLEAKS + "linear-api-key"),
    (
        "Airtable token",
        rb"(?<=pat[A-Za-z0-9]{14}\.)[0-9a-f]{64}",
        _GITLEAKS + "airtable-personnal-access-token",
    ),
    ("Typeform token", rb"tfp_[\w=.-]{40,}", _GITLEAKS + "typeform-api-token"),
    ("Contentful token", rb"CFPAT-[\w-]{40,}", _DOCS + "Contentful"),
    ("HubSpot token", rb"pat-(?:na|eu)[0-9]-[0-9a-f]{8}-[0-9a-f-]{27}", _TRUFFLE + "hubspotapikey"),
    ("DigitalOcean token", rb"do[opr]_v1_[0-9a-f]{20,}", _GITLEAKS + "digitalocean-pat"),
    ("Fly.io token", rb"fo1_[\w-]{40,}", _GITLEAKS + "flyio-access-token"),
    ("Fly.io token", rb"fm[12][ar]?_[A-Za-z0-9+/]{60,}={0,3}", _GITLEAKS + "flyio-access-token"),
    ("Heroku key", rb"HRKU-[\w-]{36,}", _GITLEAKS + "heroku-api-key-v2"),
    ("Netlify token", rb"nfp_[A-Za-z0-9]{36,}", _DOCS + "Netlify"),
    ("Render key", rb"rnd_[A-Za-z0-9]{28,}", _DOCS + "Render"),
    ("Pulumi token", rb"pul-[0-9a-f]{40}", _GITLEAKS + "pulumi-api-token"),
    ("Terraform token", rb"(?<=\.atlasv1\.)[\w=-]{60,}", _GITLEAKS + "hashicorp-tf-api-token"),
    ("Prefect key", rb"pn[ub]_[A-Za-z0-9]{36}", _GITLEAKS + "prefect-api-token"),
    ("Supabase token", rb"sb(?:p|_secret)_[A-Za-z0-9_]{20,}", _TRUFFLE + "supabasetoken"),
    ("Shopify token", rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}", _GITLEAKS + "shopify-access-token"),
    ("Shippo token", rb"shippo_(?:live|test)_[0-9a-f]{40}", _GITLEAKS + "shippo-api-token"),
    ("EasyPost key", rb"EZ[AT]K[A-Za-z0-9]{54}", _GITLEAKS + "easypost-api-token"),
    ("Sentry token", rb"sntr(?:ys|yu)_[\w+/=-]{20,}", _GITLEAKS + "sentry-org-token"),
    ("Dynatrace token", rb"(?<=dt0c01\.)[A-Z0-9]{24}\.[A-Z0-9]{64}", _GITLEAKS + "dynatrace-api-token"),
    (
        "Sourcegraph token",
        rb"sgp_(?:[A-Fa-f0-9]{16}_|local_)?[0-9a-fA-F]{40}",
        _GITLEAKS + "sourcegraph-access-token",
    ),
    ("ReadMe key", rb"rdme_[a-z0-9]{70}", _GITLEAKS + "readme-api-token"),
    ("Facebook token", rb"EAA[MC][A-Za-z0-9]{60,}", _GITLEAKS + "facebook-page-access-token"),
    ("Flutterwave key", rb"FLW(?:SECK|PUBK)_TEST-[0-9a-hA-H-]{12,}", _GITLEAKS + "flutterwave-secret-key"),
    ("Adobe secret", rb"p8e-[A-Za-z0-9]{32}", _GITLEAKS + "adobe-client-secret"),
    ("Artifactory key", rb"AKCp[A-Za-z0-9]{69}", _GITLEAKS + "artifactory-api-key"),
    ("1Password token", rb"ops_eyJ[A-Za-z0-9+/]{100,}={0,3}", _GITLEAKS + "1password-service-account-token"),
    (
        "1Password key",
        rb"A3-[A-Z0-9]{6}-[A-Z0-9]{6,11}(?:-[A-Z0-9]{5}){3,4}",
        _GITLEAKS + "1password-secret-key",
    ),
    ("Octopus key", rb"API-[A-Z0-9]{26}(?![\w-])", _GITLEAKS + "octopus-deploy-api-key"),
    ("Vault token", rb"(?:(?<=hvs\.)|(?<=hvb\.))[\w-]{20,}", _GITLEAKS + "vault-service-token"),
    ("Atlassian token", rb"ATATT3[\w=-]{30,}", _GITLEAKS + "atlassian-api-token"),
    ("Bitbucket token", rb"ATBB[A-Za-z0-9]{24,}(?![\w-])", _DOCS + "Bitbucket"),
    ("OpenShift token", rb"(?<=sha256~)[\w-]{43}", _GITLEAKS + "openshift-user-token"),
    (
        "Cloudflare origin key",
        rb"(?<=v1\.0-)[a-f0-9]{24}-[a-f0-9]{146}",
        _GITLEAKS + "cloudflare-origin-ca-key",
    ),
    ("JWT", rb"eyJ[\w-]{17,}+\.[\w-]{8,}+(?:\.[\w-]*+){0,3}", _GITLEAKS + "jwt"),
)

# Credentials have a digit or are long; `Bearer resource_metadata="…"` and `Bearer YOUR_KEY` are none.
_TOKEN = (
    rb"(?![A-Z_]++(?![\w-]))(?![a-z_]++=\\{0,15}+[\"'])"
    rb"(?=[A-Za-z_.~+/%-]*+[0-9]|[\w.~+/%-]{32})([\w.~+/%-]{16,}+={0,2})"
)
_SPACE = rb"(?:\s|%20|\+)++"
_IN_URL = rb"[^/@:\s\"'<>\\?#\x80-\xff]"

# Base64 of a name and a password comes in blocks of four and mixes cases; it has a digit, ends with an
# equals sign, or goes up and down in each block: no word does.
_BASIC = (
    rb"((?=[A-Za-z+/]*+[0-9])(?=[a-z0-9+/]*+[A-Z])(?=[A-Z0-9+/]*+[a-z])(?:[A-Za-z0-9+/]{4}){3,}+(?![\w+/])"
    rb"|[A-Za-z0-9+/]{6,}+(?:=|%3[Dd]){1,2}"
    rb"|(?=(?:[A-Z+/]*+[a-z]++[A-Z]){2})(?:[A-Za-z+/]{4}){3,}+(?![\w+/-]))"
)
_USER_OR_PASSWORD = rb"((?:" + _IN_URL + rb"{0,200}+:|[\w-]{16,}+)" + _IN_URL + rb"{0,200}+)"
_PEM = (
    rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}?PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\s|\\++[nrt])*+(?:Proc-Type|Version|Comment|[A-Za-z0-9+/=]{16})"
    rb"(?:[A-Za-z0-9+/=\s:,.]|\\++[nrt]|-(?!-))*+(?:-----END [A-Z0-9 ]{0,40}+-----)?"
)
_SLASH = rb"(?:/|%2[Ff])"
_COLON = rb"(?::|%3[Aa])"
_UUID = rb"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_OPAQUE = rb"(?=[A-Za-z_-]*+[0-9])(?=[0-9_-]*+[A-Za-z])[\w-]"

_IN_CONTEXT = _contexts(
    ("bearer token", rb"earer(?<=[Bb]earer)" + _SPACE + _TOKEN, "RFC 6750"),
    ("basic credentials", rb"asic(?<=[Bb]asic)" + _SPACE + _BASIC, "RFC 7617"),
    (
        "AWS signature",
        rb"AWS4-HMAC-SHA256" + _SPACE + rb"(Credential[^&\"'\\\r\n\x80-\xff]{8,4000}+)",
        _DOCS + "AWS",
    ),
    ("AWS session token", rb"IQoJb3JpZ2lu[A-Za-z0-9+/=%]{40,}+", _TRUFFLE + "awssessionkeys"),
    ("AWS session token", rb"FwoGZXIvYXdz[A-Za-z0-9+/=%]{40,}+", _TRUFFLE + "awssessionkeys"),
    (
        "Slack webhook",
        rb"hooks\.slack\.com" + _SLASH + rb"(?:services|workflows|triggers)" + _SLASH + rb"([\w/%]{16,}+)",
        _GITLEAKS + "slack-webhook-url",
    ),
    (
        "Teams webhook",
        rb"\.webhook\.office\.com" + _SLASH + rb"webhookb2" + _SLASH + rb"([\w@/%-]{36,}+)",
        _GITLEAKS + "microsoft-teams-webhook",
    ),
    (
        "webhook token",
        rb"hook(?:(?<=webhook)|(?<=[/F]hook))s?+"
        + _SLASH
        + rb"(?:[\w.-]{1,40}"
        + _SLASH
        + rb"){0,4}?((?!"
        + _UUID
        + rb"/)"
        + _OPAQUE
        + rb"{20,}+)",
        _DOCS + "Discord, Zapier, Feishu, Mattermost",
    ),
    (
        "webhook token",
        rb"hook\.(?:[a-z0-9]{2,4}\.)?make\.com" + _SLASH + rb"([a-z0-9]{20,}+)",
        _DOCS + "Make",
    ),
    ("password in a URL", rb"://" + _USER_OR_PASSWORD + rb"@", "RFC 3986; " + _DETECT + "BasicAuthDetector"),
    ("private key", _PEM, _GITLEAKS + "private-key"),
    (
        "Google project",
        rb"projects"
        + _SLASH
        + rb"([a-z0-9][a-z0-9.:-]{2,40}+)(?="
        + _SLASH
        + rb"(?:locations|regions|zones|global|serviceAccounts|secrets|topics|datasets)\b)",
        _DOCS + "Google Cloud",
    ),
    (
        "AWS account",
        rb"arn"
        + _COLON
        + rb"aws[a-z-]{0,10}"
        + _COLON
        + rb"[\w-]{1,40}"
        + _COLON
        + rb"[\w-]{0,30}"
        + _COLON
        + rb"([0-9]{12})(?=:|%3[Aa])",
        _DOCS + "AWS",
    ),
    ("AWS account", rb"\.amazonaws\.com/([0-9]{12})(?=/)", _DOCS + "AWS"),
    ("Cloudflare account", rb"accounts" + _SLASH + rb"([0-9a-f]{32})(?![0-9a-f])", _DOCS + "Cloudflare"),
    (
        "Cloudflare account",
        rb"gateway\.ai\.cloudflare\.com/v1/([0-9a-f]{32})(?![0-9a-f])",
        _DOCS + "Cloudflare",
    ),
    ("Azure subscription", rb"subscriptions" + _SLASH + rb"(" + _UUID + rb")", _DOCS + "Azure"),
    ("Azure tenant", rb"login\.microsoftonline\.com/(" + _UUID + rb")", _DOCS + "Azure"),
)

_ID = rb"(" + _UUID + rb"|[0-9]{6,}+(?![\w-])|[0-9a-f]{16,}+(?![\w-])|[a-z]{1,12}_" + _OPAQUE + rb"{10,}+)"
ADDRESS_PATTERNS = _contexts(
    ("account in a URL", rb"accounts?+/" + _ID, _DOCS + "Cloudflare, Fireworks, Snowflake"),
    ("workspace in a URL", rb"workspaces?+/" + _ID, _DOCS + "Anthropic, Azure"),
    ("organisation in a URL", rb"(?:organi[sz]ation|org)s?+/" + _ID, _DOCS + "Anthropic, OpenAI"),
    ("project in a URL", rb"projects?+/" + _ID, _DOCS + "OpenAI, Neon, Vercel"),
    ("tenant in a URL", rb"tenants?+/" + _ID, _DOCS + "Azure"),
)
"""Ids of accounts that are looked for in URLs only: elsewhere such words have other uses."""

PATTERNS = _KEYS + _IN_CONTEXT
"""The shapes that are looked for in URLs, header values and bodies."""

FIELDS = frozenset(
    {
        "*access_key",
        "*account_key",
        "*api_key",
        "*api_keys",
        "*authorization",
        "*client_secret",
        "*connection_string",
        "*credential",
        "*credentials",
        "*encryption_key",
        "*functions_key",
        "*master_key",
        "*passphrase",
        "*passwd",
        "*password",
        "*passwords",
        "*private_key",
        "*secret",
        "*secret_key",
        "*secrets",
        "*shared_key",
        "*signing_key",
        "*subscription_key",
        "*token",
        "cookie",
        "database_url",
        "dsn",
        "jwt",
        "pass",
        "pwd",
        "set_cookie",
        "x_amz_signature",
    }
)
"""Names of fields whose value is a secret, in lower case; `_` stands for `_`, `-` and nothing.

A leading `*` stands for any beginning, and such a name is heeded in text too, as in `MISTRAL_API_KEY=…`.
Not among them are names with ordinary uses: `key`, `code`, `signature` (of thinking).
"""

PARAMETERS = frozenset(
    {
        "assertion",
        "auth",
        "code",
        "key",
        "oauth_signature",
        "sas",
        "sig",
        "signature",
        "token",
        "user_key",
        "x_amz_credential",
        "x_goog_credential",
        "x_goog_signature",
    }
)
"""Names that are secret in a query or a form only, written as those of `FIELDS`."""

GUARDED = frozenset(
    {
        "*connection_string",
        "*credential",
        "*credentials",
        "*secret",
        "*secrets",
        "*token",
        "code",
        "cookie",
        "database_url",
        "dsn",
        "jwt",
        "key",
        "pass",
        "pwd",
        "set_cookie",
    }
)
"""Those of `FIELDS` and `PARAMETERS` with ordinary uses too: their value must look like a secret."""

CERTAIN = frozenset(
    {
        "access_token",
        "api_token",
        "auth_token",
        "authorization_token",
        "bearer_token",
        "id_token",
        "refresh_token",
        "security_token",
        "session_token",
    }
)
"""Endings of names that are secret whatever their value looks like, though `*token` is guarded."""

HARMLESS_NAMES = frozenset(
    {
        "begin_token",
        "bos_token",
        "cls_token",
        "continuation_token",
        "cursor_token",
        "end_token",
        "eos_token",
        "eot_token",
        "first_token",
        "image_token",
        "last_token",
        "mask_token",
        "max_token",
        "next_page_token",
        "next_token",
        "output_token",
        "pad_token",
        "page_token",
        "pagination_token",
        "per_token",
        "prev_page_token",
        "previous_page_token",
        "prompt_token",
        "sep_token",
        "skip_token",
        "special_token",
        "start_token",
        "stop_token",
        "sync_token",
        "top_token",
        "unk_token",
        "access_control_allow_credentials",
    }
)
"""Endings of names that hold no secret though an entry of `FIELDS` fits: tokens of text, and of pages."""

HARMLESS_VALUES = frozenset(
    {
        "api-key",
        "changeme",
        "dummy",
        "empty",
        "example",
        "fake",
        "false",
        "lm-studio",
        "local",
        "none",
        "not-needed",
        "no-key",
        "no-key-required",
        "null",
        "ollama",
        "placeholder",
        "required",
        "sk-no-key-required",
        "string",
        "test",
        "token",
        "true",
        "undefined",
        "unused",
        "your-api-key",
    }
)
"""Values that local servers and examples use as a key, in lower case."""

ALLOWED_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "access-control-*",
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
"""Headers whose values may be stored, in lower case; a trailing `*` stands for any ending.

A replay needs them, or a reviewer. A list of all headers with secrets is impossible, so of all others only
the name is stored.
"""

URL_HEADERS = frozenset({"content-location", "link", "location", "operation-location"})
"""Those of them whose value is a URL, so that its query is looked at by name."""
