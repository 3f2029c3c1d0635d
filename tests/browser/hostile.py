"""Pictures that were made to do harm: each is shown, saved and printed, and none does any.

A picture that runs something sets `window.hacked`; one that loads something asks for evil.invalid.
"""

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
HTML = 'xmlns="http://www.w3.org/1999/xhtml"'
RUN = "window.hacked=1"
AWAY = "http://evil.invalid"
SCRIPT = f"<script {HTML}>{RUN}</script>"
RECT = "<rect width='80' height='80'/>"
IMG = f"<img {HTML} src='x' onerror='{RUN}'/>"

INSIDE = (
    # Scripts
    f"<script>{RUN}</script>",
    SCRIPT,
    f"<script href='{AWAY}/a.js'/>",
    f"<script xlink:href='data:text/javascript,{RUN}'/>",
    f"<s:script xmlns:s='http://www.w3.org/2000/svg'>{RUN}</s:script>",
    f"<SCRIPT>{RUN}</SCRIPT>",
    f"<handler type='application/javascript'>{RUN}</handler>",
    f"<g><desc>{SCRIPT}</desc></g>",
    f"<title>{SCRIPT}</title>",
    # Handlers
    *(
        f"<rect width='80' height='80' {name}='{RUN}'/>"
        for name in ("onload", "onclick", "onmouseover", "onfocus", "onerror", "onbegin", "ONLOAD")
    ),
    f"<rect width='80' height='80' tabindex='0' autofocus='1' onfocus='{RUN}'/>",
    # What is not SVG
    f"<foreignObject><body {HTML} onload='{RUN}'>{IMG}</body></foreignObject>",
    f"<foreignObject><iframe {HTML} src='javascript:{RUN}'/></foreignObject>",
    f"<foreignObject><iframe {HTML} srcdoc='&lt;script>parent.{RUN}&lt;/script>'/></foreignObject>",
    IMG,
    f"<iframe {HTML} src='{AWAY}/a.html'/>",
    f"<embed {HTML} src='{AWAY}/a.swf'/>",
    f"<object {HTML} data='{AWAY}/a.svg'/>",
    f"<link {HTML} rel='stylesheet' href='{AWAY}/a.css'/>",
    f"<meta {HTML} http-equiv='refresh' content='0;url={AWAY}'/>",
    f"<base {HTML} href='{AWAY}/'/>",
    f"<form {HTML} action='{AWAY}'><input name='a' autofocus='1' onfocus='{RUN}'/></form>",
    f"<video {HTML} src='{AWAY}/a.mp4' onerror='{RUN}'/>",
    f"<details {HTML} open='1' ontoggle='{RUN}'>a</details>",
    f"<math xmlns='http://www.w3.org/1998/Math/MathML'><mtext>{IMG}</mtext></math>",
    f"<style {HTML}>@import '{AWAY}/a.css';</style>",
    # Styles
    f"<style>@import url({AWAY}/a.css);</style>",
    f"<style>rect {{ fill: url({AWAY}/a.svg#a) }}</style>",
    f"<rect width='9' height='9' style='background: url({AWAY}/a.png)'/>",
    f"<rect width='9' height='9' fill='url({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' fill='URL( &quot;{AWAY}/a.svg#a&quot; )'/>",
    rf"<rect width='9' height='9' fill='u\72l({AWAY}/a.svg#a)'/>",
    rf"<rect width='9' height='9' fill='\75\72\6c({AWAY}/a.svg#a)'/>",
    rf"<rect width='9' height='9' stroke='u\000072 l({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' fill='/**/url({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' fill='u&#x72;l({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' fill='image-set(&quot;{AWAY}/a.png&quot; 1x)'/>",
    f"<rect width='9' height='9' fill='url(#a) url({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' fill='url(#a){AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' clip-path='url({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' filter='url({AWAY}/a.svg#a)' mask='url({AWAY}/a.svg#a)'/>",
    f"<rect width='9' height='9' cursor='url({AWAY}/a.cur),auto'/>",
    f"<path d='M0 0L9 9' marker-end='url({AWAY}/a.svg#a)'/>",
    f"<text font-family='a; background: url({AWAY}/a.png)'>a</text>",
    # References
    f"<image xlink:href='{AWAY}/a.png' width='9' height='9'/>",
    f"<image href='data:image/svg+xml,&lt;svg onload=&quot;{RUN}&quot;/>' width='9' height='9'/>",
    f"<use href='{AWAY}/a.svg#a'/>",
    f"<use xlink:href='data:image/svg+xml,&lt;svg id=&quot;a&quot; onload=&quot;{RUN}&quot;/>#a'/>",
    f"<feImage href='{AWAY}/a.png'/>",
    f"<g xml:base='{AWAY}/'><rect width='9' height='9' fill='url(#a)'/></g>",
    *(
        f"<a {name}='{target}' target='_top'>{RECT}</a>"
        for name in ("href", "xlink:href")
        for target in (f"javascript:{RUN}", f"java&#9;script&#58;{RUN}", f"{AWAY}/a.html")
    ),
    f"<a><set attributeName='xlink:href' to='javascript:{RUN}'/>{RECT}</a>",
    f"<a><animate attributeName='href' values='javascript:{RUN}'/>{RECT}</a>",
    f"<rect width='9' height='9'><animate attributeName='x' onbegin='{RUN}' dur='1s'/></rect>",
    f"<rect width='9' height='9'><set attributeName='fill' to='url({AWAY}/a.svg#a)'/></rect>",
    # What becomes something else when it is read again
    f"<!-- </title></svg>{IMG} -->",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<?xml-stylesheet href='{AWAY}/a.css'?>",
    f"<?a ><img src=x onerror={RUN}>?>",
    f"<title><![CDATA[</title><img src=x onerror={RUN}>]]></title>",
    f"<desc><![CDATA[</svg><script>{RUN}</script>]]></desc>",
    f"<title>&lt;/title>&lt;img src=x onerror={RUN}></title>",
    f"<text>&lt;/text>&lt;/svg>&lt;script>{RUN}&lt;/script></text>",
    f"<desc><style {HTML}>&lt;/style>&lt;img src=x onerror={RUN}></style></desc>",
    f"<g id='&lt;img src=x onerror={RUN}>'><title>&quot;>&lt;img src=x onerror={RUN}></title></g>",
    f"<g id='a&quot; onload=&quot;{RUN}'>{RECT}</g>",
    f"<g xlink:title='&quot;>&lt;img src=x onerror={RUN}>'>{RECT}</g>",
    # Names that the page itself uses
    *(
        f"<g id='{name}' class='{name}'>{RECT}</g>"
        for name in ("main", "jupyterapp", "document", "__proto__", "constructor", "hacked-not")
    ),
    # Very deep, very many
    "<g>" * 1000 + "</g>" * 1000,
    "<rect width='1' height='1'/>" * 3000,
    "<rect width='9' height='9' transform='" + "scale(1)" * 2000 + "('/>",
)
WHOLE = (
    f"<svg {NAMESPACES} onload='{RUN}'><text>{{mark}}</text></svg>",
    f"<!DOCTYPE svg [<!ENTITY a '<script>{RUN}</script>'>]>"
    f"<svg {NAMESPACES}><text>{{mark}}</text></svg>",
    f"<?xml-stylesheet href='{AWAY}/a.css'?><svg {NAMESPACES}><text>{{mark}}</text></svg>",
    f"<svg {NAMESPACES}><text>{{mark}}</text></svg><script>{RUN}</script>",
    f"<svg {NAMESPACES} style='background: url({AWAY}/a.png)'><text>{{mark}}</text></svg>",
    f"{IMG}<svg {NAMESPACES}><text>{{mark}}</text></svg>",
)


def pictures() -> list[str]:
    """Return each with a text that says which it is: 'number 7 '."""
    wrapped = [
        f"<svg {NAMESPACES} viewBox='0 0 90 90'>{inside}<text>{{mark}}</text></svg>"
        for inside in INSIDE
    ]
    return [
        picture.replace("{mark}", f"number {number} ")
        for number, picture in enumerate((*wrapped, *WHOLE))
    ]
