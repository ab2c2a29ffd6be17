// What the components of `ui.shared.component` share. Text is never set as HTML.
const SMALL_PX = 64

function element(name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

// An image; a very small one is enlarged with sharp pixels.
function image(source, words) {
  const made = document.createElement("img")
  made.alt = words
  made.onload = () => {
    if (made.naturalWidth <= SMALL_PX) made.style.imageRendering = "pixelated"
  }
  made.src = source
  return made
}

