// The cells of the pages RNN, LSTM and GRU, and the way back of their gradient, as in snippets/: for
// one sequence, whose vectors are plain arrays. tests/test_moving.py compares both.

import { dot, sigmoid } from "./vectors.js"

const add = (...vectors) => vectors[0].map((_, i) => vectors.reduce((sum, v) => sum + v[i], 0))
const times = (...vectors) => vectors[0].map((_, i) => vectors.reduce((product, v) => product * v[i], 1))
const product = (W, v) => W.map(row => dot(row, v))
const transposed = (W, v) => W[0].map((_, j) => W.reduce((sum, row, i) => sum + row[j] * v[i], 0))
const minus = (a, v) => v.map(it => a - it)
const square = v => times(v, v)

// A gate that the reader holds has one value in all units, and no slope.
const gate = (name, z, held) => name in held ? z.map(() => held[name]) : z.map(sigmoid)
const slope = (name, values, held) => values.map(it => name in held ? 0 : it * (1 - it))

// `step` returns all values of a step by their names in the code. `back` returns the gradient of what
// goes into the step, given that of what comes out of it; `felt` that of the memory after the step,
// which in an LSTM is the cell state: the hidden state is computed from it.
const rnn = {
  memory: ["a"],
  step({ W_ax, W_aa, b_a }, x_t, { a }) {
    const past = product(W_aa, a), now = product(W_ax, x_t)
    const z = add(past, now, b_a)
    return { past, now, z, a: z.map(Math.tanh) }
  },
  felt: (step, { a }) => a,
  back({ W_aa }, step, { a }) {
    return { a: transposed(W_aa, times(a, minus(1, square(step.a)))) }
  }
}

const lstm = {
  memory: ["a", "c"],
  step(params, x_t, { a, c }, held) {
    const z = name => add(product(params[`W_${name}`], [...a, ...x_t]), params[`b_${name}`])
    const gamma_f = gate("gamma_f", z("f"), held)
    const gamma_u = gate("gamma_u", z("u"), held)
    const gamma_o = gate("gamma_o", z("o"), held)
    const c_tilde = z("c").map(Math.tanh)
    const kept = times(gamma_f, c), written = times(gamma_u, c_tilde)
    const c_t = add(kept, written), tanh_c = c_t.map(Math.tanh)
    return { gamma_f, gamma_u, gamma_o, c_tilde, kept, written, tanh_c, c: c_t, a: times(gamma_o, tanh_c) }
  },
  felt: ({ gamma_o, tanh_c }, { a, c }) => add(c, times(a, gamma_o, minus(1, square(tanh_c)))),
  back(params, step, { a, c }, held) {
    const { gamma_f, gamma_u, gamma_o, c_tilde, tanh_c, before } = step
    const dc = lstm.felt(step, { a, c })
    const dz = {
      f: times(dc, before.c, slope("gamma_f", gamma_f, held)),
      u: times(dc, c_tilde, slope("gamma_u", gamma_u, held)),
      c: times(dc, gamma_u, minus(1, square(c_tilde))),
      o: times(a, tanh_c, slope("gamma_o", gamma_o, held))
    }
    const da_x = add(...Object.keys(dz).map(name => transposed(params[`W_${name}`], dz[name])))
    return { a: da_x.slice(0, a.length), c: times(dc, gamma_f) }
  }
}

const gru = {
  memory: ["a"],
  step(params, x_t, { a }, held) {
    const z = (name, past) =>
      add(product(params[`W_${name}`], x_t), product(params[`U_${name}`], past), params[`b_${name}`])
    const gamma_u = gate("gamma_u", z("u", a), held)
    const gamma_r = gate("gamma_r", z("r", a), held)
    const c_tilde = z("c", times(gamma_r, a)).map(Math.tanh)
    const kept = times(minus(1, gamma_u), a), written = times(gamma_u, c_tilde)
    return { gamma_u, gamma_r, c_tilde, kept, written, a: add(kept, written) }
  },
  felt: (step, { a }) => a,
  back(params, step, { a }, held) {
    const { gamma_u, gamma_r, c_tilde, before } = step
    const dz_u = times(a, add(c_tilde, minus(0, before.a)), slope("gamma_u", gamma_u, held))
    const dz_c = times(a, gamma_u, minus(1, square(c_tilde)))
    const seen = transposed(params.U_c, dz_c)
    const dz_r = times(seen, before.a, slope("gamma_r", gamma_r, held))
    return {
      a: add(
        times(a, minus(1, gamma_u)),
        times(seen, gamma_r),
        transposed(params.U_u, dz_u),
        transposed(params.U_r, dz_r)
      )
    }
  }
}

const CELLS = { rnn, lstm, gru }

export class Network {
  constructor(name, written) {
    this.cell = CELLS[name]
    this.written = written
    const flat = ([key, W]) => [key, key.startsWith("b_") ? W.map(([it]) => it) : W]
    this.params = Object.fromEntries(Object.entries(written.params).map(flat))
    this.readout = Object.fromEntries(Object.entries(written.readout).map(flat))
  }

  // Return what a text is cut into: words and full stops, or characters.
  split(text) {
    const isOfWords = this.written.inputs.some(it => it.length > 1 && it !== "anything else")
    text = text.replace(/[\u201c-\u201e]/g, '"')  // what phones make of a straight mark
    return isOfWords ? text.replaceAll(".", " .").split(/\s+/).filter(Boolean) : [...text]
  }

  // Read a text, and return all values of each step. `held` maps the name of a gate to its value.
  read(text, held = {}) {
    const { inputs, answers } = this.written
    const size = this.readout.W_ya[0].length, last = inputs.length - 1
    let memory = Object.fromEntries(this.cell.memory.map(it => [it, Array(size).fill(0)]))
    return this.split(text).map(symbol => {
      const known = inputs.indexOf(symbol.toLowerCase())
      const number = known < 0 ? last : known  // the last one stands for all others
      const x_t = inputs.map((_, i) => Number(i === number))
      const before = memory
      memory = this.cell.step(this.params, x_t, before, held)
      const logits = add(product(this.readout.W_ya, memory.a), this.readout.b_y)
      const answer = logits.indexOf(Math.max(...logits))
      return { symbol, before, ...memory, logits, answer, said: answers[answer] }
    })
  }

  // Return for each step how much the score of the last answer changes with the memory after it: the
  // gradient of this score, as the length of a vector.
  reach(steps, held = {}) {
    const { memory, felt, back } = this.cell
    const lengths = []
    const last = this.readout.W_ya[steps.at(-1).answer]
    let gradient = Object.fromEntries(memory.map(it => [it, last.map(w => it === "a" ? w : 0)]))
    for (const step of [...steps].reverse()) {
      lengths.unshift(Math.hypot(...felt(step, gradient)))
      gradient = back(this.params, step, gradient, held)
    }
    return lengths
  }
}
