// One example of a page. It stays as it was built until the reader runs or edits it.

import { makeEditor } from "./editor.js"

const COST = "Python runs in your browser. At the first click, this site sends 8 MB."

// Take an example apart: what is typed at the prompt, and what Python answers after which line.
export function readExample(code) {
  const shown = code.cloneNode(true)
  for (const hidden of shown.querySelectorAll(".pasted")) hidden.remove()
  const typed = [], answers = []
  for (const line of shown.textContent.replace(/\n$/, "").split("\n"))
    if (/^(>>>|\.\.\.)( |$)/.test(line)) typed.push(line.slice(4))
    else answers.push({ line: typed.length, text: line + "\n" })
  return { typed: typed.join("\n"), answers }
}

function make(tag, settings, ...children) {
  const made = Object.assign(document.createElement(tag), settings)
  made.append(...children)
  return made
}

function makeButton(textContent, onclick, of = "") {
  return make("button", { type: "button", textContent, onclick, ariaLabel: textContent + of })
}

export class Block {
  constructor(box, index, page) {
    Object.assign(this, { box, index, page, name: `example ${index + 1}`, ran: null, failed: false })
    Object.assign(this, readExample(box.querySelector("code")))
    this.code = this.typed
    this.heard = this.answers
    this.goOn = this.answers.some(it => it.text.startsWith("Traceback"))
    box.append(make("div", { className: "live-open", title: COST },
      makeButton("Edit", () => { this.open(); this.editor.area.focus() }, ` ${this.name}`),
      makeButton("Run", () => { this.run(); this.starter.focus() }, ` ${this.name}`)
    ))
    const saved = page.saved(index)
    if (saved) this.bringBack(saved)
  }

  // Show what the reader wrote earlier, unless the page's own code has changed since.
  bringBack({ code, typed }) {
    this.open()
    if (typed === this.typed) {
      this.editor.set(this.code = code)
      return this.say("With your changes")
    }
    this.say("This example has changed since you edited it. ")
    this.status.append(makeButton("Show my version", () => {
      this.editor.set(this.code = code)
      this.page.save(this)
      this.say("Your version of an earlier example")
    }))
  }

  // Put the editor in place of the example, with the output below it.
  open() {
    if (this.editor) return
    this.editor = makeEditor(this.code, `Code of ${this.name}`, {
      run: () => this.run(),
      change: code => { this.code = code; this.page.save(this) }
    })
    this.starter = makeButton("Run", () => this.run(), ` ${this.name}`)
    this.stopper = makeButton("Stop", () => { this.page.stop(); this.starter.focus() })
    this.status = make("span", { role: "status" })
    this.output = make("pre", { className: "live-answers", tabIndex: 0 })
    this.output.setAttribute("aria-label", `Output of ${this.name}`)
    const bar = make("div", { className: "live-bar" }, this.starter, this.stopper,
      makeButton("Start over", () => this.startOver()), this.status)
    this.box.append(make("div", { className: "live" }, this.editor.element, bar, this.output))
    this.box.classList.add("is-live")
    this.show()
    this.setBusy(false)
  }

  setBusy(is) {
    this.box.classList.toggle("is-busy", is)
    this.starter.hidden = is
    this.stopper.hidden = !is
  }

  say(text) {
    this.status.textContent = text
  }

  run() {
    this.open()
    return this.page.run(this)
  }

  startOver() {
    this.page.stop()
    this.editor.set(this.code = this.typed)
    this.heard = this.answers
    this.page.save(this)
    this.show()
    this.say("As it was")
  }

  // What the worker says of this block

  begin() {
    this.heard = []
    this.failed = false
    if (this.editor) this.show()
  }

  hear(answer) {
    this.heard.push(answer)
    if (this.editor) this.add(answer)
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
