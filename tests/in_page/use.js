// Do what a reader can do with a page, except to run Python, which tests/test_live.py does, and to
// follow a link; of symbols, which all have one script, only some. Say what the policy refused, and
// about after what: links are many, and none of them is waited for.
async () => {
  const refused = [], wait = time => new Promise(resolve => setTimeout(resolve, time))
  let last
  Element.prototype.setPointerCapture = () => {} // a made-up event has no pointer to capture
  addEventListener("securitypolicyviolation", event =>
    refused.push(`asks ${event.blockedURI} when a reader uses ${last}`))
  addEventListener("click", event => event.target.closest("a") && event.preventDefault())
  const all = kinds => [...document.querySelectorAll(kinds)]
  const parts = all("a, button, input, label, summary, [tabindex], [role]")
  const events = ["pointerover", "pointerdown", "pointerup", "focusin", "click", "input", "change"]
  const how = { bubbles: true, cancelable: true }
  for (const part of [...parts, ...all("[data-symbol]").slice(0, 5)]) {
    if (part.textContent === "Run") continue
    last = part.outerHTML.slice(0, 80)
    for (const name of events) part.dispatchEvent(new PointerEvent(name, how))
    for (const key of ["Enter", "ArrowRight"])
      part.dispatchEvent(new KeyboardEvent("keydown", { key, ...how }))
    if (part.tagName !== "A") await wait()
  }
  await wait(100)
  return refused
}
