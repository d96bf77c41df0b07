"""A page that is one file: the house style inside it, no script, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import html

# Colours and their contrasts are those of the site's own style sheet.
STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1f2933; --muted: #4d5763; --link: #00578c; --rule: #d5dbe1; --stripe: #f4f6f8;
  --good: #00694f; --mixed: #755b00; --bad: #a83a00; --first: #0067a5; --second: #b84300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121212; --ink: #ced6dd; --muted: #b4bdc8; --link: #7cc0f0; --rule: #3a434e; --stripe: #1c222a;
    --good: #57d3b0; --mixed: #e3c65c; --bad: #ff9d6b; --first: #7cc0f0; --second: #ff9d6b;
  }
}
* { box-sizing: border-box; }
html {
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "PingFang SC", "Microsoft YaHei",
    "Noto Sans", "Noto Sans CJK SC", sans-serif;
  background: var(--page); color: var(--ink);
}
body { max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
h1 { font-size: clamp(1.7rem, 1.3rem + 2vw, 2.4rem); line-height: 1.2; text-wrap: balance; }
h2 { font-size: clamp(1.35rem, 1.15rem + 1vw, 1.75rem); margin-top: 2.5rem; line-height: 1.25; }
h3 { font-size: 1.15rem; margin: 0 0 0.5rem; line-height: 1.3; }
p, li, dd { max-width: 72ch; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; background: var(--page); padding: 0.3rem 0.6rem; }
.lead { font-size: 1.15rem; }
.muted, footer, .table-note, .table-csv { color: var(--muted); font-size: 0.9em; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 0.5rem; }
article {
  border: 1px solid var(--rule); border-left: 0.35rem solid var(--muted); border-radius: 0.25rem;
  padding: 0.75rem 1rem; margin: 1rem 0;
}
article.good { border-left-color: var(--good); }
article.mixed { border-left-color: var(--mixed); }
article.bad { border-left-color: var(--bad); }
article p { margin: 0 0 0.5rem; }
.word { font-weight: 700; }
.good > .word { color: var(--good); }
.mixed > .word { color: var(--mixed); }
.bad > .word { color: var(--bad); }
article svg { display: block; width: 100%; max-width: 26rem; height: auto; margin: 0.5rem 0; }
svg text { fill: var(--ink); font-size: 13px; }
svg .axis { stroke: var(--rule); }
svg .first { stroke: var(--first); fill: var(--first); }
svg .second { stroke: var(--second); fill: var(--second); }
.table-scroll { overflow-x: auto; max-width: 100%; }
table.data {
  border-collapse: collapse; font-size: 0.92em; font-variant-numeric: tabular-nums; min-width: min(100%, 22rem);
}
table.data caption { text-align: left; font-weight: 600; padding: 0.25rem 0 0.5rem; }
table.data th, table.data td {
  padding: 0.3rem 0.75rem 0.3rem 0.4rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule);
}
table.data thead th { border-bottom: 2px solid var(--muted); vertical-align: bottom; }
table.data tbody th { font-weight: 500; }
table.data tbody tr:hover { background: var(--stripe); }
table.data .number { text-align: right; white-space: nowrap; }
.visually-hidden {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
@media (max-width: 36rem) {
  body { padding: 0.75rem; }
  table.data { font-size: 0.85em; }
  table.data :is(th, td):not(.number, :first-child) { min-width: 6.5rem; }
}
@media print {
  body { max-width: none; }
  article { break-inside: avoid; }
  .table-csv, .skip { display: none; }
  .table-scroll { overflow: visible; }
}
"""


def standalone(title: str, body: str, *, footer: str = "", language: str = "en") -> str:
    """Return a whole page as one text.

    Parameters
    ----------
    title : str
        Plain text: of the window, and the heading of the page.
    body : str
        HTML that follows the heading; tables as :func:`table_html` makes them. Boxes are ``article`` with the class
        ``good``, ``mixed`` or ``bad``.
    footer : str
        HTML.
    language : str
        Of the text.

    Returns
    -------
    str
        A page with the style in it, light and dark as the reader's system is, and a policy that lets nothing else in.
    """
    seal = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{seal}'; base-uri 'none'; form-action 'none'"
    heading = html.escape(title)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{html.escape(language)}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{heading}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#content">To the content</a>',
            '<main id="content">',
            f"<h1>{heading}</h1>",
            body,
            "</main>",
            *([f"<footer>{footer}</footer>"] if footer else []),
            "</body>",
            "</html>",
            "",
        ]
    )
