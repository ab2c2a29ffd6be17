// The original with the region of the chosen random view, and the views to choose from. Text is never set as HTML.
const SVG = "http://www.w3.org/2000/svg"

function path(points) {
  return points.length ? "M" + points.map((point) => point.join(" ")).join("L") + "Z" : ""
}

function show(root, data, index) {
  const draw = data.draws[index] ?? data.draws[0]
  if (!draw) return
  const { width, height } = data
  root.querySelector(".veil").setAttribute("d", path([[0, 0], [width, 0], [width, height], [0, height]]) + path(draw.region))
  root.querySelector(".outline").setAttribute("d", path(draw.region))
  root.querySelector(".title").textContent = `Draw with seed ${draw.seed}`
  const list = root.querySelector("dl")
  list.replaceChildren(
    ...draw.steps.flatMap(([name, words]) => {
      const term = document.createElement("dt")
      const what = document.createElement("dd")
      term.textContent = name
      what.textContent = words
      return [term, what]
    }),
  )
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".draws")
  const svg = root.querySelector("svg")
  const grid = root.querySelector(".grid")
  svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`)
  root.querySelector(".original").setAttribute("href", data.original)
  root.querySelector(".original").setAttribute("width", data.width)
  root.querySelector(".original").setAttribute("height", data.height)
  while (grid.children.length > data.draws.length) grid.lastChild.remove()
  while (grid.children.length < data.draws.length) {
    const button = document.createElement("button")
    button.type = "button"
    button.append(document.createElement("img"))
    grid.append(button)
  }
  data.draws.forEach((draw, index) => {
    const button = grid.children[index]
    const image = button.firstChild
    if (image.getAttribute("src") !== draw.image) image.src = draw.image
    image.alt = `Draw with seed ${draw.seed}`
    button.setAttribute("aria-pressed", index === data.selected)
    button.onmouseenter = button.onfocus = () => show(root, data, index)
    button.onclick = () => {
      for (const other of grid.children) other.setAttribute("aria-pressed", other === button)
      data.selected = index
      setStateValue("selected", draw.seed)
    }
  })
  grid.onmouseleave = () => show(root, data, data.selected)
  show(root, data, data.selected)
}
