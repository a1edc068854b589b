"""The routes, one file per subject; each handler parses, calls the engine and renders."""
