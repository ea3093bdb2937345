// What all networks here compute with.

export const sigmoid = z => 1 / (1 + Math.exp(-z))
export const dot = (v, w) => v.reduce((sum, it, i) => sum + it * w[i], 0)
