"""What is shown and clicked in Jupyter: views, and the Explorer that puts them together.

A view keeps what is seen, no knowledge of memory. Its Python half is a file here, its JavaScript
and CSS are in `frontend/`, whose tests are in `tests/frontend/`.
"""
