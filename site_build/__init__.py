"""Builds the static site on which the lessons run in the reader's browser: JupyterLite.

`python -m site_build OUT` writes it. It needs no server but one that hands out files, and it asks
no other host for anything: Python (Pyodide, from npm), the wheels and the lessons are all in it.

- `wheels.py`, `pins.txt`: the packages it has, each of one version and with its digest
- `lock.py`: tells Pyodide what is there, so that an import finds it
- `bytecode.py`, `bytecode.mjs`, `in_pyodide.py`: compiles what a kernel starts with
- `contents.py`: the lessons as a student gets them
- `lite.py`: JupyterLite around all that
- `early.py`, `kernel/`: starts Python while JupyterLab loads; fetches late what is needed late
- `front.py`: the first page
- `lab/`: what the site adds to JupyterLab: the reader's language, links that hold a machine
"""
