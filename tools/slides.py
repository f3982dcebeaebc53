"""The slides of nbs/guide/95_half_day.ipynb as one HTML file that loads nothing from outside."""

import base64
import re
import nbformat
import mistune
from mdp.console import ROOT

NOTEBOOK = ROOT / "nbs" / "guide" / "95_half_day.ipynb"
OUT = ROOT / "_slides" / "half_day.html"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TITLE</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
html { scroll-snap-type: y mandatory; font: clamp(16px, 2vw, 30px)/1.45 system-ui, sans-serif; }
body { margin: 0; color: #1a1a1a; background: #ffffff; }
section { min-height: 100vh; box-sizing: border-box; padding: 6vh 8vw; scroll-snap-align: start; }
h1, h2 { line-height: 1.2; }
img { display: block; max-width: 84vw; max-height: 50vh; margin: 2vh auto; }
a { color: #00558c; }
code { background: #eeeeee; padding: 0 0.2em; }
</style></head><body>
SECTIONS
<script>
const slides = [...document.querySelectorAll("section")];
const forward = ["ArrowRight", "ArrowDown", "PageDown", " "];
const back = ["ArrowLeft", "ArrowUp", "PageUp"];
document.addEventListener("keydown", event => {
  const step = forward.includes(event.key) ? 1 : back.includes(event.key) ? -1 : 0;
  if (!step) return;
  event.preventDefault();
  const here = slides.findIndex(slide => slide.getBoundingClientRect().bottom > 10);
  const next = slides[Math.min(Math.max(here + step, 0), slides.length - 1)];
  next.scrollIntoView({behavior: "smooth"});
});
</script></body></html>
"""


def with_pictures(html):
    "Pictures become part of the page; a link to a notebook becomes its title."

    def embedded(match):
        data = base64.b64encode((NOTEBOOK.parent / match[1]).read_bytes()).decode()
        return f'src="data:image/png;base64,{data}"'

    html = re.sub(r'src="([^":]+\.png)"', embedded, html)
    return re.sub(r'<a href="[^"]+\.ipynb">(.*?)</a>', r"<em>\1</em>", html)


def slides():
    "The page of all slides: the title, then one section for each heading of the notebook."
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    title, purpose = re.match(r"# (.+)\n\n> (.+)", cells[0].source).groups()
    parts = [f"# {title}\n\n{purpose}"]
    parts += [cell.source for cell in cells if cell.source.startswith("## ")]
    sections = [
        f'<section id="slide-{number}">{with_pictures(mistune.html(part))}</section>'
        for number, part in enumerate(parts)
    ]
    return PAGE.replace("TITLE", title).replace("SECTIONS", "\n".join(sections))


def main():
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(slides(), encoding="utf-8")
    print(f"Open {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
