// NOTES says of each symbol, by its key: how code calls it, its shape, its meaning and
// its other names. The hook overrides/hooks/symbols.py writes it, from the tables of the notation.

const signs = () => document.querySelectorAll("[data-symbol]")

// Formulas are marked with keys, figures with names in code: of several symbols that code calls the
// same, a figure means the one that is in the formulas of its page.
let inFormulas
export function keyOf(sign) {
  const name = sign.dataset.symbol
  inFormulas ??= [...signs()].filter(it => !it.getBBox).map(it => it.dataset.symbol)
  if (!sign.getBBox) return name
  const isMeant = key => NOTES[key][0].includes(name)
  return inFormulas.find(isMeant) ?? (NOTES[name] ? name : Object.keys(NOTES).find(isMeant))
}

// List the keys of all that is marked on this page.
let keys
export function keysHere() {
  return keys ??= new Set([...signs()].map(keyOf).filter(Boolean))
}
