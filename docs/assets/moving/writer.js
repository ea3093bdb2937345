// Lets the character model write on where the reader's prompt ends. Its weights are sent for at the
// first click.

import { CharacterModel } from "./characters.js"
import { listen, start } from "./places.js"

const LENGTH = 300, AT_A_TIME = 3  // characters in all, and for each frame of the screen
const { src } = document.currentScript ?? {}
const still = matchMedia("(prefers-reduced-motion: reduce)")
let model

// Return the model, loaded once.
const load = () => model ??= new Promise((resolve, reject) => {
  const script = document.createElement("script")
  script.src = new URL("characters.js", src)
  script.onload = () => resolve(new CharacterModel(globalThis.characters))
  script.onerror = () => {
    model = undefined
    reject(new Error("The weights could not be loaded."))
  }
  document.head.append(script)
})

const frame = () => new Promise(requestAnimationFrame)

start("writer", place => {
  const [button, status, paper] = ["button", "[role=status]", ".moving-paper"].map(it => place.querySelector(it))
  const [field, ...sliders] = place.querySelectorAll("input")
  let isRunning = false, isStopped = false

  // Write on after what is known of the prompt: the network can read no other characters.
  async function write(network) {
    const known = [...field.value].filter(it => network.alphabet.includes(it))
    const unknown = [...field.value].filter(it => !network.alphabet.includes(it))
    const settings = Object.fromEntries(sliders.map(it => [it.name, Number(it.value)]))
    const all = { topK: network.alphabet.length, ...settings }
    const writing = network.write(known.length ? known : ["\n"], all, Math.random)
    const prompt = document.createElement("b"), written = document.createTextNode("")
    prompt.textContent = known.join("")
    paper.replaceChildren(prompt, written)
    for (let count = 0; count < LENGTH && !isStopped; count++) {
      written.data += writing.next().value
      paper.scrollTop = paper.scrollHeight
      if (count % AT_A_TIME === 0 && !still.matches) await frame()
    }
    if (isStopped) return "Stopped"
    return unknown.length ? `The network has never seen ${unknown.join(" ")}` : "Done"
  }

  button.onclick = async () => {
    isStopped = isRunning
    if (isRunning) return
    isRunning = true
    button.textContent = "Stop"
    status.textContent = model ? "Writing" : "Loading 72 kB"
    try {
      const network = await load()
      status.textContent = "Writing"
      status.textContent = await write(network)
    } catch (error) {
      status.textContent = error.message
    }
    isRunning = false
    button.textContent = "Write on"
  }
  field.onkeydown = event => {
    if (event.key === "Enter" && !isRunning) button.click()
  }
  listen(place, () => "for the next text")
})
