// Stands before Material's own script and mends what it does.

// Material fetches the index and the worker of its search with every page: a quarter of a page's
// weight. Both wait here until somebody is about to search.
const searching = new Promise(resolve => {
  for (const event of ["change", "focusin"])
    addEventListener(event, ({ target }) => target.closest("#__search, .md-search") && resolve())
})

// The index is all that this site requests by XMLHttpRequest.
const { send } = XMLHttpRequest.prototype
XMLHttpRequest.prototype.send = function () { searching.then(() => send.call(this)) }

// The worker gets its first message when the index has come.
window.Worker = new Proxy(Worker, {
  construct(Worker, [url, options]) {
    if (!url.includes("/workers/search.")) return new Worker(url, options)
    const late = new EventTarget()
    searching.then(() => {
      const worker = new Worker(url)
      worker.onmessage = ({ data }) => late.dispatchEvent(new MessageEvent("message", { data }))
      late.postMessage = message => worker.postMessage(message)
    })
    return late
  }
})

// What is wider than the screen scrolls by itself, so it must be reachable by keyboard. So must
// equations and figures whose symbols a script names: assets/symbols.
const hasSymbols = part =>
  part.matches("div.arithmatex, svg") && part.querySelector("[data-symbol]")
const stops = new ResizeObserver(entries => {
  for (const { target } of entries)
    if (target.scrollWidth > target.clientWidth || hasSymbols(target)) target.tabIndex = 0
    else target.removeAttribute("tabindex")
})
addEventListener("load", () => {
  for (const part of document.querySelectorAll("div.arithmatex, .md-typeset__scrollwrap, svg.figure:not(.strip)"))
    stops.observe(part)
})

// Each copy button of a code block stands in a landmark of its own, all without a name.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav:not([role])")) nav.role = "none"
}).observe(document, { childList: true, subtree: true })

// What stands in a folded box has no text for Material's copying: hand the whole file over.
addEventListener("click", ({ target }) => {
  if (target.matches(".copy"))
    target.dataset.clipboardText = document.getElementById("the-whole-code").textContent
}, { capture: true })
