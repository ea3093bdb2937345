// Stands before Material's own script and mends what it does.

// It fetches the search index with every page. The index is all that this site requests by
// XMLHttpRequest: let it wait until somebody is about to search.
const searching = new Promise(resolve => {
  for (const event of ["change", "focusin"])
    addEventListener(event, ({ target }) => target.closest("#__search, .md-search") && resolve())
})
const { send } = XMLHttpRequest.prototype
XMLHttpRequest.prototype.send = function () { searching.then(() => send.call(this)) }

// What is wider than the screen scrolls by itself, so it must be reachable by keyboard.
const scrollers = new ResizeObserver(entries => {
  for (const { target } of entries)
    target.toggleAttribute("tabindex", target.scrollWidth > target.clientWidth)
})

// Each copy button stands in a landmark of its own, all without a name.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll(".md-code__nav")) nav.role = "none"
}).observe(document, { childList: true, subtree: true })

addEventListener("load", () => {
  for (const wide of document.querySelectorAll("div.arithmatex, .md-typeset__scrollwrap"))
    scrollers.observe(wide)
})
