"""What one release does that the one before it did not: behaviours, hosts, hooks, files and dependencies."""
