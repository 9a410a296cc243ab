"""IBM watsonx.ai: text generation, and the requests for its chat."""
