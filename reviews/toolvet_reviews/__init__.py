"""The review domain: what is submitted, proved, decided and recorded.

Pure: no I/O, no clock, no randomness. Everything above imports from here; nothing here imports
anything of ours.
"""
