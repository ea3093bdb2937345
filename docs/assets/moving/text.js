// The reader's own text: typed under the first figure or under the cell, it is read in both.

import { drawStrip } from "./strip.js"

const typed = new EventTarget()

export function tell(from, text) {
  typed.dispatchEvent(new CustomEvent("text", { detail: [from, text] }))
}

export function onTyped(react) {
  typed.addEventListener("text", ({ detail }) => react(...detail))
}

// Let the figure at the beginning of a page show the reader's text; an empty field brings back its own.
export function readText(place, network) {
  const field = place.querySelector("[name=text]")
  const svg = document.getElementById(`${place.dataset.network}_tiny-title`).closest("svg")
  const [title, description, ...own] = svg.children
  const said = [title, description].map(it => it.textContent)
  field.oninput = () => tell(field, field.value)
  onTyped((from, text) => {
    if (from !== field) field.value = text
    const steps = network.read(text.trim())
    const drawn = steps.length ? [drawStrip(steps, network.written.telling, steps.length - 1)] : own
    svg.replaceChildren(title, description, ...drawn)
    const words = ["What the network does with your text", `After the last step it answers: ${steps.at(-1)?.said}.`]
    ;[title.textContent, description.textContent] = steps.length ? words : said
  })
}
