// Colours are measured once for each look, over all pages: elements of one kind in elements of one
// kind, all the way up. What asks for room is measured on each screen, all else on the first one.
async first => {
  const kind = element => [element.tagName, element.className.baseVal ?? element.className,
    element.getAttribute("style"), element.getAttribute("fill")].join(" ")
  const hash = text => [...text].reduce((sum, letter) => 31 * sum + letter.codePointAt() | 0, 7)
  const known = `looks on screen ${first}`
  const seen = new Set(JSON.parse(sessionStorage.getItem(known) ?? "[]"))
  const looks = new Map()
  for (const element of document.body.querySelectorAll("*")) { // parents before their children
    const look = hash(`${looks.get(element.parentElement) ?? ""} > ${kind(element)}`)
    element.toggleAttribute("data-seen", seen.has(look))
    seen.add(look)
    looks.set(element, look)
  }
  const colours = ["color-contrast", "link-in-text-block"]
  const room = ["scrollable-region-focusable", "target-size"]
  axe.configure({ rules: [{ id: colours[0], selector: "*:not([data-seen])" },
    { id: colours[1], selector: "a[href]:not([data-seen]), [role=link]:not([data-seen])" }] })
  const { violations } = await axe.run({ resultTypes: ["violations"],
    ...(first ? {} : { runOnly: [...colours, ...room] }) })
  if (!violations.some(({ id }) => colours.includes(id)))
    sessionStorage.setItem(known, JSON.stringify([...seen]))
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}
