// The note that says what a symbol is. Screen readers say it as it appears.

const note = document.createElement("div")
note.className = "symbol-note md-typeset"
note.setAttribute("role", "status")
document.body.append(note)

const GAP = 8 // px between the note and what it is about, or the edge of the window

export const isInNote = target => note.contains(target)

export function hideNote() {
  note.replaceChildren()
}

function boxOf(place) {
  if (place instanceof Range || place.getBBox) return place.getBoundingClientRect()
  const range = new Range()
  range.selectNodeContents(place)
  return range.getBoundingClientRect()
}

// Put the note above what it is about, so that the code below an equation can be seen, or below it
// if there is no room. It covers no part of the equation, and stays within the window.
function put(place) {
  const box = boxOf(place), equation = place.closest?.("div.arithmatex")
  const around = equation ? equation.getBoundingClientRect() : box
  const { offsetWidth, offsetHeight } = note
  const above = around.top - GAP - offsetHeight, header = document.querySelector(".md-header")
  const top = above > (header?.offsetHeight ?? 0) ? above : around.bottom + GAP
  const rightmost = document.documentElement.clientWidth - offsetWidth - GAP
  const left = Math.max(GAP, Math.min(box.left, rightmost))
  note.style.translate = `${left + scrollX}px ${top + scrollY}px`
}

function say(html, place) {
  note.style.translate = "" // where it was, longer words could be beyond the window
  note.innerHTML = html
  put(place)
}

// Say what a symbol is: how this page's code calls it, its shape, its meaning, and what other books
// and libraries call it.
export function showNote(key, names, place) {
  const [codes, shape, meaning, elsewhere] = NOTES[key]
  const called = (names.length ? names : codes.slice(0, 1)).map(it => `<code>${it}</code>`).join(", ")
  const head = [called, shape && `shape ${shape}`].filter(Boolean).join(", ")
  const others = elsewhere && `<p class="symbol-elsewhere">elsewhere: ${elsewhere}</p>`
  say(`<p>${head}</p><p>${meaning}</p>${others}`, place)
}

export function showWords(words, place) {
  say(`<p>${words}</p>`, place)
}
