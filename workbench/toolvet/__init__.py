"""The gate between tools that agents write and the place where they run."""
