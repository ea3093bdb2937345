// Moves two lines of docs/figures/gradient_reach.py, which has computed how they run.

import { listen, start } from "./places.js"

const LEFT = 62, RIGHT = 420, TOP = 20, FLOOR = 300
const LAGS = 60, LOWEST = -12, HIGHEST = 4  // powers of ten
const EVERY = 2  // lags between two numbers
const LINES = {
  scale: { kind: "state", name: value => value === 1 ? "RNN" : `RNN, scale ${value}` },
  bias: { kind: "gate", name: value => `LSTM, bias ${String(value).replace("-", "−")}` }
}

// Return the points of a line from the first lag on, as long as it is within the plot.
function pointsOf(powers) {
  const end = powers.findIndex(power => power < LOWEST || power > HIGHEST)
  return powers.slice(0, end < 0 ? powers.length : end).map((power, i) => [
    LEFT + i * EVERY / LAGS * (RIGHT - LEFT),
    FLOOR - (power - LOWEST) / (HIGHEST - LOWEST) * (FLOOR - TOP)
  ])
}

// Put a label beside the end of its line, a little higher or lower if another one is there.
function put(label, [x, y], others) {
  const isFree = height => others.every(it =>
    height > 14 && Math.abs(it.getAttribute("y") - height) > 16 || Math.abs(it.getAttribute("x") - x) > 100)
  const shift = [0, -17, 17, -34, 34, -51, 51].find(it => isFree(y + 5 + it)) ?? 0
  label.setAttribute("x", x + 8)
  label.setAttribute("y", y + 5 + shift)
}

start("reach", place => {
  const table = JSON.parse(place.querySelector("script").textContent)
  const svg = document.getElementById("gradient_reach-title").closest("svg")
  const lines = [...svg.querySelectorAll("g:not(.axis) > path")]
  const labels = [...svg.querySelectorAll("text.start")]
  const left = {}
  listen(place, values => {
    for (const [name, value] of Object.entries(values)) {
      const { kind, name: written } = LINES[name]
      const powers = table[name][value], points = pointsOf(powers)
      const label = labels.find(it => it.classList.contains(kind))
      label.textContent = written(value)
      lines.find(it => it.parentNode.classList.contains(kind)).setAttribute("d", `M${points.join("L")}`)
      put(label, points.at(-1), labels.filter(it => it !== label))
      left[written(value)] = (10 ** powers.at(-1)).toExponential(0)
    }
    const said = Object.entries(values).map(([name, value]) => {
      const written = LINES[name].name(value)
      return `${written}: ${left[written]} of the gradient is left after ${LAGS} steps`
    }).join("; ")
    svg.querySelector("desc").textContent = `${said}.`
    return said
  }, value => String(value).replace("-", "−"))
})
