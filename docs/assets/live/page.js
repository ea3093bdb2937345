// The examples of a page: they share their names, so one that runs needs those above it.

import { Block } from "./block.js"
import { WholeFile } from "./file.js"
import { Python } from "./python.js"
import { Task } from "./task.js"

const megabytes = bytes => (bytes / 1e6).toFixed(1)

function obstacle() {
  if (location.protocol === "file:")
    return "Browsers run no code in a page that is opened from a folder. " +
      "In this folder, python -m http.server serves it at localhost:8000."
  if (typeof WebAssembly !== "object")
    return "This browser has no WebAssembly, which Python needs here."
}

export class Page {
  constructor(boxes, tasks, whole, { folder, key, lock, bytes }) {
    this.bytes = bytes
    this.python = new Python(folder, lock)
    this.key = key
    this.blocks = boxes.map((box, index) => new Block(box, index, this))
    this.tasks = tasks.map(box => {
      const above = boxes.filter(it => it.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING)
      return new Task(box, above.length, this)
    })
    this.file = whole && new WholeFile(whole, this)
    this.imported = this.file?.typed
  }

  // Run a block, and before it those above it that have not run as they are now. What happens is
  // said at `place`: a block, or the whole file. Return true if the block has come to its end.
  async run(block, place) {
    const reason = obstacle()
    if (reason) return place.say(reason)
    if (this.running && this.running !== place) place.say("Another example is still running.")
    if (this.running) return
    const files = this.changedFile()
    const above = this.blocks.slice(0, block.index).filter(it => it.ran !== it.code)
    const blocks = [...above, block]
    const since = performance.now()
    this.running = place
    this.stopped = false
    place.setBusy(true)
    place.say("Running")
    try {
      const code = blocks.map(({ name, code, goOn, test }) => ({ name, code, goOn, test }))
      await this.python.run({ files, blocks: code }, message => {
        const named = blocks.find(it => it.name === message.name)
        if (message.loaded) {
          const part = Math.min(message.loaded, this.bytes)
          place.say(`Loading Python: ${megabytes(part)} of ${megabytes(this.bytes)} MB`)
        }
        if (message.ready) place.say("Running")
        if (message.begun) named.begin()
        if (message.text) named.hear(message)
        if (message.ended) named.end(message.worked, message.verdict)
      })
      const failed = blocks.find(it => it.failed)
      const seconds = (performance.now() - since) / 1000
      if (this.stopped) place.say("Stopped. All names are forgotten.")
      else if (failed && failed !== place) place.say(`Not run: ${failed.name}, above it, raised an exception.`)
      else if (place.verdict !== undefined) place.judge()
      else place.say(`${failed ? "Failed" : "Done"} after ${seconds.toFixed(seconds < 1 ? 2 : 1)} s`)
      return !failed && !this.stopped
    } catch (error) {
      this.forget()
      place.say(`${error.message}. The page works as before.`)
    } finally {
      this.running = null
      place.setBusy(false)
    }
  }

  // Return the page's file if the reader has changed it since the examples imported it.
  changedFile() {
    if (!this.file || this.file.code === this.imported) return {}
    this.imported = this.file.code
    for (const it of this.blocks) it.ran = null
    return { [this.file.name]: this.file.code + "\n" }
  }

  stop() {
    this.stopped = true
    this.python.stop()
    this.forget()
  }

  // The next run has a Python of its own, without names and with the files of the site.
  forget() {
    this.imported = this.file?.typed
    for (const it of this.blocks) it.ran = null
  }
}
