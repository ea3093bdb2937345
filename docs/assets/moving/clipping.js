// Lets a reader drag the gradients that are clipped, and draws what docs/figures/clipping_direction.py
// draws.

import { clipByGlobalNorm, clipByNorm, clipByValue } from "./clip.js"
import { arrow, draw, words } from "./drawing.js"
import { listen, start } from "./places.js"

const Y = 76  // height of the origins
const PANELS = [
  { name: "by value", x: 62, clip: clipByValue, isSquare: true },
  { name: "by norm", x: 252, clip: clipByNorm },
  { name: "by global norm", x: 442, clip: clipByGlobalNorm }
]
const LEFT = -56, RIGHT = 112, HIGH = 56  // how far a gradient reaches
const SHORTEST = 12  // without a length it has no direction
const KEYS = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, 2], ArrowDown: [0, -2] }

const axis = d => draw("g", { class: "axis" }, draw("path", { class: "wire", d }))
const within = (value, low, high) => Math.min(high, Math.max(low, value))

// Say what happened to an array: whether it turned by more than a degree, or shrank.
function change(g, after) {
  const across = Math.abs(g[0] * after[1] - g[1] * after[0])
  const long = Math.hypot(...g), short = Math.hypot(...after)
  if (across / (long * short) > Math.sin(Math.PI / 180)) return "turn"
  return short < long * (1 - 1e-9) ? "shrink" : ""
}

function effect(arrays, clipped) {
  const [one, two] = arrays.map((g, i) => change(g, clipped[i]))
  if (one === two) return one ? `both ${one}` : "no change"
  if (one && two) return `1 ${one}s, 2 ${two}s`
  return one ? `only 1 ${one}s` : `only 2 ${two}s`
}

function panel({ name, x, clip, isSquare }, arrays, n) {
  const clipped = clip(arrays, n)
  const to = g => [[x, Y], [x + g[0], Y - g[1]]]
  const square = { class: "limit", x: x - n, y: Y - n, width: 2 * n, height: 2 * n }
  return [
    isSquare ? draw("rect", square) : draw("circle", { class: "limit", cx: x, cy: Y, r: n }),
    axis(`M${x + LEFT} ${Y}L${x + RIGHT} ${Y}`),
    axis(`M${x} ${Y - HIGH}L${x} ${Y + HIGH}`),
    ...arrays.map(g => arrow("gradient", ...to(g))),
    ...clipped.map(g => arrow("gradient clipped", ...to(g))),
    ...arrays.map((g, i) => words(String(i + 1), x + g[0], Y - g[1] + (g[1] < 0 ? 17 : -17), "gradient")),
    words(name, x + 26, Y + 84, ""),
    words(effect(arrays, clipped), x + 26, Y + 104, "gradient")
  ]
}

// Make what a reader takes hold of at the tip of an array, in one panel; by keyboard in the first one.
function handle(number, isFirst) {
  const made = draw("g", { class: "moving-handle gradient" },
    draw("circle", { class: "moving-reach", r: 19 }), draw("circle", { class: "moving-ring", r: 7 }))
  if (!isFirst) return made
  const known = {
    tabindex: 0, role: "slider", "aria-label": `Gradient of array ${number}`,
    "aria-valuemin": 0, "aria-valuemax": 126
  }
  for (const [name, value] of Object.entries(known)) made.setAttribute(name, value)
  return made
}

start("clipping", place => {
  const svg = document.getElementById("clipping_direction-title").closest("svg")
  const [title, description] = svg.children
  const limits = [...svg.querySelectorAll("[data-symbol=threshold]")]
  const arrays = [[104, 40], [-24, 34]]
  let threshold = 50
  const layer = draw("g", { class: "moving-layer" })
  const handles = PANELS.map((_, i) => arrays.map((_, number) => handle(number + 1, i === 0)))

  const said = () => PANELS.map(it => `${it.name} ${effect(arrays, it.clip(arrays, threshold))}`).join(", ")
  const show = () => {
    layer.replaceChildren(...PANELS.flatMap(it => panel(it, arrays, threshold)))
    description.textContent = `After clipping ${said()}.`
    PANELS.forEach(({ x }, i) => {
      limits[i].setAttribute("x", x + threshold + 12)
      handles[i].forEach((it, number) => {
        const [right, up] = arrays[number]
        it.setAttribute("transform", `translate(${x + right} ${Y - up})`)
        it.setAttribute("aria-valuenow", Math.round(Math.hypot(right, up)))
        it.setAttribute("aria-valuetext", `${Math.round(right)} right, ${Math.round(up)} up: ${said()}`)
      })
    })
  }
  const move = (number, right, up) => {
    const g = [within(right, LEFT, RIGHT), within(up, -HIGH, HIGH)]
    if (Math.hypot(...g) < SHORTEST) return
    arrays[number] = g
    show()
  }

  handles.forEach((row, i) => row.forEach((it, number) => {
    it.onpointerdown = event => it.setPointerCapture(event.pointerId)
    it.onpointermove = event => {
      if (!it.hasPointerCapture(event.pointerId)) return
      const { left, top, width } = svg.getBoundingClientRect()
      const scale = 560 / width
      move(number, (event.clientX - left) * scale - PANELS[i].x, Y - (event.clientY - top) * scale)
    }
    it.onkeydown = event => {
      const step = KEYS[event.key]
      if (!step) return
      event.preventDefault()
      move(number, arrays[number][0] + step[0], arrays[number][1] + step[1])
    }
  }))
  listen(place, values => {
    threshold = values.threshold
    show()
    return said()
  })
  svg.replaceChildren(title, description, layer, ...limits, ...handles.flat())
  svg.setAttribute("role", "group")  // an image has no parts that can be moved
  show()
})
