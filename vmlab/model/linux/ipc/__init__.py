"""Shared memory, semaphores and messages of System V: objects that processes find by a key.

As in Linux's ipc/.
"""
