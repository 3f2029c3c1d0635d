"""Sockets of the Internet, whose packets never leave this machine."""
