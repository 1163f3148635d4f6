"""Audit of a prioritisation (修复选址核验): a written selection against the raw restoration tables."""
