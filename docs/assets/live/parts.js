// Elements in one line.

export function make(tag, settings, ...children) {
  const made = Object.assign(document.createElement(tag), settings)
  made.append(...children)
  return made
}

export function makeButton(textContent, onclick, of = "") {
  return make("button", { type: "button", textContent, onclick, ariaLabel: textContent + of })
}
