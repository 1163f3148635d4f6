"""Commands that are more than a call: each file holds one, `optimizer.cli` gathers them."""
