// The whole file of a page. If the reader changes it, the examples import the changed one.

import { Desk } from "./desk.js"
import { makeButton } from "./parts.js"

export class WholeFile extends Desk {
  constructor(box, page) {
    const code = box.querySelector("code")
    const name = box.querySelector(".filename").textContent.split("/").at(-1)
    super(box, name, code.textContent.replace(/\n$/, ""), page.key + name)
    this.page = page
    this.starter.textContent = this.starter.ariaLabel = "Run the examples"
    this.bringBack()
  }

  // Run all examples of the page, and say which of them print something else now.
  async run() {
    const { blocks } = this.page
    if (!await this.page.run(blocks.at(-1), this)) return
    const others = blocks.filter(it => it.printsOther)
    if (!others.length) return this.say("All examples print what they did before.")
    this.say("These print something else: ", ...others.flatMap(block => [
      makeButton(block.name, () => { block.open(); block.unfold() }), " "]))
  }

  startOver() {
    this.page.stop()
    this.change(this.typed)
    this.say("As it was")
  }
}
