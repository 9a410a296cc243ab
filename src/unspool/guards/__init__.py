"""The loop guards: they watch what a stream is about to emit, and stop it when the model repeats itself.

`repetition` is LiteLLM's rule, to the chunk. It sees one loop only: the same chunk
again and again. `cycle` finds the others: a phrase, a paragraph, a line that counts up, the same tool call
made once more, wherever the provider happens to cut its chunks.

Both keep a fixed amount of state per choice, and never change a chunk.
"""
