// Finds what is wrong with the layout that is on the screen; returns sentences.
() => {
  const faults = []
  const say = (element, what) =>
    faults.push(`${element.textContent.trim().slice(0, 40) || element.outerHTML.slice(0, 80)} ${what}`)
  const all = (selector, of = document) => [...of.querySelectorAll(selector)]
  const visible = element => element.checkVisibility() && element.getClientRects().length > 0
  const screen = document.documentElement.clientWidth

  // A formula's parts lie in the formula, and those of code in the code: both are measured whole.
  const outside = all("article *:not(.katex *, code *)").filter(visible)

  // What a page offers to copy is seen without scrolling.
  const copy = document.querySelector("article .copy")
  if (screen > 1200 && copy?.getBoundingClientRect().top + scrollY > innerHeight)
    say(copy, "is far from the top")

  // What is wider than the screen has a scroll bar of its own. KaTeX clips its own roots and arrows.
  const scrolls = element => element.closest("article, body") !== element &&
    (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement))
  if (document.documentElement.scrollWidth > screen)
    faults.push(`the page is ${document.documentElement.scrollWidth} px wide, the screen ${screen}`)
  for (const element of outside) {
    const { left, right } = element.getBoundingClientRect()
    if ((left < -1 || right > screen + 1) && !scrolls(element) && !element.closest(".katex-mathml"))
      say(element, "is wider than the screen")
  }

  // Nothing is cut, and at the width of a desktop no code has to be scrolled.
  for (const element of [...outside, ...all(".md-ellipsis").filter(visible)]) {
    if (element.scrollWidth <= element.clientWidth + 1) continue
    if (element.matches("input")) continue  // a field scrolls
    const { overflowX, display } = getComputedStyle(element)
    if (screen > 1200 && element.matches("pre > code")) {
      const lines = element.textContent.split("\n").toSorted((a, b) => b.length - a.length)
      faults.push(`code scrolls: ${lines[0].length} characters, 78 fit: ${lines[0]}`)
    } else if (["hidden", "clip"].includes(overflowX) && display !== "inline" &&
        element instanceof HTMLElement && !element.closest(".katex"))
      say(element, `is cut: ${element.clientWidth} px of ${element.scrollWidth} are seen` +
        (element.closest("article") ? "" : "; the title of a page must fit header and navigation"))
  }

  // The text of drawings is readable and stays in its drawing.
  for (const svg of all("article svg").filter(visible)) {
    const box = svg.getBoundingClientRect()
    for (const text of all("text", svg)) {
      const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a
      const { left, right, top, bottom } = text.getBoundingClientRect()
      if (Math.abs(size) < 9 && size) say(text, `is smaller than 9 px: ${size.toFixed(1)}`)
      if (left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1)
        say(text, "leaves its drawing")
    }
  }

  // Words of headings are whole.
  for (const heading of all("article :is(h1, h2, h3)").filter(visible)) {
    const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT)
    for (let text; (text = texts.nextNode()); )
      for (const { 0: word, index } of text.data.matchAll(/[^\s-]+/g)) {
        const range = document.createRange()
        range.setStart(text, index)
        range.setEnd(text, index + word.length)
        if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1)
          say(heading, `breaks in ${word}`)
      }
  }

  // The number of a formula is visible, and is beside or under it.
  for (const tag of all(".katex-tag").filter(visible)) {
    const text = new Range()
    text.selectNodeContents(tag)
    const number = text.getBoundingClientRect()
    if (number.right > screen) say(tag, "is off the screen")
    for (const base of all(".katex-base", tag.parentElement)) {
      const part = base.getBoundingClientRect()
      if (number.left < part.right && part.left < number.right &&
          number.top < part.bottom - 1 && part.top < number.bottom - 1)
        say(base, "lies on its formula")
    }
  }
  return faults
}
