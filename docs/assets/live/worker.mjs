// Runs Python beside the page, so that the page stays responsive and can end it at any time.
// The page's first message says where the files are. Each later one has files to change, and
// blocks to run.

const say = message => postMessage(message)

async function get(folder, name) {
  const response = await fetch(folder + name)
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`)
  return response
}

let loaded = 0 // bytes

// Unpack a file while it arrives.
async function unpack(folder, name, type) {
  const response = await get(folder, name)
  const counted = response.body.pipeThrough(new TransformStream({
    transform(chunk, controller) {
      say({ loaded: loaded += chunk.length })
      controller.enqueue(chunk)
    }
  }))
  const [head, body] = counted.tee()
  const { value: first } = await head.getReader().read()
  const packed = first[0] === 0x1f && first[1] === 0x8b // some servers unpack what ends in .gz
  const stream = packed ? body.pipeThrough(new DecompressionStream("gzip")) : body
  return new Response(stream, { headers: { "Content-Type": type } })
}

async function start({ runtime, live, lock }) {
  const zip = "application/zip" // all files are requested before any of them is used
  const wasm = unpack(runtime, "pyodide.asm.wasm.gz", "application/wasm")
  const library = unpack(runtime, "python.zip.gz", zip)
  const numpy = unpack(runtime, "numpy.zip.gz", zip).then(response => response.arrayBuffer())
  const files = get(live, "files.json").then(response => response.json())
  const prompt = get(live, "prompt.py").then(response => response.text())
  const { loadPyodide } = await import(runtime + "pyodide.mjs")

  // Pyodide fetches these two files itself. The reader's code may fetch nothing.
  self.fetch = async address => {
    const name = String(address.url ?? address)
    if (name.endsWith("pyodide.asm.wasm")) return wasm
    if (name.endsWith("python.zip")) return library
    throw new TypeError(`code on this page can't fetch anything, so not ${name} either`)
  }
  const failed = Promise.all([wasm, library, numpy, files, prompt]).then(() => new Promise(() => {}))
  const python = await Promise.race([failed, loadPyodide({ // which never settles if a file is missing
    indexURL: runtime, stdLibURL: runtime + "python.zip", packageBaseUrl: runtime,
    lockFileContents: { info: lock, packages: {} }
  })])
  python.unpackArchive(await numpy, "zip", { extractDir: "/lib/python3.14/site-packages" })
  for (const [name, text] of Object.entries(await files)) python.FS.writeFile(name, text)
  python.FS.writeFile("/lib/python3.14/site-packages/prompt.py", await prompt)
  return python
}

let python, page, now

// Without names; snippets that were imported are forgotten, too.
const begin = () => python.pyimport("prompt").Page((text, line) => say({ name: now, text, line }))

onmessage = async ({ data }) => {
  try {
    if (data.start) {
      python = await start(data.start)
      page = begin()
      say({ ready: true })
      return
    }
    for (const [name, text] of Object.entries(data.files)) {
      python.FS.writeFile(name, text)
      page = begin()
    }
    for (const { name, code, goOn, test } of data.blocks) {
      now = name
      say({ begun: true, name })
      const verdict = test && page.answer(code, name, test)
      const worked = test ? verdict !== undefined : page.run(code, name, goOn)
      say({ ended: true, name, worked, verdict })
      if (!worked) break
    }
    say({ done: true })
  } catch (error) {
    say({ fault: `Python ${page ? "broke down" : "could not be started"}: ${error.message}` })
  }
}
