"""Tasks: fork, exit, wait, kernel threads, the switch from one task to another.

As in Linux's kernel/.
"""
