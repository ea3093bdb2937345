// The places of a page for figures of one kind.

// Let the figures of a kind move: `move` is given the place of each.
export function start(kind, move) {
  for (const place of document.querySelectorAll(`[data-moving="${kind}"]`)) {
    move(place)
    place.classList.add("is-ready")
  }
}

// Call `show` with the values of all sliders whenever the reader moves one; write each beside it.
export function listen(place, show, written = String) {
  const sliders = [...place.querySelectorAll("input[type=range]")]
  const react = () => {
    const values = Object.fromEntries(sliders.map(it => [it.name, Number(it.value)]))
    const said = show(values)
    for (const slider of sliders) {
      const value = written(values[slider.name], slider.name)
      slider.nextElementSibling.textContent = value
      slider.setAttribute("aria-valuetext", `${value}: ${said}`)
    }
  }
  for (const slider of sliders) slider.oninput = react
}
