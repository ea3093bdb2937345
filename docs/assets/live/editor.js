// A text area over its own highlighted text: the reader's browser edits, and the colours lie below.

const WORDS = "and as assert break class continue def del elif else except finally for from global if " +
  "import in is lambda nonlocal not or pass raise return try while with yield"
const TOKENS = [ // Pygments' classes, so that the colours are those of the page
  ["c1", /#.*/],
  ["s2", /[rbf]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/i],
  ["k", RegExp(`\\b(?:${WORDS.replaceAll(" ", "|")})\\b`)],
  ["kc", /\b(?:True|False|None)\b/],
  ["mf", /\b\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?/]
]
const ANY = RegExp(TOKENS.map(([, token]) => `(${token.source})`).join("|"), "gi")

function colour(code) {
  const parts = document.createDocumentFragment()
  let end = 0
  for (const match of code.matchAll(ANY)) {
    const token = document.createElement("span")
    token.className = TOKENS[match.slice(1).findIndex(it => it !== undefined)][0]
    token.textContent = match[0]
    parts.append(code.slice(end, match.index), token)
    end = match.index + match[0].length
  }
  parts.append(code.slice(end), "\n")
  return parts
}

// Type as the reader would, so that the browser can undo it.
const type = text => document.execCommand("insertText", false, text)

export function makeEditor(code, label, { run, change }) {
  const editor = document.createElement("div")
  const below = document.createElement("pre")
  const area = document.createElement("textarea")
  editor.className = "live-editor"
  below.ariaHidden = "true"
  Object.assign(area, { value: code, spellcheck: false, autocapitalize: "off", wrap: "off" })
  area.setAttribute("aria-label", label)
  area.setAttribute("autocorrect", "off")
  editor.append(below, area)

  const draw = () => {
    below.replaceChildren(colour(area.value))
    area.rows = area.value.split("\n").length
  }
  area.addEventListener("input", () => { draw(); change(area.value) })
  area.addEventListener("scroll", () => { below.scrollLeft = area.scrollLeft })
  area.addEventListener("keydown", event => {
    const before = area.value.slice(0, area.selectionStart)
    const line = before.slice(before.lastIndexOf("\n") + 1)
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      run()
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      type("\n" + line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : ""))
    } else if (event.key === "Backspace" && /^(    )+$/.test(line) && area.selectionStart === area.selectionEnd) {
      event.preventDefault()
      area.setSelectionRange(area.selectionStart - 4, area.selectionStart)
      type("")
    }
  })
  draw()
  return { element: editor, area, set: text => { area.value = text; draw() } }
}
