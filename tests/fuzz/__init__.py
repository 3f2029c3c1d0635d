"""Fuzzers: files with a few things wrong, by the thousand, for each reader.

Each kind has `bases` (what is changed), `choose` (how) and `attempt`, which raises if a mutant is
neither refused clearly nor makes something that goes on. `python -m tests.fuzz` runs them;
`kept.json` holds the mutants that once broke something.
"""
