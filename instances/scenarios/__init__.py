"""Scenarios: an instance of its own, made from another by changes that are written down."""
