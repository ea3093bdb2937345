// Finds names in the code of a page. Nothing is added to the code, so it is copied as it was.

const NOT_CODE = ".c1, .sd, .s1, .s2, .go, .gt, .traceback" // comments, texts, outputs

// After a dot a single letter is something else: W.T is a transpose.
const escape = name => name.replaceAll(/\W/g, String.raw`\$&`)
const pattern = names => new RegExp(names.map(name =>
  String.raw`(?<![\w${name.length === 1 ? "." : ""}])${escape(name)}(?!\w)`).join("|"), "g")

function makeRange(text, start, end) {
  const range = new Range()
  range.setStart(text, start)
  range.setEnd(text, end)
  return range
}

// List the ranges of code that are one of these names.
export function findNames(names) {
  if (!names.length) return []
  const ranges = [], wanted = pattern(names)
  for (const code of document.querySelectorAll(".md-content .highlight code")) {
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const text = texts.currentNode
      if (!text.parentElement.closest(NOT_CODE))
        for (const { 0: name, index } of text.data.matchAll(wanted))
          ranges.push(makeRange(text, index, index + name.length))
    }
  }
  return ranges
}

function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const caret = document.caretPositionFromPoint(x, y)
    return [caret?.offsetNode, caret?.offset]
  }
  const range = document.caretRangeFromPoint?.(x, y)
  return [range?.startContainer, range?.startOffset]
}

// Return the range of the name at a point of the screen, and its key, if it is one of these keys.
export function nameAt(x, y, keys) {
  const [text, offset] = caretAt(x, y)
  if (text?.nodeType !== Node.TEXT_NODE || text.parentElement.closest(NOT_CODE)) return {}
  const start = offset - text.data.slice(0, offset).match(/\w*$/)[0].length
  const name = text.data.slice(start).match(/^\w*/)[0]
  const key = [...keys].find(it => NOTES[it][0].includes(name))
  if (!key || (name.length === 1 && text.data[start - 1] === ".")) return {}
  const place = makeRange(text, start, start + name.length), box = place.getBoundingClientRect()
  const isInside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
  return isInside ? { place, key } : {} // a caret is also found beside a line
}
