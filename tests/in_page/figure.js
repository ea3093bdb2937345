// Finds what is wrong with the layout of a figure; returns sentences.
() => {
  const svg = document.querySelector("svg"), outer = svg.getBoundingClientRect(), faults = []
  const scale = outer.width / svg.viewBox.baseVal.width
  const all = (selector, from = svg) => [...from.querySelectorAll(selector)]
  const ink = element => { // without the room above and below the letters
    const {left, right, top, height} = element.getBoundingClientRect()
    return {left, right, top: top + .22 * height, bottom: top + .78 * height}
  }
  const meet = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
  const within = (a, b) =>
    a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom
  const shapes = all(".node, .frame").map(shape => shape.getBoundingClientRect())
  const across = (a, b) => { // in units of the drawing
    const [left, top] = [(b.left - outer.left) / scale, (b.top - outer.top) / scale]
    const [width, height] = [b.width / scale, b.height / scale]
    const over = Math.max(b.left - a.left, a.right - b.right, b.top - a.top, a.bottom - b.bottom)
    return `crosses the edge of the shape ${Math.round(width)} wide and ${Math.round(height)} tall ` +
      `around (${Math.round(left + width / 2)}, ${Math.round(top + height / 2)}), ` +
      `which it leaves by ${Math.ceil(over / scale)}`
  }
  const texts = all("text").map(text => ({text, name: text.textContent, ...ink(text)}))
  texts.forEach((one, i) => {
    for (const other of texts.slice(i + 1))
      if (meet(one, other)) faults.push(`"${one.name}" lies on "${other.name}"`)
    for (const shape of shapes)
      if (meet(one, shape) && !within(one, shape))
        faults.push(`"${one.name}" ${across(one, shape)}`)
    for (const part of [one.text, ...all("tspan", one.text)])
      if (parseFloat(getComputedStyle(part).fontSize) * scale < 9)
        faults.push(`"${part.textContent}" is below 9 pixels`)
  })
  for (const path of all(".wire, .separator")) {
    const matrix = path.getScreenCTM(), hit = new Set()
    for (let at = 0; at < path.getTotalLength(); at += 2) {
      const {x, y} = path.getPointAtLength(at).matrixTransform(matrix)
      const point = {left: x, right: x, top: y, bottom: y}
      for (const text of texts) if (meet(point, text)) hit.add(text.name)
    }
    for (const name of hit) faults.push(`a line runs through "${name}"`)
  }
  for (const part of all("text, path, rect, circle, polygon")) {
    const box = part.tagName == "text" ? ink(part) : part.getBoundingClientRect()
    const over = [outer.left - box.left, box.right - outer.right]
    over.push(outer.top - box.top, box.bottom - outer.bottom)
    const name = `${part.tagName} "${part.textContent}"`
    if (Math.max(...over) > .5) faults.push(`${name} leaves the figure`)
  }
  return faults
}
