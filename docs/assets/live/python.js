// Python in a worker: started when it is first needed, stopped by ending it.

const SILENCE = 60_000 // milliseconds without a sign of life while it starts

const failure = why => new Error(`Python could not be started: ${why}`)

export class Python {
  constructor(folder, lock) {
    this.folder = folder
    this.lock = lock
    this.worker = this.spare = null
  }

  // Run blocks, one after the other, after changing some files; `tell` gets the worker's messages.
  async run(work, tell) {
    const worker = this.worker ??= this.spare ?? this.start()
    this.spare = null
    try {
      await new Promise((resolve, reject) => {
        Object.assign(worker, { tell, resolve, reject })
        worker.ready.then(() => worker.postMessage(work), reject)
      })
    } catch (error) {
      worker.terminate()
      this.worker = null
      throw error
    }
  }

  // Forget all names: the next run has a Python of its own, which starts at once.
  stop() {
    if (!this.worker) return
    this.worker.terminate()
    this.worker.resolve()
    this.worker = null
    this.spare ??= this.start()
  }

  start() {
    const [runtime, live] = ["pyodide/", "live/"].map(name => new URL(name, this.folder).href)
    // A worker that starts from a blob obeys the page's content security policy.
    const code = new Blob([`import "${live}worker.mjs"`], { type: "text/javascript" })
    const worker = new Worker(String(URL.createObjectURL(code)), { type: "module" })
    worker.tell = worker.resolve = worker.reject = () => {}
    worker.ready = new Promise((resolve, reject) => {
      const late = () => reject(failure("nothing has arrived for a minute"))
      let watch = setTimeout(late, SILENCE)
      worker.onmessage = ({ data }) => {
        clearTimeout(watch)
        if (data.loaded) watch = setTimeout(late, SILENCE)
        if (data.ready) resolve()
        if (data.done) worker.resolve()
        if (data.fault) for (const fail of [reject, worker.reject]) fail(new Error(data.fault))
        worker.tell(data)
      }
      worker.onerror = event => reject(failure(event.message ?? "its script did not load"))
    })
    worker.ready.catch(() => {}) // `run` says so
    worker.postMessage({ start: { runtime, live, lock: this.lock } })
    return worker
  }
}
