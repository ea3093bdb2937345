// Lights up a symbol wherever it is on the page, and puts the light out again.

import { findNames } from "./code.js"
import { keyOf } from "./keys.js"

const LIT = "symbol-lit", CURRENT = "symbol-current", AROUND = 3 // px of a drawing

// Draw the ground of a symbol in a figure, behind it.
function drawGround(sign) {
  const { x, y, width, height } = sign.getBBox()
  const ground = document.createElementNS(sign.namespaceURI, "rect")
  const size = { x: x - AROUND, y: y - AROUND, width: width + 2 * AROUND, height: height + 2 * AROUND }
  for (const [name, value] of Object.entries({ ...size, rx: 3, class: "symbol-ground" }))
    ground.setAttribute(name, value)
  sign.before(ground)
}

// Code that has all steps in one array calls it z, not z_t.
const namesOfAllSteps = key =>
  NOTES[key][0].filter(it => it.endsWith("_t")).map(it => it.slice(0, -2))

// Light up all that has a key, and return the names under which code has it.
export function light(key, current) {
  dim()
  for (const sign of document.querySelectorAll("[data-symbol]")) {
    if (keyOf(sign) !== key) continue
    sign.classList.add(LIT)
    if (sign === current) sign.classList.add(CURRENT)
    if (sign.getBBox) drawGround(sign)
  }
  const ranges = findNames(NOTES[key][0])
  const inCode = ranges.length ? ranges : findNames(namesOfAllSteps(key))
  if (inCode.length) CSS.highlights?.set("symbol", new Highlight(...inCode))
  return [...new Set(ranges.map(String))]
}

export function dim() {
  for (const sign of document.querySelectorAll(`.${LIT}`)) sign.classList.remove(LIT, CURRENT)
  for (const ground of document.querySelectorAll(".symbol-ground")) ground.remove()
  CSS.highlights?.delete("symbol")
}
