// Material takes the scheme of the system when a page is opened; later the reader chooses. The
// choices are kept, since they are part of the frame that is removed for axe.
async scheme => {
  const wanted = scheme === "dark" ? "slate" : "default"
  window.choices ??= [...document.querySelectorAll("[name=__palette]")]
  const choice = window.choices.find(it => it.dataset.mdColorScheme === wanted)
  for (let tries = 0; choice && tries < 40; tries++) {
    if (document.body.dataset.mdColorScheme === wanted) return
    choice.dispatchEvent(new Event("change"))
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
