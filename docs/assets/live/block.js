// One example of a page. It stays as it was built until the reader runs or edits it.

import { Desk } from "./desk.js"
import { make } from "./parts.js"

// Take an example apart: what is typed at the prompt, and what Python answers after which line.
function readExample(code) {
  const shown = code.cloneNode(true)
  for (const hidden of shown.querySelectorAll(".pasted")) hidden.remove()
  const typed = [], answers = []
  for (const line of shown.textContent.replace(/\n$/, "").split("\n"))
    if (/^(>>>|\.\.\.)( |$)/.test(line)) typed.push(line.slice(4))
    else answers.push({ line: typed.length, text: line + "\n" })
  return [typed.join("\n"), answers]
}

const NUMBER = /-?\b\d+\.?\d*(?:e[+-]?\d+)?/g

// Join what was printed, without the lines that say where an exception came from.
function join(answers) {
  const text = answers.map(it => it.text).join("").replaceAll(/(Traceback.*\n)(?: .*\n)+/g, "$1")
  return { words: text.replaceAll(NUMBER, "#").replaceAll(/\s+/g, " "), numbers: text.match(NUMBER) ?? [] }
}

// Processors round differently, so numbers need only be close.
function isSame(one, other) {
  const [a, b] = [join(one), join(other)]
  const close = (x, y) => Math.abs(x - y) <= 1e-6 * Math.abs(x) + 1e-12
  return a.words === b.words && a.numbers.every((it, i) => close(it, b.numbers[i]))
}

export class Block extends Desk {
  constructor(box, index, page, name = `example ${index + 1}`, key = page.key + index,
    [typed, answers] = readExample(box.querySelector("code"))) {
    super(box, name, typed, key)
    Object.assign(this, { index, page, answers, heard: answers, ran: null, failed: false })
    this.goOn = answers.some(it => it.text.startsWith("Traceback"))
    this.output = make("pre", { className: "live-answers", tabIndex: 0 })
    this.output.setAttribute("aria-label", `Output of ${this.name}`)
    this.bringBack()
  }

  open() {
    if (this.isOpen) return
    super.open()
    this.below.after(this.output)
    this.show()
  }

  run() {
    if (!this.isOpen) {
      this.open()
      this.starter.focus()
    }
    return this.page.run(this, this)
  }

  startOver() {
    this.page.stop()
    this.heard = this.answers
    this.change(this.typed)
    this.show()
    this.say("As it was")
  }

  // Open the boxes that this block is in, and scroll to it.
  unfold() {
    for (let box = this.box.closest("details"); box; box = box.parentElement.closest("details"))
      box.open = true
    this.box.scrollIntoView({ block: "center" })
    this.editor.area.focus({ preventScroll: true })
  }

  get printsOther() {
    return !isSame(this.answers, this.heard)
  }

  // What the worker says of this block

  begin() {
    this.heard = []
    this.failed = false
    if (this.isOpen) this.show()
  }

  hear(answer) {
    this.heard.push(answer)
    if (this.isOpen) this.add(answer)
  }

  end(worked) {
    this.ran = worked ? this.code : null
    this.failed = !worked
    if (!worked) this.open()
  }

  // The output: each answer stands under the last line of its statement.

  show() {
    this.output.replaceChildren()
    this.line = 0
    for (const answer of this.heard) this.add(answer)
    this.output.hidden = !this.heard.length
  }

  add({ line, text }) {
    this.output.hidden = false
    if (line !== this.line) {
      const typed = this.code.split("\n")[line - 1] ?? ""
      this.output.append(make("span", { className: "gp", textContent: typed.trim() + "\n" }))
      this.line = line
    }
    this.output.append(text)
  }
}
