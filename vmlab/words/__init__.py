"""What people read: sentences for events, words for codes, in the reader's language.

`language.py` chooses it and finds the words; `reasons/` and `sentences/` say what the model tells
in codes. Higher layers say their own English with `say`, which looks it up in the catalogue.
"""
