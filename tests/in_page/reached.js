// What scrolls is made reachable by keyboard a moment after the screen has changed: code by
// Material, the rest by site.js. If not, axe says so. Less than 14 px is no scrolling to axe.
async () => {
  const reached = wide => wide.scrollWidth < wide.clientWidth + 14 || wide.tabIndex === 0
  const all = "pre > code, div.arithmatex, .md-typeset__scrollwrap"
  for (const wide of document.querySelectorAll(all))
    for (let tries = 0; tries < 40 && !reached(wide); tries++)
      await new Promise(resolve => setTimeout(resolve, 50))
}
