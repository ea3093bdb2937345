// Just above each width at which the styles of the site change: one of each kind of screen.
() => {
  const conditions = sheet => [sheet.media?.mediaText, ...[...sheet.cssRules ?? []].map(conditions)]
  const own = sheet => !sheet.href || new URL(sheet.href).origin === location.origin
  const text = [...document.styleSheets].filter(own).map(conditions).join() // others hide their rules
  const edges = [...text.matchAll(/width[^\d]*([\d.]+)(r?em|px)/g)].map(([, size, unit]) =>
    Math.ceil(size * (unit === "px" ? 1 : 16)) + 1)
  return [320, ...edges].toSorted((one, other) => one - other)
    .filter((width, at, all) => at === all.length - 1 || all[at + 1] - width > 3)
}
