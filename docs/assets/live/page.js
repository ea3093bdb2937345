// The examples of a page: they share their names, so one that runs needs those above it.

import { Block } from "./block.js"
import { Python } from "./python.js"

const megabytes = bytes => (bytes / 1e6).toFixed(1)

export class Page {
  constructor(boxes, { folder, lock, bytes }) {
    this.bytes = bytes
    this.loaded = 0
    this.python = new Python(folder, lock)
    this.key = `example of ${location.pathname}: `
    this.blocks = boxes.map((box, index) => new Block(box, index, this))
  }

  // What the reader changed is kept with the code that it was changed from.
  save({ index, code, typed }) {
    try {
      if (code === typed) localStorage.removeItem(this.key + index)
      else localStorage.setItem(this.key + index, JSON.stringify({ code, typed }))
    } catch { /* a browser that keeps nothing */ }
  }

  saved(index) {
    try {
      return JSON.parse(localStorage.getItem(this.key + index))
    } catch {
      return null
    }
  }

  obstacle() {
    if (location.protocol === "file:")
      return "Browsers run no code in a page that is opened from a folder. " +
        "In this folder, python -m http.server serves it at localhost:8000."
    if (typeof WebAssembly !== "object")
      return "This browser has no WebAssembly, which Python needs here."
  }

  // Run a block, and before it those above it that have not run as they are now.
  async run(block) {
    const obstacle = this.obstacle()
    if (obstacle) return block.say(obstacle)
    if (this.running) return
    const above = this.blocks.slice(0, block.index).filter(it => it.ran !== it.code)
    const blocks = [...above, block]
    const since = performance.now()
    this.running = block
    this.stopped = false
    block.setBusy(true)
    block.say("Running")
    try {
      await this.python.run(blocks.map(({ name, code, goOn }) => ({ name, code, goOn })), message => {
        const named = blocks.find(it => it.name === message.name)
        if (message.loaded) {
          this.loaded += message.loaded
          block.say(`Loading Python: ${megabytes(this.loaded)} of ${megabytes(this.bytes)} MB`)
        }
        if (message.ready) block.say("Running")
        if (message.begun) named.begin()
        if (message.text) named.hear(message)
        if (message.ended) named.end(message.worked)
      })
      const failed = blocks.find(it => it.failed)
      const seconds = (performance.now() - since) / 1000
      if (this.stopped) block.say("Stopped. All names are forgotten.")
      else if (failed && failed !== block) block.say(`Not run: ${failed.name}, above it, raised an exception.`)
      else block.say(`${failed ? "Failed" : "Done"} after ${seconds.toFixed(seconds < 1 ? 2 : 1)} s`)
    } catch (error) {
      block.say(`Python could not be started: ${error.message}. The page works as before.`)
    } finally {
      this.running = null
      block.setBusy(false)
    }
  }

  stop() {
    this.stopped = true
    this.python.stop()
    for (const it of this.blocks) it.ran = null
  }
}
