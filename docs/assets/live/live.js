// What buttons.js loads: all that makes the examples of a page alive.

import { Page } from "./page.js"

// overrides/hooks/live.py says in RUNTIME what is known of Python when the site is built.
window.makePage = (boxes, tasks, whole, place) =>
  window.examples = new Page(boxes, tasks, whole, { ...place, ...RUNTIME })
