"""Renders docs/assets/social.png, the picture that stands for the site where a page is shared.

    python -m tools.render_social

Needs Chromium: the one that CHROMIUM names, else the first on the PATH.
"""

import base64
import hashlib
import io
import os
import shutil
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from docs.figures.mark import social

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs/assets/social.png"
FONT = ROOT / "docs/assets/katex/fonts/KaTeX_Main-Regular.woff2"
PAGE = """<!doctype html><meta charset="utf-8">
<style>@font-face {{ font-family: KaTeX_Main; src: url(data:font/woff2;base64,{font}) }}
body {{ margin: 0 }}</style>{svg}"""


def source_hash() -> str:
    """Return what the picture carries, so that a test sees when its source has changed."""
    return hashlib.sha256(social().encode()).hexdigest()


def screenshot() -> bytes:
    """Let Chromium paint the picture."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        raise SystemExit("Chromium is needed: install it, or name it in CHROMIUM.")
    font = base64.b64encode(FONT.read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(PAGE.format(font=font, svg=social()))
        page.evaluate("document.fonts.ready")
        return page.screenshot()


def main() -> None:
    """Write the picture, in few colours, with the hash of its source."""
    picture = Image.open(io.BytesIO(screenshot())).convert("RGB").quantize(32)
    note = PngInfo()
    note.add_text("source", source_hash())
    picture.save(PICTURE, optimize=True, pnginfo=note)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
