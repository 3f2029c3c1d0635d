"""What sockets of all families have in common."""
