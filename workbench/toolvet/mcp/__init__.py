"""The MCP endpoint: translate, call the engine, translate back."""
