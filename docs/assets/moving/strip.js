// Draws along the time axis what a network does while it reads a text: a column for each step.

import { draw, words } from "./drawing.js"

const LEFT = 52, LETTER = 9, GAP = 11  // where the first step begins, and the room of a letter
const ANSWERS = 36, ROOF = 90, FLOOR = 156, READ = 186  // heights of the answers, a high and a low value
const WAY_BACK = 252  // the ground of the gradient
const LONGEST = 30  // its longest bar
const CURLY = { "opening mark": "\u201c", "closing mark": "\u201d" }

// What the signal of a network is called and drawn between; its bars begin at the last number.
const SIGNALS = {
  a: { label: "the hidden state of one unit", kind: "state", low: -1, high: 1, ground: -1 },
  c: { label: "the cell state of one unit", kind: "state", low: -2, high: 2, ground: 0 },
  gamma_u: { label: "the update gate of one unit", kind: "gate", low: 0, high: 1, ground: 0 }
}

// Return the middle and the width of each column.
function columns(steps) {
  const isOfWords = steps.some(it => it.symbol.length > 1)
  let x = LEFT
  return steps.map(({ symbol }) => {
    const width = LETTER * symbol.length
    x += width + (isOfWords ? GAP : 2)
    return { width, x: x - (isOfWords ? GAP : 2) - width / 2 }
  })
}

const bar = (x, width, y, ground) => draw("rect", {
  class: "bar", x: x - width / 2, width, y: Math.min(y, ground), height: Math.abs(ground - y)
})

function drawAnswers(steps, places) {
  const unknown = steps.find(it => it.said.includes("yet"))?.said
  const legend = `what the network answers${unknown ? ` (?: ${unknown})` : ""}`
  const parts = [words(legend, LEFT - 5, 12, "output start")]
  for (let first = 0, t = 1; t <= steps.length; t++) {
    if (t < steps.length && steps[t].said === steps[first].said) continue
    const left = places[first].x - places[first].width / 2
    const right = places[t - 1].x + places[t - 1].width / 2
    const box = draw("rect", {
      class: "node", x: left - 1, y: ANSWERS - 14, width: right - left + 2, height: 28, rx: 4
    })
    const said = steps[first].said
    const [fitting] = [said, said === unknown ? "?" : ""].filter(it => LETTER * it.length <= right - left)
    const text = words(fitting ?? "", (left + right) / 2, ANSWERS, "typed output")
    parts.push(draw("g", { class: "output" }, box, text))
    first = t
  }
  return parts
}

function drawSignal(steps, places, { signal, unit }, now) {
  const { label, kind, low, high, ground } = SIGNALS[signal]
  const height = value =>
    FLOOR + (Math.min(Math.max(value, low), high) - low) / (high - low) * (ROOF - FLOOR)
  const columnOf = (step, t) => {
    const { x, width } = places[t]
    const y = height(step[signal][unit])
    const above = y <= height(ground)
    const symbol = CURLY[step.said] ?? step.symbol
    const lifted = words(symbol, x, above ? y - 9 : y + 9, "typed")
    const read = words(step.symbol, x, READ, "typed input")
    const kinds = `${symbol === step.symbol ? kind : "output"}${t > now ? " faint" : ""}`
    return draw("g", {}, draw("g", { class: kinds }, bar(x, width, y, height(ground)), lifted), read)
  }
  const end = places.at(-1).x + places.at(-1).width / 2 + 6
  return [
    words(label, LEFT - 5, 66, `${kind} start`),
    draw("path", { class: "axis-line", d: `M${LEFT - 6} ${height(ground)}H${end}` }),
    ...[low, high].map(it => words(String(it).replace("-", "−"), 38, height(it), "end")),
    ...steps.map(columnOf)
  ]
}

function drawReach(lengths, places) {
  const largest = Math.max(...lengths) || 1
  return [
    words("how much this answer depends on each memory (gradient)", LEFT - 5, 210, "gradient start"),
    draw("g", { class: "gradient" }, ...lengths.map((length, t) =>
      bar(places[t].x, places[t].width, WAY_BACK - LONGEST * length / largest, WAY_BACK)))
  ]
}

// Draw the steps up to `now` in full, and those after it faint. `lengths` are those of the gradient.
export function drawStrip(steps, telling, now, lengths) {
  const places = columns(steps)
  const { x, width } = places[now]
  const column = { class: "moving-now", x: x - width / 2 - 2, width: width + 4, y: 73, height: 126 }
  return draw("g", {},
    ...(lengths ? [draw("rect", { ...column, rx: 3 })] : []),
    ...drawAnswers(steps, places),
    ...drawSignal(steps, places, telling, now),
    ...(lengths ? drawReach(lengths, places) : []))
}

// Return the number of the step at a place of the drawing.
export function stepAt(steps, x) {
  const found = columns(steps).findIndex(it => x < it.x + it.width / 2 + 1)
  return found < 0 ? steps.length - 1 : found
}
