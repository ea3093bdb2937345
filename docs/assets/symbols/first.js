// Waits until a reader points at a symbol, or comes to an equation by keyboard. Only then what
// lights it up is loaded.
{
  const { src } = document.currentScript
  const PLACES = "[data-symbol], .figure .node, .highlight code, div.arithmatex, svg.figure"
  const EVENTS = ["pointerover", "focusin", "pointerup"]

  const append = (tag, settings) => new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement(tag), settings, { onload, onerror }))
  })

  const wait = async event => {
    const isScrolling = event.pointerType === "touch" && event.type !== "pointerup" // perhaps
    if (isScrolling || !event.target.closest?.(PLACES)) return
    for (const name of EVENTS) removeEventListener(name, wait)
    await append("link", { rel: "stylesheet", href: new URL("../symbols.css", src) })
    await append("script", { src: new URL("../symbols.js", src) })
    pointAt(event)
  }
  for (const name of EVENTS) addEventListener(name, wait)
}
