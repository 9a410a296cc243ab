"""SAP AI Core's orchestration."""
