// What snippets/clipping.py does to a list of arrays.

const norm = array => Math.hypot(...array)
const times = (array, factor) => array.map(it => it * factor)
const shorten = (array, length, threshold) => times(array, Math.min(1, threshold / length))

export const clipByValue = (arrays, threshold) =>
  arrays.map(array => array.map(it => Math.min(threshold, Math.max(-threshold, it))))

export const clipByNorm = (arrays, threshold) =>
  arrays.map(array => shorten(array, norm(array), threshold))

export const clipByGlobalNorm = (arrays, threshold) =>
  arrays.map(array => shorten(array, norm(arrays.flat()), threshold))
