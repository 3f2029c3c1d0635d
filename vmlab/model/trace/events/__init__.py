"""The events, by what they are about: the CPU, faults, pages, VMAs, files, processes.

Named after Linux's tracepoints where Linux has one; `docs/events.md` lists them all.
"""
