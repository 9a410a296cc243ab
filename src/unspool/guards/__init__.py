"""The loop guards: they check each chunk before it is emitted, and stop the stream when the model repeats
itself.

`repetition` is exactly LiteLLM's rule. It finds one kind of loop: the same chunk again and again. `cycle`
finds the others: a phrase, a paragraph, a line that counts up, the same tool call, independent of chunk
boundaries.

Both keep a fixed amount of state per choice, and never change a chunk.
"""
