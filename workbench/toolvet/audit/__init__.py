"""Formats of the audit log: tree, notes, entries, envelopes, and their verification."""
