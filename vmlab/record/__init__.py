"""What a machine did: recording, going back and forth, doing it again, telling it as text.

`recorder.py` listens, `history.py` finds the state after any step, `replay.py` repeats calls.
"""
