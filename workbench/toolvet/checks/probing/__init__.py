"""Runs of a writing tool that are disturbed on purpose, and what they left behind, side by side."""
