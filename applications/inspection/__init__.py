"""What an uploaded file really is, found out in a process of its own that can do little harm (R7)."""
