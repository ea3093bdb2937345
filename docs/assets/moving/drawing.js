// Elements of a drawing.

export function draw(tag, attributes, ...children) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) drawn.setAttribute(name, value)
  drawn.append(...children)
  return drawn
}

export function words(text, x, y, kind) {
  return draw("text", { x, y: y + 5, class: `words ${kind}` }, text)
}

// Write a value as the figures do, with a proper minus sign.
export function written(value) {
  return value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−")
}
