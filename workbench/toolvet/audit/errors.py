"""What can be wrong with notes, proofs, entries, keys and envelopes of the audit log."""

from typing import ClassVar

from toolvet.errors import LogError, SignatureError, ToolvetError


class ProofError(LogError):
    """An inclusion or consistency proof that does not hold."""

    code: ClassVar[str] = "audit.proof"


class TileError(LogError):
    """A tile of the tree that is missing or has the wrong length."""

    code: ClassVar[str] = "audit.tile"
    hint = "`toolvet audit verify` says which entries can still be trusted."


class NoteError(LogError):
    """A signed note or checkpoint that is malformed or not signed by a known key."""

    code: ClassVar[str] = "audit.note"


class InconsistentError(LogError):
    """A log that does not extend the one that was seen before."""

    code: ClassVar[str] = "audit.inconsistent"
    hint = "Keep both checkpoints: together they prove that the log was rewritten."


class EntryError(LogError):
    """An entry that may not stand in the log, or is not one."""

    code: ClassVar[str] = "audit.entry"


class EntryTooLargeError(EntryError):
    """An entry over the cap; what made it large belongs in a payload."""

    code: ClassVar[str] = "audit.entry_too_large"


class KeyFileError(LogError):
    """A key file that is missing, already there, readable by others, or not a key."""

    code: ClassVar[str] = "key.file"


class SealedKeyError(ToolvetError):
    """A sealed key that is malformed or asks for more than it may."""

    code: ClassVar[str] = "key.sealed"
    hint = "Restore the key file from your backup, or ask an operator to enrol a new key."


class WrongPassphraseError(ToolvetError):
    """The passphrase does not open the key."""

    code: ClassVar[str] = "key.passphrase"
    status: ClassVar[int] = 403
    hint = "Try again; a forgotten passphrase cannot be recovered."


class WeakPassphraseError(ToolvetError):
    """A passphrase too short to seal a key with."""

    code: ClassVar[str] = "key.passphrase_weak"
    hint = "Use several words."


class EnvelopeError(SignatureError):
    """An envelope that is malformed, or not signed by exactly one allowed key."""

    code: ClassVar[str] = "act.envelope"
