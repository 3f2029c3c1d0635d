"""The first page of the site: it leads to the lessons in the reader's language."""

import json
from pathlib import Path

from vmlab.commands.lab import FIRST_LESSON
from vmlab.words.language import ENGLISH, languages, name_of

PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>vmlab</title>
    <!-- JupyterLite looks for this here. -->
    <script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">
      {{}}
    </script>
    <script>
      // A link that holds a machine, or names a notebook, is handed on as it is.
      const lessons = {lessons};
      const codes = navigator.languages.map((each) => each.split("-")[0]);
      const code = codes.find((each) => each in lessons) ?? "{english}";
      const lesson = `?path=${{encodeURIComponent(lessons[code])}}`;
      const {{ search, hash }} = location;
      location.replace(`lab/index.html${{search || (hash ? "" : lesson)}}${{hash}}`);
    </script>
  </head>
  <body>
{links}
  </body>
</html>
"""
LINK = '    <p lang="{code}"><a href="lab/index.html?path={lesson}">vmlab: {name}</a></p>'


def write(site: Path) -> None:
    """Write it."""
    lessons = {
        code: FIRST_LESSON if code == ENGLISH else f"{code}/{FIRST_LESSON}" for code in languages()
    }
    links = (LINK.format(code=code, lesson=lessons[code], name=name_of(code)) for code in lessons)
    page = PAGE.format(lessons=json.dumps(lessons), english=ENGLISH, links="\n".join(links))
    (site / "index.html").write_text(page, encoding="utf-8")
