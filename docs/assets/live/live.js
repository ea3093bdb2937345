// Makes the examples of a page alive: every block of code that shows a prompt.

import { Page } from "./page.js"

const { src, dataset } = document.currentScript

addEventListener("DOMContentLoaded", () => {
  const boxes = [...document.querySelectorAll(".md-content .highlight")].filter(it => it.querySelector(".gp"))
  if (boxes.length) window.examples = new Page(boxes, { folder: new URL(".", src), ...JSON.parse(dataset.runtime) })
})
