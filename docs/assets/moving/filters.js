// Shows what temperature, top-k and top-p leave of three predictions, as docs/figures/sampling_filters.py
// does.

import { draw, words } from "./drawing.js"
import { listen, start } from "./places.js"
import { filter, heat, ranking, softmax } from "./sampling.js"

const LEFT = 8, WIDTH = 544, TOP = 44, ROW = 90
const NARROWEST = 13  // a part with a letter
const SHOWN = { " ": "␣", "\n": "↵" }, SAID = { " ": "space", "\n": "new line" }

const sum = values => values.reduce((total, it) => total + it, 0)
const typed = (text, x, y, kind = "") => words(text, x, y, `typed ${kind}`)

function predict({ text, z }, alphabet, settings) {
  const order = ranking(z)
  const likely = softmax(heat(z, settings.temperature))
  const before = order.map(number => likely[number])
  return {
    text,
    before,
    characters: order.map(number => alphabet[number]),
    count: filter(z, settings).filter(Number.isFinite).length,
    limit: settings.topP * sum(before.slice(0, settings.topK))
  }
}

function part(kind, text, left, width, y) {
  const shape = draw("rect", { class: "node", x: left, y: y - 12, width, height: 24 })
  return draw("g", { class: kind }, shape, ...(text ? [typed(text, left + width / 2, y)] : []))
}

// Draw the parts of some characters from the left on; those too small for a letter as one.
function parts(kind, characters, shares, left, y) {
  const many = shares.filter(share => share * WIDTH >= NARROWEST).length
  const drawn = shares.slice(0, many).map((share, i) => {
    left += share * WIDTH
    return part(kind, SHOWN[characters[i]] ?? characters[i], left - share * WIDTH, share * WIDTH, y)
  })
  const rest = sum(shares.slice(many)) * WIDTH
  if (rest > 0) drawn.push(part(kind, rest >= NARROWEST ? "…" : "", left, rest, y))
  return drawn
}

function row(prediction, top) {
  const { text, characters, before, count, limit } = prediction
  const kept = characters.slice(0, count), shares = before.slice(0, count)
  const share = sum(shares)
  const cut = LEFT + share * WIDTH, right = LEFT + WIDTH, at = LEFT + limit * WIDTH
  const upper = top + 24, lower = top + 62
  const edges = [[LEFT, upper + 12], [cut, upper + 12], [right, lower - 12], [LEFT, lower - 12]]
  const mark = [[at, upper + 13], [at - 6, upper + 23], [at + 6, upper + 23]]
  return [
    typed(`${text}…`, LEFT + 4.5 * (text.length + 1), top, "input"),
    words(leftOver(prediction), right, top, "output end"),
    draw("polygon", { class: "ground", points: edges.join(" ") }),
    draw("g", { class: "gradient" }, draw("polygon", { class: "tip", points: mark.join(" ") })),
    ...parts("output", kept, shares, LEFT, upper),
    ...parts("time", characters.slice(count), before.slice(count), cut, upper),
    ...parts("output", kept, shares.map(it => it / share), LEFT, lower)
  ]
}

const leftOver = ({ count, characters }) => `leaves ${count} of ${characters.length} characters`

const summary = ({ temperature, topK, topP }) =>
  `temperature ${temperature}, top-k ${topK}, top-p ${topP}`

function describe(predictions, settings) {
  const said = predictions.map(it => {
    const named = it.characters.slice(0, it.count).map(character => SAID[character] ?? character)
    return `After \u201c${it.text}\u201d this ${leftOver(it)}: ${named.join(", ")}.`
  })
  return [`${summary(settings)}.`, ...said].join(" ")
}

start("filters", place => {
  const { alphabet, contexts } = JSON.parse(place.querySelector("script").textContent)
  const svg = document.getElementById("sampling_filters-title").closest("svg")
  const [title, description] = svg.children
  listen(place, settings => {
    const predictions = contexts.map(it => predict(it, alphabet, settings))
    const rows = predictions.flatMap((it, number) => row(it, TOP + ROW * number))
    svg.replaceChildren(title, description, words(summary(settings), LEFT + WIDTH / 2, 12, ""), ...rows)
    description.textContent = describe(predictions, settings)
    return `leaves ${predictions.map(it => it.count).join(", ")} characters`
  })
})
