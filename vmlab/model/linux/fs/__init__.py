"""Files: paths, open files, descriptors, reading and writing, and the loaders of programs.

As in Linux's fs/; what execve and the loaders share stands in `binprm.py`.
"""
