// Puts the buttons under the examples, and at the exercises that ask for code. Everything else is
// loaded at the first click, or at once if the reader has changed something on this page before.
{
  const { src } = document.currentScript
  const COST = "Python runs in your browser. At the first click, this site sends 8 MB."
  const key = `code of ${location.pathname}: `
  const boxes = [...document.querySelectorAll(".md-content .highlight")]
    .filter(it => it.querySelector(".gp"))
  const tasks = [...document.querySelectorAll(".live-task")]
  const whole = document.getElementById("the-whole-code")?.closest(".highlight")
  let page

  const append = (tag, settings) => new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement(tag), settings, { onload, onerror }))
  })

  // Return the examples of this page, alive.
  const load = () => page ??= Promise.all([
    append("script", { src: new URL("../live.js", src) }),
    append("link", { rel: "stylesheet", href: new URL("../live.css", src) })
  ]).then(() => makePage(boxes, tasks, whole, { folder: new URL("..", src), key }))

  const addButtons = (box, names, find) => {
    const buttons = document.createElement("div")
    Object.assign(buttons, { className: "live-open", title: COST })
    for (const [name, label, action = name.toLowerCase()] of names) {
      const button = document.createElement("button")
      Object.assign(button, { type: "button", textContent: name, ariaLabel: label })
      button.onclick = async () => find(await load())[action]()
      buttons.append(button)
    }
    box.append(buttons)
  }

  // Say at an exercise whether the reader has solved it, or has opened its solution before.
  const addMark = (box, name) => {
    const solution = box.parentElement.querySelector("details")
    const place = `progress on ${location.pathname}: ${name}`
    const mark = document.createElement("span")
    mark.className = "live-mark"
    mark.role = "status"
    box.querySelector(".live-open").prepend(mark)
    const note = progress => {
      mark.textContent = progress
      try {
        localStorage.setItem(place, progress)
      } catch { /* a browser that keeps nothing */ }
    }
    box.addEventListener("solved", () => note("Solved"))
    solution.addEventListener("toggle", () => {
      if (solution.open && !mark.textContent) note("Solution seen")
    })
    try {
      mark.textContent = localStorage.getItem(place)
    } catch { /* a browser that keeps nothing */ }
  }

  boxes.forEach((box, index) => {
    const names = ["Edit", "Run"].map(it => [it, `${it} example ${index + 1}`])
    addButtons(box, names, ({ blocks }) => blocks[index])
  })
  tasks.forEach((box, index) => {
    const name = `exercise ${JSON.parse(box.textContent).number}`
    addButtons(box, [["Answer here", `Answer ${name} here`, "edit"]], ({ tasks }) => tasks[index])
    addMark(box, name)
  })
  if (whole) addButtons(whole, [["Edit", "Edit the whole file"]], ({ file }) => file)
  try {
    if (Object.keys(localStorage).some(it => it.startsWith(key))) load()
  } catch { /* a browser that keeps nothing */ }
}
