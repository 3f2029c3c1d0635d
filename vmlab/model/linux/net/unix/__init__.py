"""Sockets between processes of one machine."""
