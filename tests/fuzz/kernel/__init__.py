"""The model beside the kernel of this machine: the same operations, chosen at random, in both.

`operations` chooses them, `find` asks both and shortens what differs, `run` goes on without end.
"""
