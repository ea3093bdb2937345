// Leads a reader from the old address of a page or a part to where it is now. The hook moved.py
// writes the sentences that name both, which are all that a reader without scripts needs.

function leadOn() {
  const part = document.getElementById(location.hash.slice(1))
  const page = document.querySelector(".moved-page")
  if (part?.matches(".moved")) location.replace(part.querySelector("a"))
  else if (page) location.replace(new URL(location.hash || page.hash, page))
}

leadOn()
addEventListener("hashchange", leadOn)
