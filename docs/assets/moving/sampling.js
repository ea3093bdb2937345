// What snippets/sampling.py does, for one prediction: an array of logits.

const sum = values => values.reduce((total, it) => total + it, 0)

export function softmax(z) {
  const largest = Math.max(...z)
  const e = z.map(it => Math.exp(it - largest))
  const total = sum(e)
  return e.map(it => it / total)
}

export function heat(z, temperature) {
  const largest = Math.max(...z)
  return z.map(it => (it - largest) / temperature)
}

// Return the numbers of the classes, the most likely first; of equal ones, the first.
export const ranking = z => [...z.keys()].sort((one, other) => z[other] - z[one])

const keep = (z, numbers) => {
  const kept = new Set(numbers)
  return z.map((it, number) => kept.has(number) ? it : -Infinity)
}

export const keepTopK = (z, topK) => keep(z, ranking(z).slice(0, topK))

export function keepTopP(z, topP) {
  const likely = softmax(z)
  let before = 0  // the sum of more likely ones
  return keep(z, ranking(z).filter(number => {
    const short = before < topP * (1 - 1e-12) || topP === 1
    before += likely[number]
    return short
  }))
}

// Return the logits that are left.
export const filter = (z, { temperature, topK, topP }) =>
  keepTopP(keepTopK(heat(z, temperature), topK), topP)

// Draw a class; `random` is a number from 0 to 1.
export function drawClass(z, settings, random) {
  const likely = softmax(filter(z, settings))
  let above = random
  const found = likely.findIndex(share => (above -= share) < 0)
  return found < 0 ? likely.findLastIndex(share => share > 0) : found
}
