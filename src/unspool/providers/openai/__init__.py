"""OpenAI: chat completions, the Responses API, legacy completions, assistants and transcriptions."""
