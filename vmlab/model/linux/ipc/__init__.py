"""Shared memory of System V: segments that processes attach by number.

As in Linux's ipc/.
"""
