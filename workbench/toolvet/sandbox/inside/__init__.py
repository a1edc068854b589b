"""What runs inside the walls, or builds them. Standard library only; bound read-only."""
