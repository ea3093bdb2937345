"""Where an exercise asks for code, the reader can write it in the page, and have it tested.

The page has the start of the answer and its test in two comments. Here they become an element
that shows nothing; docs/assets/live/ puts a button and an editor there.
"""

import json
import re

from tests.guards.markdown import TASK, make_page

PLACE = '{indent}<span class="live-task"></span>\n'
PLACES = re.compile(r'<p><span class="live-task"></span></p>')
ELEMENT = (
    '<div class="live-task" data-search-exclude="yes">'
    '<script type="application/json">{}</script></div>'
)


def on_page_markdown(markdown, page, config, files):
    """Keep the tasks of a page, and mark their places."""
    page.tasks = make_page(page.file.src_uri, markdown).tasks
    return TASK.sub(lambda task: PLACE.format(indent=task["indent"]), markdown)


def on_page_content(html, page, config, files):
    """Put the tasks into their places."""
    tasks = iter(page.tasks)
    return PLACES.sub(lambda _: element(next(tasks)), html)


def element(task) -> str:
    """Return a task as data for a script."""
    data = {"number": task.number, "start": task.start, "test": task.test}
    return ELEMENT.format(json.dumps(data).replace("<", "\\u003c"))
