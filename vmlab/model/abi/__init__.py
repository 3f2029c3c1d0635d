"""What both sides of a system call agree on: numbers, flags, errors, signals, formats of text.

Linux's own values and spellings, and the table of calls. No behaviour: whoever needs to know what
a call, a flag or a line of /proc looks like reads it here.
"""
