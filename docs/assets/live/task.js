// Where an exercise asks for code: the reader writes it, and the test of the exercise looks at it.

import { Block } from "./block.js"

export class Task extends Block {
  constructor(box, index, page) {
    const { number, start, test } = JSON.parse(box.querySelector("script").textContent)
    const name = `exercise ${number}`
    super(box, index, page, name, page.key + name, [start, []])
    this.test = test
    this.starter.textContent = "Check my answer"
    this.starter.ariaLabel = `Check my answer to ${name}`
  }

  // What the worker says: `verdict` is what is wrong, or empty, or nothing if the answer has not run.

  begin() {
    super.begin()
    this.verdict = undefined
  }

  end(worked, verdict) {
    super.end(worked)
    this.verdict = verdict
  }

  judge() {
    this.say(this.verdict ? `Not yet: ${this.verdict}` : "Right.")
    if (!this.verdict) this.box.dispatchEvent(new Event("solved"))
  }
}
