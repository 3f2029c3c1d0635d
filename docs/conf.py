"""Sphinx's settings for the documentation site; `python -m docs.build OUT` runs it.

The theme is Furo: no request to another host, light and dark, made for phones, and maintained.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # vmlab as it stands here

from vmlab import __version__

project = "vmlab"
author = "The vmlab developers"
copyright = author
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.lesson_pages",
    "docs.korean_search",
]

# The lab lies beside the documentation; this is the one place that says where.
lab_url = "../lab/index.html"

html_theme = "furo"
html_title = "vmlab"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = [("pages.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
templates_path = ["_templates"]
html_theme_options = {"top_of_page_buttons": []}
html_favicon = "_static/icon.svg"

nb_execution_mode = "off"  # the stored outputs are the tested ones
nb_ipywidgets_js = {}  # lessons are stored without widgets, and nothing is loaded from elsewhere
myst_enable_extensions = ["colon_fence", "fieldlist"]
myst_heading_anchors = 3
# A page that there is only in English: from a page in another language, relative to it.
myst_url_schemes = {"http": None, "https": None, "english": "{{path}}#{{fragment}}"}

default_role = "code"  # docstrings have Markdown's backticks
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
add_module_names = False
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Emits", "params_style"), "Source", "Left out"]
napoleon_use_rtype = False
