"""Where code runs without being called: roles of files, and trigger files."""
