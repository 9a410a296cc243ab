"""SAP's envelopes around OpenAI's chunks."""

from __future__ import annotations

EVENT = ""

LANDS = {
    ":final_result.**": ".**",
    ":intermediate_results.templating.**": "=",
    ":request_id": "=",
}

LEFT_OUT = {
    ":intermediate_results.llm.**": "the model's chunk as it was before the later modules",
}
