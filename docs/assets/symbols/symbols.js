// One symbol, three places: what a reader points at is lit up in equations, figures and code, and a
// note says what it is. By keyboard, an equation or a figure is one stop, and arrow keys go through
// its symbols.

import { nameAt } from "./code.js"
import { keyOf, keysHere } from "./keys.js"
import { dim, light } from "./light.js"
import { hideNote, isInNote, showNote, showWords } from "./note.js"

const STOPS = "div.arithmatex, svg.figure"
const NODE = ".figure g > :is(.node, .moving-fill)" // the shape around a symbol
const STEPS = { ArrowRight: 1, ArrowLeft: -1 }
const HINT = "The arrow keys, left and right, go through the symbols. Escape closes this note."
const REST = 150 // ms that a pointer rests on a symbol before the note appears
const LEAVE = 300 // ms in which it may move from the symbol into the note

let shown = null // what the note is about: an element, or a range of code
let timer
let isHintDue = true

function show(place, key) {
  clearTimeout(timer)
  const names = light(key, place)
  showNote(key, names, place)
  shown = place
}

function hide() {
  clearTimeout(timer)
  shown = null
  dim()
  hideNote()
}

// Find what is under a pointer: the symbol or the name in code, and its key.
function find({ target, clientX, clientY }) {
  if (!target.closest) return {}
  const node = target.matches(NODE) && target.parentElement
  const sign = node ? node.querySelector(":scope > [data-symbol]") : target.closest("[data-symbol]")
  if (sign) return { place: sign, key: keyOf(sign) }
  return target.closest(".highlight code") ? nameAt(clientX, clientY, keysHere()) : {}
}

const isSame = (one, other) => one === other ||
  (one instanceof Range && other instanceof Range && one.startContainer === other.startContainer &&
    one.startOffset === other.startOffset)

let wanted // what the pointer rests on
function point(event) {
  if (event.pointerType === "touch" || isInNote(event.target)) return clearTimeout(timer)
  const { place, key } = find(event)
  if (isSame(place, wanted)) return
  wanted = place
  clearTimeout(timer)
  if (key && !isSame(place, shown)) timer = setTimeout(show, REST, place, key)
  else if (!key && shown && !document.activeElement.matches(STOPS)) timer = setTimeout(hide, LEAVE)
}

// Go to another symbol of the equation or figure that has the focus.
function walk(stop, step) {
  const signs = [...stop.querySelectorAll("[data-symbol]")].filter(keyOf)
  if (!signs.length) return
  const at = signs.indexOf(shown)
  const sign = signs[at < 0 ? (step > 0 ? 0 : signs.length - 1) : (at + step + signs.length) % signs.length]
  sign.scrollIntoView({ block: "nearest", inline: "nearest" })
  show(sign, keyOf(sign))
}

function choose(event) {
  if (isInNote(event.target)) return
  const { place, key } = find(event)
  if (key) show(place, key)
  else if (shown) hide()
}

function arrive({ target }) {
  if (isHintDue && target.matches(STOPS) && target.matches(":focus-visible")) showWords(HINT, target)
  isHintDue &&= !target.matches(STOPS)
}

const LISTENERS = {
  pointerover: point,
  pointermove: point,
  pointerup: choose,
  focusin: arrive,
  focusout: ({ target }) => target.matches(STOPS) && hide(),
  keydown: event => {
    if (event.key === "Escape") return hide()
    const stop = document.activeElement, step = STEPS[event.key]
    if (!step || event.altKey || event.ctrlKey || event.metaKey || !stop.matches(STOPS)) return
    event.preventDefault()
    walk(stop, step)
  }
}
for (const [name, listener] of Object.entries(LISTENERS)) addEventListener(name, listener)

// Take over from first.js what happened first.
window.pointAt = event => LISTENERS[event.type](event)
