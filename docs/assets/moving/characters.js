// The character model of tools/characters.py: an LSTM that reads a text, and writes on.

import { drawClass } from "./sampling.js"
import { dot, sigmoid } from "./vectors.js"

// Return the rows of a matrix, whose elements were rounded to multiples of a step for each row.
function unpack({ scales, bytes }) {
  const rounded = Int8Array.from(atob(bytes), it => it.charCodeAt(0))
  const width = rounded.length / scales.length
  return scales.map((scale, row) =>
    Float64Array.from(rounded.subarray(row * width, (row + 1) * width), it => it * scale))
}

export class CharacterModel {
  constructor({ alphabet, units, W, U, W_ya, b_y }) {
    Object.assign(this, { alphabet, units, b_y, W: unpack(W), U: unpack(U), W_ya: unpack(W_ya) })
  }

  // Read a character; return the state after it, and the logits of the next one.
  read(character, { a, c } = { a: Array(this.units).fill(0), c: Array(this.units).fill(0) }) {
    const token = this.alphabet.indexOf(character), n = this.units
    const z = this.W.map((row, i) => row[token] + dot(this.U[i], a))
    const next = c.map((it, i) =>
      sigmoid(z[i]) * it + sigmoid(z[n + i]) * Math.tanh(z[2 * n + i]))
    const hidden = next.map((it, i) => sigmoid(z[3 * n + i]) * Math.tanh(it))
    return { a: hidden, c: next, logits: this.W_ya.map((row, i) => dot(row, hidden) + this.b_y[i]) }
  }

  // Read a prompt, and write characters without end; `random` gives numbers from 0 to 1.
  *write(prompt, settings, random) {
    let state
    for (const character of prompt) state = this.read(character, state)
    while (true) {
      const character = this.alphabet[drawClass(state.logits, settings, random())]
      yield character
      state = this.read(character, state)
    }
  }
}
