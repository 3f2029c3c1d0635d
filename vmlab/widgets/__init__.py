"""What is shown and clicked in Jupyter: view state only, no knowledge of memory.

`explorer.py` puts the pieces together; `frontend/` holds their JavaScript and CSS.
"""
