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

// Draw an arrow from a point to another, as docs/figures/drawing.py does.
export function arrow(kind, [x, y], [toX, toY]) {
  const length = Math.hypot(toX - x, toY - y)
  const [right, down] = [(toX - x) / length, (toY - y) / length]
  const [baseX, baseY] = [toX - 10 * right, toY - 10 * down]
  const tip = [[toX, toY], [baseX + 5 * down, baseY - 5 * right], [baseX - 5 * down, baseY + 5 * right]]
  return draw("g", { class: kind },
    draw("path", { class: "wire", d: `M${x} ${y}L${toX - 8 * right} ${toY - 8 * down}` }),
    draw("polygon", { class: "tip", points: tip.join(" ") }))
}
