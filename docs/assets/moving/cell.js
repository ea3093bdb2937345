// Lets the drawing of a cell run: the page's own network reads a text, and the drawing shows the
// values of one of its units at one step. The reader goes through time, holds gates, and types.

import { draw, written } from "./drawing.js"
import { drawStrip, stepAt } from "./strip.js"
import { onTyped, tell } from "./text.js"

const LASTS = 4500  // milliseconds that the whole example takes
const SLOWEST = 450  // for one step
const still = matchMedia("(prefers-reduced-motion: reduce)")

class Cell {
  constructor(place, network) {
    Object.assign(this, { place, network, held: {} })
    this.svg = document.getElementById(`${place.dataset.network}_cell-title`).closest("svg")
    this.strip = place.querySelector("svg")
    this.find = name => place.querySelector(`[name=${name}]`)
    this.gates = [...place.querySelectorAll("[data-gate]")]
    this.read(this.find("text").value, Number(place.dataset.rest))
    this.listen()
    this.playOnce()
  }

  listen() {
    this.find("play").onclick = () => this.timer ? this.pause() : this.play()
    this.find("step").oninput = ({ target }) => this.go(target.value - 1)
    this.find("text").oninput = ({ target }) => tell(this, target.value)
    if (this.gates.length) this.find("free").onclick = () => this.hold({})
    for (const gate of this.gates) {
      gate.oninput = () => this.hold({ ...this.held, [gate.dataset.gate]: Number(gate.value) })
    }
    this.strip.onclick = event => {
      const { left, width } = this.strip.getBoundingClientRect()
      this.go(stepAt(this.steps, (event.clientX - left) / width * 560))
    }
    onTyped((from, text) => {
      if (from !== this) this.find("text").value = text
      this.pause()
      this.read(text)
    })
  }

  // Read a text, and show a step of it: the last one, unless another is asked for.
  read(text, step) {
    this.text = text.trim() || this.network.written.examples[0]
    this.steps = this.network.read(this.text, this.held)
    this.find("step").max = this.steps.length
    this.show(step ?? this.steps.length - 1)
  }

  hold(held) {
    this.pause()
    this.held = held
    this.read(this.text, this.now)
  }

  go(step) {
    this.pause()
    this.show(step)
  }

  // Play from here, or from the beginning if the end is reached; then rest at the end, or elsewhere.
  play(rest) {
    const pace = Math.min(LASTS / this.steps.length, SLOWEST)
    const last = this.steps.length - 1
    this.show(this.now === last ? 0 : this.now)
    this.timer = setInterval(() => {
      if (this.now < last) return this.show(this.now + 1)
      this.pause()
      if (rest !== undefined) this.show(rest)
    }, pace)
    this.find("play").textContent = "Pause"
  }

  pause() {
    this.watcher?.disconnect()
    clearInterval(this.timer)
    this.timer = undefined
    this.find("play").textContent = "Play"
  }

  // Play once when the reader first sees the drawing.
  playOnce() {
    if (still.matches) return
    this.watcher = new IntersectionObserver(seen => {
      if (!seen.some(it => it.isIntersecting)) return
      this.watcher.disconnect()
      const rest = this.now
      this.now = this.steps.length - 1
      this.play(rest)
    }, { threshold: 0.6 })
    this.watcher.observe(this.svg)
  }

  show(now) {
    this.now = now
    const step = this.steps[now]
    const { unit } = this.network.written.telling
    const valueOf = name => name.endsWith("_prev") ? step.before[name[0]][unit] : step[name][unit]
    for (const wire of this.svg.querySelectorAll("[data-flow]")) {
      wire.style.setProperty("--flow", Math.min(Math.abs(valueOf(wire.dataset.flow)), 1.2))
    }
    for (const it of this.svg.querySelectorAll("[data-value]")) {
      const { value } = it.dataset
      const said = { x_t: step.symbol === " " ? "space" : step.symbol, said: step.said }
      it.textContent = said[value] ?? written(valueOf(value))
    }
    for (const symbol of this.svg.querySelectorAll(".gate > [data-symbol]")) {
      const open = valueOf(symbol.dataset.symbol)
      const isTheRest = symbol.textContent.startsWith("1")  // the valve of 1 − the gate
      this.fill(symbol.parentNode, isTheRest ? 1 - open : open)
    }
    for (const gate of this.gates) {
      const name = gate.dataset.gate
      gate.value = valueOf(name)
      const text = written(valueOf(name)) + (name in this.held ? ", held" : "")
      gate.nextElementSibling.textContent = text
      gate.setAttribute("aria-valuetext", text)
    }
    if (this.gates.length) this.find("free").disabled = Object.keys(this.held).length === 0
    this.say(step, now)
    const lengths = this.network.reach(this.steps.slice(0, now + 1), this.held)
    const drawn = drawStrip(this.steps, this.network.written.telling, now, lengths)
    this.strip.replaceChildren(...this.strip.querySelectorAll("title, desc"), drawn)
  }

  say(step, now) {
    const place = `Step ${now + 1} of ${this.steps.length}`
    const slider = this.find("step")
    slider.value = now + 1
    slider.setAttribute("aria-valuetext", `${place}, ${step.symbol}. Answer: ${step.said}.`)
    slider.nextElementSibling.textContent = place
  }

  // Fill a valve from the bottom, as far as its gate is open.
  fill(valve, open) {
    const shape = valve.querySelector(".node")
    const { y, height } = shape.getBBox()
    const level = valve.querySelector("clipPath > rect") ?? this.addFill(shape)
    level.setAttribute("y", y + height * (1 - open))
    level.setAttribute("height", height * open)
  }

  // Put a second shape over a valve, of which only what lies within a rectangle is seen.
  addFill(shape) {
    const id = `fill-${this.svg.querySelectorAll("clipPath").length}`
    const level = draw("rect", { x: 0, width: 560 })
    const fill = shape.cloneNode()
    fill.setAttribute("class", "moving-fill")
    fill.setAttribute("clip-path", `url(#${id})`)
    shape.after(draw("clipPath", { id }, level), fill)
    return level
  }
}

export function moveCell(place, network) {
  place.cell = new Cell(place, network)
}
