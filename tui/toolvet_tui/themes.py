"""Two themes without hues: what stands out does so by brightness, bold and its sign alone."""

from textual.theme import Theme

_DARK = {
    "block-cursor-background": "#f0f0f0",
    "block-cursor-foreground": "#000000",
    "footer-key-foreground": "#ffffff",
    "input-selection-background": "#606060",
    "border": "#a0a0a0",
    "text-primary": "#ffffff",
    "text-success": "#e8e8e8",
    "text-warning": "#ffffff",
    "text-error": "#ffffff",
    "success-muted": "#262626",
    "warning-muted": "#3a3a3a",
    "error-muted": "#4c4c4c",
}
_LIGHT = {
    "block-cursor-background": "#101010",
    "block-cursor-foreground": "#ffffff",
    "footer-key-foreground": "#000000",
    "input-selection-background": "#b0b0b0",
    "border": "#606060",
    "text-primary": "#000000",
    "text-success": "#202020",
    "text-warning": "#000000",
    "text-error": "#000000",
    "success-muted": "#ececec",
    "warning-muted": "#d4d4d4",
    "error-muted": "#c0c0c0",
}
MONO = (
    Theme(
        "toolvet-mono", primary="#8a8a8a", secondary="#6a6a6a", warning="#c8c8c8",
        error="#ffffff", success="#b0b0b0", accent="#d8d8d8", foreground="#e4e4e4",
        background="#101010", surface="#1c1c1c", panel="#303030", variables=_DARK,
    ),
    Theme(
        "toolvet-mono-light", primary="#5a5a5a", secondary="#7a7a7a", warning="#3a3a3a",
        error="#000000", success="#4a4a4a", accent="#303030", foreground="#141414",
        background="#f6f6f6", surface="#ebebeb", panel="#d9d9d9", variables=_LIGHT, dark=False,
    ),
)  # fmt: skip
"""Register them before one is set."""
