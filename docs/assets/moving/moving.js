// The figures that move: each place of a page names its own.

import { Network } from "./network.js"
import { moveCell } from "./cell.js"
import { readText } from "./text.js"

const FIGURES = { cell: moveCell, text: readText }

const networkOf = name => {
  const data = document.getElementById(`network-${name}`)
  return data && new Network(name, JSON.parse(data.textContent))
}

for (const place of document.querySelectorAll("[data-moving]")) {
  FIGURES[place.dataset.moving](place, networkOf(place.dataset.network))
  place.classList.add("is-ready")
}
