// What snippets/optimizers.py does to one array of weights. Each rule returns new weights and a new
// memory; at first there is none.

const zip = (combine, ...arrays) => arrays[0].map((_, i) => combine(...arrays.map(it => it[i])))

export const descend = (params, gradients, memory, rate) =>
  [zip((w, g) => w - rate * g, params, gradients)]

export function momentum(params, gradients, memory, rate, beta = 0.9) {
  const run = memory ? zip((r, g) => beta * r + g, memory, gradients) : gradients
  return [zip((w, r) => w - rate * r, params, run), run]
}

export function adam(params, gradients, memory, rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8) {
  const zeros = gradients.map(() => 0)
  const before = memory ?? { mean: zeros, square: zeros, step: 0 }
  const step = before.step + 1
  const mean = zip((m, g) => beta1 * m + (1 - beta1) * g, before.mean, gradients)
  const square = zip((s, g) => beta2 * s + (1 - beta2) * g ** 2, before.square, gradients)
  const moved = zip((w, m, s) => {
    const fairMean = m / (1 - beta1 ** step), fairSquare = s / (1 - beta2 ** step)
    return w - rate * fairMean / (Math.sqrt(fairSquare) + epsilon)
  }, params, mean, square)
  return [moved, { mean, square, step }]
}
