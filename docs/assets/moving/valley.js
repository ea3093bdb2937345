// Lets a reader choose the learning rates of three optimizers, and draws the ways through the valley
// that docs/figures/valley.py draws.

import { draw, words } from "./drawing.js"
import { adam, descend, momentum } from "./optimizers.js"
import { listen, start } from "./places.js"

const RULES = [
  { name: "descent", kind: "gate", rule: descend, middle: 72 },
  { name: "momentum", kind: "input", rule: momentum, middle: 190 },
  { name: "Adam", kind: "output", rule: adam, middle: 308 }
]
const MIDDLE = 280, SCALE = 26.5
const STEEP = 40, START = [-9, 1.2], STEPS = 30
const WIDE = 10.5, HIGH = 1.8  // the valley as it is drawn

// Learning rate number 0 is 0.001, number 35 is 9.
export const rateOf = number => Number(`${number % 9 + 1}e${Math.floor(number / 9) - 3}`)

const loss = ([x, y]) => (x ** 2 + STEEP * y ** 2) / 2

// Follow a rule from the start; return all points.
export function walk(rule, rate) {
  const points = [START]
  let memory
  for (let step = 0; step < STEPS; step++) {
    const [x, y] = points.at(-1)
    const [moved, next] = rule([x, y], [x, STEEP * y], memory, rate)
    points.push(moved)
    memory = next
  }
  return points
}

const written = value => value < 1e4 ? value.toFixed(2) : value.toExponential(0).replace("+", "")

const isSeen = ([x, y]) => Math.abs(x) <= WIDE && Math.abs(y) <= HIGH

// Return which share of the way from one number to another lies within a limit.
function shareWithin(limit, from, to) {
  if (Math.abs(to) <= limit) return 1
  return (Math.sign(to) * limit - from) / (to - from)
}

// Return where the way from a point that is seen leaves the valley as it is drawn.
function exit([x, y], [toX, toY]) {
  const share = Math.min(shareWithin(WIDE, x, toX), shareWithin(HIGH, y, toY))
  return [x + share * (toX - x), y + share * (toY - y)]
}

function way({ kind, middle }, points) {
  const place = ([x, y]) => [MIDDLE + x * SCALE, middle - y * SCALE]
  const gone = points.findIndex(point => !isSeen(point))
  const seen = (gone < 0 ? points : points.slice(0, gone)).map(place)
  const end = gone < 0 ? [] : [place(exit(points[gone - 1], points[gone]))]
  return draw("g", { class: kind },
    draw("path", { class: "wire", d: `M${[...seen, ...end].join("L")}` }),
    ...seen.map(([cx, cy]) => draw("circle", { class: "dot", cx, cy, r: 2.5 })))
}

start("valley", place => {
  const svg = document.getElementById("valley-title").closest("svg")
  listen(place, values => {
    const said = RULES.map(it => {
      const rate = rateOf(values[it.name])
      const points = walk(it.rule, rate)
      const text = `${it.name}, learning rate ${rate}: loss ${written(loss(points.at(-1)))}`
      svg.querySelector(`text.${it.kind}`).textContent = text
      svg.querySelector(`g.${it.kind}`).replaceWith(way(it, points))
      return text
    }).join("; ")
    svg.querySelector("desc").textContent = `After ${STEPS} steps: ${said}.`
    return said
  }, number => String(rateOf(number)))
})
