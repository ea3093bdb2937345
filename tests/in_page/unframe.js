// To axe, what frames the text is the same on all pages, and so is what it asks for. Not to the
// layout: the header names the page, and without the sidebar there is more room for code.
() => {
  for (const frame of document.querySelectorAll(".md-header, .md-sidebar--primary, .md-footer"))
    frame.remove()
}
