// What Material's copy button takes from each example.
() => {
  const examples = [...document.querySelectorAll(".highlight:has(.gp) code")]
  examples.forEach(code => code.setAttribute("data-md-copying", ""))
  const texts = examples.map(code => code.innerText)
  examples.forEach(code => code.removeAttribute("data-md-copying"))
  return texts
}
