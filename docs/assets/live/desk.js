// Where the reader edits: code in its box is replaced by an editor, with buttons and a status below.

import { makeEditor } from "./editor.js"
import { make, makeButton } from "./parts.js"

export class Desk {
  // `typed` is the code as the page has it. The reader's version is kept under `key`.
  constructor(box, name, typed, key) {
    Object.assign(this, { box, name, typed, key, code: typed })
    this.status = make("span", { role: "status" })
    this.starter = makeButton("Run", () => this.run(), ` ${name}`)
    this.stopper = makeButton("Stop", () => { this.page.stop(); this.starter.focus() })
    this.below = make("div", { className: "live-bar" }, this.starter, this.stopper,
      makeButton("Start over", () => this.startOver()), this.status)
  }

  get isOpen() {
    return this.editor !== undefined
  }

  open() {
    if (this.isOpen) return
    this.editor = makeEditor(this.code, `Code of ${this.name}`, {
      run: () => this.run(),
      change: code => { this.code = code; this.save() }
    })
    this.box.append(make("div", { className: "live" }, this.editor.element, this.below))
    this.box.classList.add("is-live")
    this.setBusy(false)
  }

  edit() {
    this.open()
    this.editor.area.focus()
  }

  change(code) {
    this.code = code
    this.editor.set(code)
    this.save()
  }

  setBusy(is) {
    this.box.classList.toggle("is-busy", is)
    this.starter.hidden = is
    this.stopper.hidden = !is
  }

  say(...parts) {
    this.status.replaceChildren(...parts)
  }

  // What the reader changed is kept with the code that it was changed from.

  save() {
    const { key, code, typed } = this
    try {
      if (code === typed) localStorage.removeItem(key)
      else localStorage.setItem(key, JSON.stringify({ code, typed }))
    } catch { /* a browser that keeps nothing */ }
  }

  bringBack() {
    let saved
    try {
      saved = JSON.parse(localStorage.getItem(this.key))
    } catch { /* nothing that can be read */ }
    if (!saved) return
    this.open()
    if (saved.typed === this.typed) {
      this.change(saved.code)
      return this.say("With your changes")
    }
    this.say("This code has changed since you edited it. ", makeButton("Show my version", () => {
      this.change(saved.code)
      this.say("Your version, of the code as it was then")
    }))
  }
}
