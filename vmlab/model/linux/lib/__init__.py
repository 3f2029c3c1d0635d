"""What the rest of the kernel uses: the red-black tree, copies to and from user memory.

As in Linux's lib/.
"""
