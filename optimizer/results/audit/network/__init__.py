"""The audit of a network: raw tables and the plan of the network, read from disk, with its own arithmetic."""
