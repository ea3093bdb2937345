// Finds what a reader should see on this screen, or on paper, and does not; returns sentences.
paper => {
  const faults = new Set()
  const say = (element, what) => {
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)
    faults.add(`${element.tagName.toLowerCase()} ${text || element.outerHTML.slice(0, 60)} ${what}`)
  }
  const once = compute => { // for each element
    const known = new Map()
    return element => {
      if (!known.has(element)) known.set(element, compute(element))
      return known.get(element)
    }
  }
  const style = once(element => getComputedStyle(element))
  const inArticle = element => element && element.tagName !== "BODY"

  // Nobody looks for what waits for a click, on a screen also for what is shut, nor on paper for
  // what only a click makes use of, and for the whole file where its parts are shown above.
  const parts = document.querySelectorAll("article .highlight:has(.filename)").length > 1
  const away = [".moved", ".headerlink", ".md-icon", ".katex-mathml", ".pasted", "button", "nav",
    ...(paper ? [".page-links", ".md-button", "[data-moving]", ".moving-words", "p:has(a[download])", ".equation-line"] :
      ["details:not([open]) > :not(summary)"]),
    ...(paper && parts ? ["#the-whole-file", ".example:has(#the-whole-code)"] : [])].join()
  const expected = once(element => !element.matches(away) &&
    (!inArticle(element.parentElement) || expected(element.parentElement)))

  // Colours, as red, green and blue up to 255, and alpha.
  const channels = colour => {
    const numbers = colour.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0]
    const scale = colour.startsWith("color(") ? 255 : 1
    return [...numbers.slice(0, 3).map(number => number * scale), numbers[3] ?? 1]
  }
  const ground = once(element => { // printers leave backgrounds out
    if (paper || !element) return [255, 255, 255, 1]
    const colour = channels(style(element).backgroundColor)
    return colour[3] > .5 ? colour : ground(element.parentElement)
  })
  const alike = (one, other) => [0, 1, 2].every(i => Math.abs(one[i] - other[i]) < 48)
  const opacity = once(element => Number(style(element).opacity) *
    (element.parentElement ? opacity(element.parentElement) : 1))
  const veiled = once(element => {
    const { clipPath, maskImage, filter } = style(element)
    return clipPath !== "none" || maskImage !== "none" || /opacity|blur|brightness|contrast/.test(filter) ||
      (inArticle(element.parentElement) && veiled(element.parentElement))
  })
  const covered = once(element => ["::before", "::after"].some(part => {
    const { content, display, position, backgroundColor, width, height } = getComputedStyle(element, part)
    return content !== "none" && display !== "none" && /absolute|fixed/.test(position) &&
      channels(backgroundColor)[3] > .5 && parseFloat(width) > element.clientWidth / 2 &&
      parseFloat(height) > element.clientHeight / 2
  }) || (inArticle(element.parentElement) && covered(element.parentElement)))

  // The part of the page that can be seen, or scrolled to, through all that clips an element.
  const window = once(element => {
    if (!inArticle(element))
      return { left: -scrollX, top: -scrollY, right: document.documentElement.scrollWidth - scrollX,
        bottom: document.documentElement.scrollHeight - scrollY }
    const outer = window(element.parentElement)
    const { overflowX, overflowY, display } = style(element)
    if (display === "inline" || (overflowX === "visible" && overflowY === "visible")) return outer
    const frame = element.getBoundingClientRect()
    const left = frame.left - element.scrollLeft, top = frame.top - element.scrollTop
    const [wide, tall] = [overflowX, overflowY].map(it => /auto|scroll/.test(it))
    const flat = element.clientWidth < 8 || element.clientHeight < 8 // nobody can scroll in there
    return {
      left: Math.max(outer.left, wide ? left : frame.left),
      top: Math.max(outer.top, tall ? top : frame.top),
      right: flat ? -1e9 : wide ? Math.max(outer.right, left + element.scrollWidth) :
        Math.min(outer.right, frame.right),
      bottom: flat ? -1e9 : tall ? Math.max(outer.bottom, top + element.scrollHeight) :
        Math.min(outer.bottom, frame.bottom),
    }
  })
  const share = element => {
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect()
    const frame = window(element.parentElement)
    const rest = (low, high, from, to) => Math.max(0, Math.min(high, to) - Math.max(low, from))
    return rest(left, right, frame.left, frame.right) * rest(top, bottom, frame.top, frame.bottom) /
      (width * height)
  }

  // Blocks of text, code, formulas and drawings.
  const BLOCKS = "p, li, dt, dd, th, td, h1, h2, h3, h4, summary, pre > code, .katex-html, svg, img"
  for (const block of document.querySelectorAll(`article :is(${BLOCKS})`)) {
    const picture = block.matches("svg, img")
    if (!expected(block) || block.parentElement.closest("svg, .katex-html")) continue
    const hasText = [...block.childNodes].some(it => it.nodeName !== "svg" && it.textContent.trim() &&
      (it.nodeType !== Node.ELEMENT_NODE || expected(it)))
    if (!picture && !hasText) continue // a drawing is looked at separately
    const { width, height } = block.getBoundingClientRect()
    if (!block.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))
      say(block, "is not shown")
    else if (width < 1 || height < 6) say(block, `has no size: ${width} x ${height} px`)
    else if (opacity(block) < .4) say(block, "is transparent")
    else if (share(block) < .5) say(block, "is cut, or lies off the page")
    else if (veiled(block)) say(block, "is behind a clip, a mask or a filter")
    else if (covered(block)) say(block, "is covered")
  }

  // Elements of one kind in elements of one kind look alike: one of each is enough for what follows.
  const kinds = new Map()
  const kind = once(element => {
    const { tagName, classList, parentElement } = element
    const name = [inArticle(parentElement) ? kind(parentElement) : "", tagName, classList.value,
      ...["style", "fill", "stroke"].map(it => element.getAttribute(it))].join(" ")
    return kinds.get(name) ?? kinds.set(name, kinds.size).get(name)
  })
  const looked = new Set()
  const isNew = element => looked.size < looked.add(kind(element)).size

  // Text.
  const texts = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT)
  for (let text; (text = texts.nextNode()); ) {
    const element = text.parentElement
    if (!text.data.replace(/[\s\u200b]/g, "") || !expected(element) || !isNew(element)) continue
    if (!element.closest(BLOCKS) || element.closest("title, desc, style, script")) continue
    const drawn = element.closest("svg")
    const { fill, stroke, webkitTextFillColor } = style(element)
    const colour = channels(drawn ? fill : webkitTextFillColor)
    const range = document.createRange()
    range.selectNodeContents(text)
    const { width, height, right, bottom } = range.getBoundingClientRect()
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      say(element, "is not shown")
    else if (height < 5 || width < .5) say(element, `is ${height.toFixed(1)} px high`)
    else if (right + scrollX < 0 || bottom + scrollY < 0) say(element, "lies off the page")
    else if (colour[3] < .4 || (drawn && fill === "none" && stroke === "none")) say(element, "is transparent")
    else if (alike(colour, ground(drawn ?? element))) say(element, "has the colour of its background")
  }

  // Lines and shapes of drawings have a colour, unless they were drawn without one, or very lightly.
  const WITHOUT = /fill: none(?!.*stroke)|opacity: 0/
  for (const shape of document.querySelectorAll("article svg :is(path, rect, circle, polygon, line)")) {
    if (!expected(shape) || !isNew(shape) || shape.closest("defs, clipPath, .katex-html, summary")) continue
    if (shape.closest("[style]")?.getAttribute("style").match(WITHOUT)) continue
    const { fill, stroke, strokeWidth, display, visibility } = style(shape)
    const paints = colour => colour !== "none" && channels(colour)[3] > 0
    if (display === "none" || visibility !== "visible" || opacity(shape) < .05 ||
        !(paints(fill) || (paints(stroke) && parseFloat(strokeWidth))))
      say(shape, "is drawn without a colour")
  }
  return [...faults]
}
