// Shows in docs/figures/attention.py what another query finds.

import { listen, start } from "./places.js"
import { softmax } from "./sampling.js"

const STATES = [[2, 0], [0, 2], [0, 0]], TOKENS = ["Tür", "auf", "!"]
const GROUND = 344, TALL = 70  // of a bar for the weight 1

const short = value => String(Number(value.toFixed(2)) + 0).replace("-", "−")
const pair = values => `(${values.map(short).join(", ")})`
const times = (state, weight) => state.map(it => it * weight)
const add = (one, other) => one.map((it, i) => it + other[i])

export function attend(query) {
  const scores = STATES.map(([first, second]) => query[0] * first + query[1] * second)
  const weights = softmax(scores)
  const products = STATES.map((state, t) => times(state, weights[t]))
  return { scores, weights, products, context: products.reduce(add) }
}

start("attention", place => {
  const svg = document.getElementById("attention-title").closest("svg")
  const states = [...svg.querySelectorAll("text.words.state")]  // query, each state and product, context
  const [asked, found] = [states[0], states.at(-1)]
  const multiplied = [2, 4, 6].map(it => states[it])
  const scored = svg.querySelectorAll("text[class=words]")
  const bars = svg.querySelectorAll("[id^=attention-weight]")
  listen(place, ({ thing, action }) => {
    const { scores, weights, products, context } = attend([thing, action])
    asked.textContent = pair([thing, action])
    found.textContent = pair(context)
    STATES.forEach((_, t) => {
      const [bar, number] = bars[t].children
      const height = TALL * weights[t]
      scored[t].textContent = short(scores[t])
      multiplied[t].textContent = pair(products[t])
      bar.setAttribute("y", GROUND - height)
      bar.setAttribute("height", height)
      number.setAttribute("y", GROUND - height - 4)
      number.textContent = weights[t].toFixed(2)
    })
    const said = TOKENS.map((token, t) => `${token} ${weights[t].toFixed(2)}`).join(", ")
    svg.querySelector("desc").textContent =
      `The query ${pair([thing, action])} gives the weights ${said}, and the context ${pair(context)}.`
    return `weights ${said}`
  }, short)
})
